/* shared_locks.c — which process-shared locks are one, and the merged row of each lock. */
#include "tools/lock_order/lock_order_internal.h"

/* A location, and the locks there. */
struct location {
	const struct lh_merged_process *last;
	uint32_t processes, inits;
	bool twice; /* one process has known two locks at this location */
	lh_lock_id lock;
};

/* Reads a lock. NULL: its location is not known. */
static struct location *location_of(struct lh_merged_run *run, const struct lh_merged_process *m,
				    uint32_t row, struct lh_lock *l)
{
	struct lh_lock_location at;

	if (!lh_read_lock_row(m->process->ledger, row, l) || !(l->flags & LH_LOCK_PSHARED) ||
	    !l->chains || !lh_read_lock_location(m->process->ledger, row, l, &at))
		return NULL;
	const uint64_t key[] = {at.dev, at.ino, at.off, m->boot, l->kind};
	return lh_map_get(&run->locations, run->arena, key, sizeof(key), sizeof(struct location));
}

static bool is_one(const struct location *s)
{
	return s->processes > 1 && s->inits <= 1 && !s->twice;
}

/* Most processes have no lock whose location was recorded. */
static bool has_locations(const struct lh_merged_process *m)
{
	return lh_read_used(m->process->ledger, LH_T_LOCK_LOCATION) > 1;
}

static void read_process(struct lh_merged_run *run, struct lh_merged_process *m)
{
	struct lh_lock l;

	for (uint32_t i = 1; has_locations(m) && i < m->locks; i++) {
		struct location *s = location_of(run, m, i, &l);

		if (!s)
			continue;
		s->twice |= s->last == m;
		s->processes += s->last != m;
		s->inits += (l.flags & LH_LOCK_INITED) != 0;
		s->last = m;
	}
}

void lh_merged_find_shared(struct lh_merged_run *run)
{
	struct lh_lock l;
	uint32_t doubtful = 0;

	for (uint32_t i = 0; i < run->processes; i++)
		read_process(run, &run->process[i]);
	for (uint32_t i = 0; i < run->processes; i++) {
		struct lh_merged_process *m = &run->process[i];

		for (uint32_t k = 1; has_locations(m) && k < m->locks; k++) {
			struct location *s = location_of(run, m, k, &l);

			m->shares |= s && is_one(s);
			doubtful += s && s->last == m && s->processes > 1 && !is_one(s);
		}
	}
	if (doubtful)
		lh_report_note(run->report,
			       "%u process-shared lock%s the address of an earlier lock: cycles of "
			       "several processes through %s were not searched",
			       doubtful, doubtful == 1 ? " has" : "s have",
			       doubtful == 1 ? "it" : "them");
}

static lh_lock_id add_lock(struct lh_merged_run *run, const struct lh_merged_process *m,
			   lh_lock_id id, const struct lh_lock *l)
{
	uint32_t row = run->locks;
	struct lh_lock copy = *l;

	if (row >= LH_LOCK_ROWS)
		return 0;
	copy.gen = 1;
	copy.chains = 0;
	if (l->kind == LH_THREAD_END && l->initial) /* the thread, for the order graph */
		copy.initial = l->initial + m->base;
	LH_PUSH(run->arena, run->lock, run->locks, copy);
	LH_PUSH(run->arena, run->lock_of, run->lock_ofs, ((struct lh_merged_lock){m, id, 1}));
	return LH_LOCK_ID(row, 1);
}

/* A merged lock has each flag that any process saw, and the source of the process that initialized
 * it, which knows the init stack. If another rule than the location decides which locks are one,
 * all must prefer writers. */
static void add_user(struct lh_merged_run *run, const struct lh_merged_process *m, lh_lock_id id,
		     const struct lh_lock *l, lh_lock_id to)
{
	struct lh_lock *merged = &run->lock[LH_LOCK_ROW(to)];
	struct lh_merged_lock *source = &run->lock_of[LH_LOCK_ROW(to)];

	merged->flags =
		run->same ? lh_merged_flags(merged->flags, l->flags) : merged->flags | l->flags;
	source->users++;
	if (!(l->flags & LH_LOCK_INITED))
		return;
	source->process = m;
	source->id = id;
}

/* Where the merged row is stored for the locks that are one with this lock. NULL: with no other. */
static lh_lock_id *same_as(struct lh_merged_run *run, const struct lh_merged_process *m,
			   lh_lock_id id)
{
	struct location *s;
	struct lh_lock l;
	uint32_t n;

	if (run->alone)
		return NULL;
	if (run->same) {
		n = run->same(run->with, m, id);
		return n ? &run->same_lock[n] : NULL;
	}
	s = location_of(run, m, LH_LOCK_ROW(id), &l);
	return s && is_one(s) ? &s->lock : NULL;
}

lh_lock_id lh_merged_lock_get(struct lh_merged_run *run, struct lh_merged_process *m, lh_lock_id id)
{
	uint32_t row = LH_LOCK_ROW(id);
	lh_lock_id *same;
	struct lh_lock l;

	if (!lh_read_lock(m->process->ledger, id, &l) || row >= m->locks)
		return 0;
	if (m->lock[row])
		return m->lock[row];
	same = same_as(run, m, id);
	if (!same)
		return m->lock[row] = add_lock(run, m, id, &l);
	if (*same)
		add_user(run, m, id, &l, *same);
	else
		*same = add_lock(run, m, id, &l);
	return m->lock[row] = *same;
}
