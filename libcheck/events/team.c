/*
 * team.c — the events of a team of OpenMP threads: a parallel region begins, a thread begins and
 * ends its part of it, a barrier, the region's end.
 *
 * A program has millions of regions, so they get no rows. Instead the threads of a team number
 * their segments in common (ledger.h: LH_HB_TEAM_FORK): each region begins a phase, each barrier in
 * the region begins the next one, and so does the region's end in the leader. Two edges for each
 * pair of a leader and a worker say that their phases are ordered; both are made when the worker
 * first works for that leader, under the internal lock. Everything else changes only the thread's
 * own numbers.
 *
 * - Phases are numbered in the whole process, upwards: a region's phase is later than all segments
 *   of its leader and of its workers.
 * - A thread that begins a region inside a region, with more threads than itself, is in a later
 *   phase than the other threads of the outer region until that region ends. So what they do at
 *   that time counts as ordered: nothing false is reported, but something may be missed.
 */
#include "libcheck/events/event.h"

/* The thread may be in a later phase already. */
static void enter_phase(struct lh_self *self, uint32_t phase)
{
	uint32_t first = phase * LH_PHASE + 1, next = self->live_saved->segment + 1;

	lh_segment_begin(self, self->live_saved, first > next ? first : next);
}

void lh_on_team_fork(const struct lh_call *call, struct lh_team *team)
{
	struct lh_self *self = lh_enter(call->frame);

	*team = (struct lh_team){0};
	if (!self)
		return;
	team->leader = self->live_saved->thread;
	team->phase = lh_phase_next();
	self->team_begins = true;
	lh_leave(self);
}

/* ---- workers ---- */

/* The edge from `leader` to `worker`; the edge back follows it. */
static uint32_t find_edges(lh_thread_id leader, lh_thread_id worker)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_HB_EDGE); i++) {
		const struct lh_hb_edge *e = &LH_HB_EDGES[i];
		if (e->what == LH_HB_TEAM_FORK && e->a == leader && e->b == worker)
			return i;
	}
	return 0;
}

static void set_last(lh_thread_id leader, lh_thread_id worker, uint32_t segment)
{
	uint32_t row = find_edges(leader, worker);

	for (uint32_t i = row; row && i < row + 2; i++)
		LH_HB_EDGES[i].a_segment = segment;
}

/* Until its segment `until` the thread worked for another leader, or for none. */
static void work_for(const struct lh_call *call, lh_thread_id leader, uint32_t until)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	lh_thread_id worker = event.live->thread;
	bool is_old = event.self->team_leader != 0;
	if (is_old)
		set_last(event.self->team_leader, worker, until);
	if (is_old && find_edges(leader, worker)) {
		set_last(leader, worker, UINT32_MAX);
	} else {
		uint32_t from = event.live->segment;
		lh_hb_edge_add(LH_HB_TEAM_FORK, leader, UINT32_MAX, worker, from);
		lh_hb_edge_add(LH_HB_TEAM_JOIN, worker, UINT32_MAX, leader, from);
		LH_THREADS[leader].flags |= LH_THREAD_TEAM;
		LH_THREADS[worker].flags |= LH_THREAD_TEAM;
	}
	event.self->team_leader = leader;
	lh_event_end(&event);
}

uint32_t lh_on_team_begin(const struct lh_call *call, struct lh_team *team, bool alone)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return 0;
	struct lh_live_thread *live = self->live_saved;
	bool leads = live->thread == team->leader;
	uint32_t outer_phase = self->team_phase, until = live->segment;
	if (leads) {
		self->team_begins = false;
		team->shared = !alone;
	}
	if (team->leader && !alone) {
		self->team_phase = team->phase;
		enter_phase(self, team->phase);
	}
	bool is_new = team->leader && !alone && !leads && self->team_leader != team->leader;
	lh_leave(self);
	if (is_new)
		work_for(call, team->leader, until);
	return outer_phase;
}

void lh_on_team_end(const struct lh_call *call, uint32_t outer_phase)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	self->team_phase = outer_phase;
	lh_leave(self);
}

void lh_on_team_join(const struct lh_call *call, const struct lh_team *team)
{
	struct lh_self *self = team->leader ? lh_enter(call->frame) : NULL;

	if (!self)
		return;
	self->team_begins = false;
	if (team->shared)
		enter_phase(self, lh_phase_next());
	lh_leave(self);
}

void lh_on_team_barrier_slow(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	lh_phase_raise(++self->team_phase);
	enter_phase(self, self->team_phase);
	lh_leave(self);
}
