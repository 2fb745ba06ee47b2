/* plan.c — makes the cycles of a plan from findings. */
#include "tools/confirm/plan.h"

#include <string.h>

#include "libcheck/base/hash.h"

static const char no_room[] = "the plan of an attempt has no room for it";

/* ---- frames ---- */

/* The module of the plan with this row's object; LH_PLAN_MODULES: there is no room. */
static uint32_t module_of(struct lh_plan *plan, const struct lh_module *row)
{
	struct lh_plan_module m = {.build_id_n = row->build_id_n,
				   .flags = row->flags & LH_MODULE_SCRIPT};
	uint32_t i = 0;

	memcpy(m.build_id, row->build_id, sizeof(m.build_id));
	memcpy(m.path, row->path, sizeof(m.path));
	while (i < plan->modules && memcmp(&plan->module[i], &m, sizeof(m)) != 0)
		i++;
	if (i < plan->modules || i == LH_PLAN_MODULES)
		return i;
	plan->module[plan->modules++] = m;
	return i;
}

static bool add_frame(struct lh_plan *plan, const struct lh_ledger_view *ledger, uint64_t frame)
{
	struct lh_module row;
	uint32_t module;

	if (plan->frames == LH_PLAN_FRAMES || !lh_read_module(ledger, LH_FRAME_MODULE(frame), &row))
		return false;
	module = module_of(plan, &row);
	if (module == LH_PLAN_MODULES)
		return false;
	plan->frame[plan->frames++] = LH_FRAME(module, LH_FRAME_PC(frame) - row.base);
	return true;
}

/* Where a function calls itself, how often varies from run to run. */
static bool recurs(const uint64_t *frame, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (frame[k] == frame[i])
			return true;
	return false;
}

static const char *add_frames(struct lh_plan *plan, const struct lh_report_step *a, uint32_t n,
			      struct lh_plan_stop *stop)
{
	const struct lh_ledger_view *ledger = a->lock->process->ledger;
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t all = lh_read_frames(ledger, LH_SITE_STACK(a->site), frame);

	stop->frame = (uint16_t)plan->frames;
	for (uint32_t i = 0; i < n && i < all && !recurs(frame, i); i++) {
		if (!add_frame(plan, ledger, frame[i]))
			return no_room;
		stop->frames++;
	}
	return NULL;
}

/* ---- parts ---- */

/* Of a site without a stack the place is not known; a thread's end is held at no site. */
static bool has_place(const struct lh_report_step *a)
{
	return a->lock && a->stack->n;
}

/* Equal stops have the same frames of the plan: libcheck/steer/steer.c compares them. */
static void share_frames(struct lh_plan *plan, struct lh_plan_stop *stop)
{
	uint16_t at = 0;

	while (memcmp(&plan->frame[at], &plan->frame[stop->frame],
		      stop->frames * sizeof(*plan->frame)) != 0)
		at++;
	if (at + stop->frames > stop->frame)
		return;
	plan->frames = stop->frame;
	stop->frame = at;
}

/* Is the lock one of several that one call initialized, as in an array or on the heap? Then the
 * locks before and behind it in the ledger are others of them. */
static bool is_one_of_several(const struct lh_report_lock *l, uint32_t row)
{
	struct lh_lock other;

	for (uint32_t i = row - 1; i <= row + 1 && l->row.init_stack; i += 2)
		if (i && lh_read_lock_row(l->process->ledger, i, &other) &&
		    other.init_stack == l->row.init_stack)
			return true;
	return false;
}

static const char *add_stop(struct lh_plan *plan, struct lh_report *report,
			    const struct lh_report_finding *f, const struct lh_report_step *a,
			    struct lh_plan_part *part)
{
	struct lh_plan_stop *stop = &part->stop[part->stops];

	*stop = (struct lh_plan_stop){.kind = a->lock->row.kind, .mode = (uint8_t)a->mode};
	if (is_one_of_several(a->lock, LH_LOCK_ROW(a->lock->lock)))
		stop->row = LH_LOCK_ROW(a->lock->lock);
	part->stops++;
	const char *why = add_frames(plan, a, lh_report_own_frames(report, f, a), stop);

	if (!why)
		share_frames(plan, stop);
	return why;
}

/* Threads pause only in calls that wait without a limit. */
static const char *why_no_pause(const struct lh_report_step *a)
{
	if (a->lock->row.kind == LH_CUSTOM)
		return "the program announces a lock of it, and such locks are not steered";
	if (LH_SITE_HOW(a->site) != LH_BLOCKING)
		return "a thread acquires a lock of it by a try or with a time limit";
	if (a->lock->row.kind == LH_THREAD_END && a->stack->n && a->stack->frame[0].script)
		return "a thread of it joins another one in Python, and such waits are not steered";
	return NULL;
}

/* What turned out to be a signal is not held; the thread that waits for it needs others to go on.
 * At a try no thread pauses. */
static bool is_stop(const struct lh_report_part *p, const struct lh_report_step *a)
{
	return a == p->does ||
	       (a->action == LH_HOLDS && has_place(a) &&
		(a == p->holds || !(a->lock->row.flags & LH_LOCK_SIGNAL || why_no_pause(a))));
}

/* How many of the outermost holds a plan has no room for. */
static uint32_t left_out(const struct lh_report_finding *f, const struct lh_report_part *p)
{
	uint32_t n = 0;

	for (const struct lh_report_step *a = &f->step[p->first]; a <= p->does; a++)
		n += is_stop(p, a);
	return n > LH_PLAN_STOPS ? n - LH_PLAN_STOPS : 0;
}

static const char *add_stops(struct lh_plan *plan, struct lh_report *report,
			     const struct lh_report_finding *f, const struct lh_report_part *from,
			     struct lh_plan_part *part)
{
	const struct lh_report_step *holds = from->queued_writer ? NULL : from->holds;
	uint32_t skip = left_out(f, from);
	const char *why = NULL;
	bool held = false;

	for (const struct lh_report_step *a = &f->step[from->first]; a && a <= from->does && !why;
	     a++) {
		if (!is_stop(from, a) || (skip && skip--))
			continue;
		if (a == holds)
			part->holds_at = part->stops;
		held |= a == holds;
		why = add_stop(plan, report, f, a, part);
	}
	if (!held)
		part->holds_at = part->stops;
	if (!held && holds && has_place(holds))
		return "a thread acquires more locks inside the cycle than a plan has room for";
	return why;
}

static const char *add_part(struct lh_plan *plan, struct lh_report *report,
			    const struct lh_report_finding *f, const struct lh_report_part *from,
			    struct lh_plan_part *part)
{
	const struct lh_report_step *holds = from->queued_writer ? NULL : from->holds;

	*part = (struct lh_plan_part){.writer = from->queued_writer};
	if (!from->does || !has_place(from->does))
		return "it is not known where a thread acquires the lock that it wants";
	if (holds && !has_place(holds) && holds->lock && holds->lock->row.kind != LH_THREAD_END)
		return "it is not known where a thread acquired a lock that it holds";
	if (holds && has_place(holds) && holds->lock->row.kind == LH_CUSTOM)
		return why_no_pause(holds); /* a lock that it has from a try is held all the same */
	if (why_no_pause(from->does))
		return why_no_pause(from->does);
	return add_stops(plan, report, f, from, part);
}

const struct lh_report_step *lh_plan_step(const struct lh_report_finding *f, uint32_t part,
					  uint32_t stop)
{
	const struct lh_report_part *p = part < f->parts ? &f->part[part] : NULL;

	if (!p || !p->does)
		return NULL;
	stop += left_out(f, p);
	for (const struct lh_report_step *a = &f->step[p->first]; a <= p->does; a++)
		if (is_stop(p, a) && !stop--)
			return a;
	return NULL;
}

/* ---- cycles ---- */

static bool spans_processes(const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->process != f->thread[0]->process)
			return true;
	return f->threads && f->thread[0]->foreign_tid;
}

static const char *obstacle(const struct lh_report_finding *f)
{
	if (!f->cycle)
		return "it is no cycle of threads that wait for each other";
	if (f->by_class)
		return "it compares classes of locks, and not locks";
	if (spans_processes(f))
		return "its threads are in different processes";
	if (f->parts > LH_PLAN_PARTS)
		return "it has more threads than a plan has room for";
	for (uint32_t i = f->cycle_parts; i < f->parts; i++)
		if (!f->part[i].queued_writer)
			return "more threads hold permits of a semaphore of it";
	return NULL;
}

static const char *add_cycle(struct lh_plan *plan, struct lh_report *report,
			     const struct lh_report_finding *f, struct lh_plan_cycle *cycle)
{
	const char *why = obstacle(f);

	if (why)
		return why;
	*cycle = (struct lh_plan_cycle){.parts = (uint8_t)f->cycle_parts,
					.writers = (uint8_t)(f->parts - f->cycle_parts)};
	for (uint32_t i = 0; i < f->parts && !why; i++)
		why = add_part(plan, report, f, &f->part[i], &cycle->part[i]);
	return why;
}

const char *lh_plan_add(struct lh_plan *plan, struct lh_report *report,
			const struct lh_report_finding *f)
{
	uint32_t modules = plan->modules, frames = plan->frames;
	const char *why = plan->cycles == LH_PLAN_CYCLES
				  ? no_room
				  : add_cycle(plan, report, f, &plan->cycle[plan->cycles]);

	if (why) {
		plan->modules = modules;
		plan->frames = frames;
	} else {
		plan->cycles++;
	}
	return why;
}

/* ---- comparing ---- */

static bool same_stop(const struct lh_plan *plan, const struct lh_plan_stop *a,
		      const struct lh_plan_stop *b)
{
	return a->kind == b->kind && a->mode == b->mode && a->frames == b->frames &&
	       memcmp(&plan->frame[a->frame], &plan->frame[b->frame],
		      a->frames * sizeof(*plan->frame)) == 0;
}

static bool same_part(const struct lh_plan *plan, const struct lh_plan_part *a,
		      const struct lh_plan_part *b)
{
	bool same = a->stops == b->stops && a->holds_at == b->holds_at && a->writer == b->writer;

	for (uint32_t i = 0; i < a->stops && same; i++)
		same = same_stop(plan, &a->stop[i], &b->stop[i]);
	return same;
}

bool lh_plan_same(const struct lh_plan *plan, uint32_t a, uint32_t b)
{
	const struct lh_plan_cycle *x = &plan->cycle[a], *y = &plan->cycle[b];
	bool same = x->parts == y->parts && x->writers == y->writers;

	for (uint32_t i = 0; i < (uint32_t)x->parts + x->writers && same; i++)
		same = same_part(plan, &x->part[i], &y->part[i]);
	return same;
}

static uint64_t hash_part(const struct lh_plan *plan, const struct lh_plan_part *p, uint64_t h)
{
	for (uint32_t i = 0; i < p->stops; i++) {
		const struct lh_plan_stop *stop = &p->stop[i];
		h = lh_hash_mix(h, (uint64_t)stop->kind << 8 | stop->mode);
		for (uint32_t k = 0; k < stop->frames; k++)
			h = lh_hash_mix(h, LH_FRAME_PC(plan->frame[stop->frame + k]));
	}
	return lh_hash_mix(h, p->holds_at);
}

uint64_t lh_plan_hash(const struct lh_plan *plan, uint32_t cycle)
{
	const struct lh_plan_cycle *c = &plan->cycle[cycle];
	uint64_t h = 0;

	for (uint32_t i = 0; i < (uint32_t)c->parts + c->writers; i++)
		h = hash_part(plan, &c->part[i], h);
	return h;
}
