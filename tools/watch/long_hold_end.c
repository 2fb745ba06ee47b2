/*
 * long_hold_end.c — completes the finding of a long hold that has ended, and reports holds that no
 * sample has seen.
 *
 * Both use the finding that the library makes at the release: LH_FINDING_MEASURED.
 */
#include "tools/watch/watch_internal.h"
#include "tools/util/list.h"
#include "tools/util/time.h"

#include <stdio.h>

enum { NEAR_NS = 20000000, NEAR_PART = 10 };

/* Was the CPU time read at the end of the hold, but for a small part of what was followed? */
static bool is_near(uint64_t read_ns, uint64_t end_ns, uint64_t followed)
{
	uint64_t off = lh_time_between(read_ns, end_ns) + lh_time_between(end_ns, read_ns);

	return off <= NEAR_NS || off <= followed / NEAR_PART;
}

static void add_waiters(struct lh_watch_process *p, const struct lh_long_hold *h, uint64_t held)
{
	char note[LH_NOTE_MAX], ns[LH_DURATION_TEXT];

	for (uint32_t i = 0; i < h->waiters; i++) {
		uint64_t waited = h->waiter[i].ns < held ? h->waiter[i].ns : held;

		snprintf(note, sizeof(note), "for %s of the hold",
			 lh_long_hold_time_text(waited, ns));
		lh_watch_step(p, h->row,
			      &(struct lh_step){.thread = h->waiter[i].thread,
						.lock = h->lock,
						.site = h->waiter[i].site,
						.action = LH_WAITS_FOR},
			      note);
	}
}

/* ---- the end of a hold ---- */

/* What the library recorded about a hold. */
struct measurement {
	uint32_t row; /* of its finding for the same class and stack; 0: none */
	struct lh_finding f;
	bool is_same_hold; /* its steps are of this hold, not of a later one */
	struct lh_step release;
};

static void find_measurement(const struct lh_watch_process *p, const struct lh_long_hold *h,
			     struct measurement *out)
{
	struct lh_step acquired;
	struct lh_lock l;
	uint64_t key =
		lh_read_lock(&p->ledger, h->lock, &l) ? lh_long_hold_key(&l, h->lock, h->site) : 0;

	*out = (struct measurement){.row = key ? lh_read_used(&p->ledger, LH_T_FINDING) : 0};
	while (out->row && --out->row)
		if (lh_read_finding(&p->ledger, out->row, &out->f) && out->f.key == key &&
		    out->f.rule == LH_RULE_LONG_HOLD && out->f.steps >= 2)
			break;
	out->is_same_hold = out->row && lh_read_step(&p->ledger, out->f.step, &acquired) &&
			    lh_read_step(&p->ledger, out->f.step + 1, &out->release) &&
			    acquired.thread == h->thread && acquired.lock == h->lock &&
			    acquired.tick == h->tick;
}

static uint32_t *counted_holds(struct lh_watch_process *p, uint32_t measurement)
{
	if (!lh_list_grow(&p->measured, &p->n_measured, measurement + 1, sizeof(*p->measured)))
		return NULL;
	return &p->measured[measurement];
}

/* Text: the CPU time that the thread used while the hold was followed; "" if that is not known: the
 * CPU time was read too long before or after the release. */
static void cpu_time_text(const struct lh_watch_process *p, const struct lh_long_hold *h,
			  uint64_t held, char *out, size_t capacity)
{
	uint64_t followed = lh_time_between(held, lh_time_between(h->from_ns, h->since_ns)),
		 end = h->since_ns + held, run_ns = h->ran_ns, read_ns = h->ran_at_ns, run;
	char ran[LH_DURATION_TEXT], of[LH_DURATION_TEXT];
	struct lh_task t;

	out[0] = '\0';
	if (h->base.turns && p->pid && lh_task_times(p->pid, h->tid, &t)) {
		read_ns = p->now_ns;
		run_ns = t.run_ns;
	}
	if (!followed || !is_near(read_ns, end, followed))
		return;
	run = lh_time_between(run_ns, h->base.run_ns);
	snprintf(out, capacity, ", on a CPU for %s of the last %s",
		 lh_long_hold_time_text(run < followed ? run : followed, ran),
		 lh_long_hold_time_text(followed, of));
}

static void extend_duration(struct lh_finding *f, uint64_t ns)
{
	if (ns > f->duration_ns)
		f->duration_ns = ns;
}

static void complete(struct lh_watch_process *p, const struct lh_long_hold *h, uint64_t held,
		     const struct lh_step *release, bool never_released)
{
	struct lh_finding *f = lh_watch_row(p, h->row);
	char note[LH_NOTE_MAX], ns[LH_DURATION_TEXT], cpu[64], text[200];

	if (!f || f->rule == LH_NO_RULE)
		return;
	if (held < h->told_ns)
		held = h->told_ns;
	extend_duration(f, held);
	if (!never_released)
		f->flags &= (uint8_t)~LH_FINDING_OPEN;
	if (!h->first)
		return;
	lh_long_hold_time_text(held, ns);
	cpu_time_text(p, h, held, cpu, sizeof(cpu));
	snprintf(note, sizeof(note), "after %s%s", ns, cpu);
	if (release)
		lh_watch_step(p, h->row,
			      &(struct lh_step){.thread = release->thread,
						.lock = h->lock,
						.site = release->site,
						.action = LH_RELEASES,
						.tick = (uint32_t)(p->now_ns / LH_MS)},
			      note);
	add_waiters(p, h, held);
	snprintf(text, sizeof(text),
		 never_released ? "still held after %s%s, when the process ended"
				: "released after %s%s",
		 ns, cpu);
	lh_watch_post(p, LH_WATCH_ENDED, h->row, text);
}

/*
 * A hold that was long in the end but was not reported is left to lh_long_hold_read_measured: it
 * reached its limit after the last sample, or no stack was left in that round.
 */
void lh_long_hold_close(struct lh_watch_process *p, struct lh_long_hold *h, bool never_released)
{
	struct measurement measurement = {0};
	uint64_t held = lh_time_between(never_released ? p->now_ns : h->sampled_ns, h->since_ns),
		 reported;
	uint32_t *known;

	if (h->gone) /* its thread ended: exit_holding.c reports the lock */
		return;
	if (!never_released)
		find_measurement(p, h, &measurement);
	/* The library knows the length better than two samples: exactly, or to a millisecond. */
	reported =
		measurement.f.count == 1
			? measurement.f.duration_ns
			: lh_time_between((uint64_t)measurement.release.tick * LH_MS, h->since_ns);
	if (measurement.is_same_hold && (reported > held || measurement.f.count == 1))
		held = reported;
	known = measurement.row ? counted_holds(p, measurement.row) : NULL;
	if (known && (h->row || lh_long_hold_own_time(p, h, held) < h->limit_ns))
		++*known;
	if (measurement.row && h->row && lh_watch_row(p, h->row))
		extend_duration(lh_watch_row(p, h->row), measurement.f.duration_ns);
	if (h->row)
		complete(p, h, held, measurement.is_same_hold ? &measurement.release : NULL,
			 never_released);
}

/* ---- holds between two samples ---- */

static void adopt(struct lh_watch_process *p, const struct lh_finding *measurement, uint32_t missed)
{
	struct lh_step acquired, release;
	struct lh_finding *f;
	struct lh_lock l;

	if (!lh_read_step(&p->ledger, measurement->step, &acquired) ||
	    !lh_read_step(&p->ledger, measurement->step + 1, &release) ||
	    !lh_read_lock(&p->ledger, acquired.lock, &l) ||
	    measurement->duration_ns < lh_watch_limit(p, acquired.lock))
		return;
	uint64_t key = lh_long_hold_key(&l, acquired.lock, acquired.site);
	uint32_t row = lh_watch_find(p, key);
	if (row) {
		f = lh_watch_row(p, row);
		f->count += missed;
		extend_duration(f, measurement->duration_ns);
		return;
	}
	row = lh_watch_finding(p, LH_RULE_LONG_HOLD, key, measurement->thread, LH_STEPS);
	f = lh_watch_row(p, row);
	if (!f)
		return;
	f->count = missed;
	f->duration_ns = measurement->duration_ns;
	lh_watch_step(p, row, &acquired, "");
	lh_watch_step(p, row, &release, "");
	lh_watch_post(p, LH_WATCH_FOUND, row, "");
}

/* A followed hold with the measurement's stack may be the measured one, about to be closed. */
static bool is_followed(const struct lh_watch_process *p, const struct lh_finding *measurement)
{
	struct lh_step acquired;

	if (!lh_read_step(&p->ledger, measurement->step, &acquired))
		return false;
	for (uint32_t i = 0; i < p->holds; i++)
		if (LH_SITE_STACK(p->hold[i].site) == LH_SITE_STACK(acquired.site))
			return true;
	return false;
}

/* Holds that the library measured and that are not counted yet. A new measurement waits for a round
 * or more: the hold may be a followed one that is not closed yet. */
void lh_long_hold_read_measured(struct lh_watch_process *p, bool last)
{
	struct lh_finding f;
	uint32_t n = lh_read_used(&p->ledger, LH_T_FINDING);

	for (uint32_t i = 1; i < n; i++) {
		uint32_t *known;
		if (!lh_read_finding(&p->ledger, i, &f) || f.rule != LH_RULE_LONG_HOLD ||
		    f.steps < 2)
			continue;
		known = counted_holds(p, i);
		if (!known || f.count <= *known)
			continue;
		if (!last && (f.time_ns + 50 * LH_MS > p->now_ns || is_followed(p, &f)))
			continue;
		adopt(p, &f, f.count - *known);
		*known = f.count;
	}
}
