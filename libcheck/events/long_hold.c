/*
 * long_hold.c — reports the release of a lock that was held longer than the option long_hold.
 *
 * The tick selects the releases that come here, but a hold may look shorter by up to a tick than it
 * is. So the tick's limit is lower by a tick, and then the exact clock decides. The time of the
 * acquisition is as exact as lh_held_since says.
 *
 * Does not watch holds that last: the monitor does.
 */
#include "libcheck/base/options.h"
#include "libcheck/events/event.h"

#define MS 1000000u

uint32_t lh_long_hold_ticks = UINT32_MAX;

void lh_long_hold_init(void)
{
	const uint64_t limit = (uint64_t)lh_options.long_hold, margin = LH_TICK_NS + MS;

	if (!limit)
		lh_long_hold_ticks = UINT32_MAX;
	else
		lh_long_hold_ticks = limit > margin ? (uint32_t)((limit - margin) / MS) : 0;
}

static const struct lh_run_header *run_header(void)
{
	return lh_own_ledger.tick ? lh_own_ledger.run_header : NULL;
}

static uint64_t held_for(const struct lh_held *h)
{
	return lh_may_read_clock() ? lh_held_for(h, run_header(), lh_clock_now())
				   : (uint64_t)(lh_clock_tick() - h->tick) * MS;
}

/* As lh_watch_must_be_short in tools/watch/. A thread keeps the GIL until another wants it. */
static bool must_be_short(lh_lock_id lock)
{
	const struct lh_lock *l = lh_lock_row(lock);

	if (l && l->kind == LH_GIL)
		return false;
	if (!l || (l->kind != LH_ONCE && lh_kind_acts(l->kind) != LH_GUARD))
		return true;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].wait_lock == lock)
			return true;
	return false;
}

static bool is_long(const struct lh_held *h)
{
	return h && h->lock && h->depth == 1 &&
	       !(h->flags & (LH_HELD_IN_COND_WAIT | LH_HELD_INHERITED)) &&
	       LH_SITE_MODE(h->site) != LH_PERMIT &&
	       lh_clock_tick() - h->tick > lh_long_hold_ticks &&
	       held_for(h) > (uint64_t)lh_options.long_hold && must_be_short(h->lock);
}

static struct lh_finding *find_reported(uint64_t key)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++)
		if (LH_FINDINGS[i].key == key)
			return &LH_FINDINGS[i];
	return NULL;
}

/*
 * A further hold of the finding's class and stack. The steps become those of this hold if it is the
 * longest, or if there is a monitor, which reports each hold while it lasts.
 */
static void update_finding(struct lh_finding *f, const struct lh_finding_draft *draft, uint64_t ns)
{
	if (f->steps != draft->n || (!lh_own_ledger.tick && ns <= f->duration_ns))
		return;
	lh_finding_set_steps(f->step, draft);
	f->thread = draft->thread;
}

/*
 * If there is a monitor, it reports long holds while they last; the row made here gives it the
 * measured length, and is written before the held entry is removed. Without a monitor the hold is
 * reported here.
 */
static void report(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	struct lh_held *h = lh_held_find(event.live, call->object);
	struct lh_lock *l = is_long(h) ? lh_lock_row(h->lock) : NULL;
	if (l) {
		struct lh_finding_draft *draft =
			lh_finding_begin(LH_RULE_LONG_HOLD, LH_HAPPENED, event.live->thread);
		uint64_t ns = held_for(h);
		draft->severity = LH_WARNING;
		draft->key = lh_long_hold_key(l, h->lock, h->site);
		lh_finding_add_step(draft, event.live->thread, h->lock, h->site, LH_HOLDS);
		lh_finding_add_step(draft, event.live->thread, h->lock,
				    LH_SITE(event.stack, 0, LH_SITE_MODE(h->site)), LH_RELEASES);
		draft->step[0].tick = h->tick;
		draft->step[1].tick = (uint32_t)((lh_held_since(h, run_header()) + ns) / MS);
		uint32_t id = lh_finding_commit(draft, LH_F_NONE);
		struct lh_finding *f = id ? &LH_FINDINGS[id] : find_reported(draft->key);
		if (f && !id)
			update_finding(f, draft, ns);
		if (f && ns > f->duration_ns)
			f->duration_ns = ns;
		if (f && lh_own_ledger.tick)
			f->flags |= LH_FINDING_MEASURED;
		lh_event_report(&event, id);
	}
	lh_event_end(&event);
}

void lh_long_hold_on_release(const struct lh_call *call)
{
	struct lh_live_thread *live = lh_self_get()->live;

	if (live && is_long(lh_held_find(live, call->object)))
		report(call);
}
