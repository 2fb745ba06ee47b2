/* foreign_ledger.c — copies the waits and held locks of another process's threads into the snapshot
 * of the first process, so that a finding about both processes is complete. */
#include "tools/wait_graph/merge.h"

#include <string.h>

/*
 * ---- rows of another snapshot, in ours ----
 *
 * An address of another process could equal one of this process. So a data address of process
 * number n gets n in the bits above LH_READ_ADDRESS_BITS, which no real address uses.
 */
static uint64_t address_base(uint32_t process)
{
	return (uint64_t)process << LH_READ_ADDRESS_BITS;
}

static bool same_module(const struct lh_module *a, const struct lh_module *b)
{
	return a->start == b->start && a->base == b->base &&
	       memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0 &&
	       strcmp(a->path, b->path) == 0;
}

static uint32_t put_module(struct lh_hang *h, const struct lh_module *m)
{
	uint32_t n = h->snapshot.ledger->table[LH_T_MODULE].used, row;
	struct lh_module *own;

	for (uint32_t i = 1; i < n; i++)
		if (same_module(lh_snapshot_row(&h->snapshot, LH_T_MODULE, i), m))
			return i;
	own = lh_snapshot_row_add(&h->snapshot, LH_T_MODULE, &row);
	if (own)
		*own = *m;
	return row;
}

static const struct lh_module *module_of(const struct lh_hang *s, uint32_t number)
{
	return number && number < s->snapshot.ledger->table[LH_T_MODULE].used
		       ? lh_snapshot_row(&s->snapshot, LH_T_MODULE, number)
		       : NULL;
}

/* The module of a frame. Its address range is empty, so that no data address is found in it. */
static uint32_t code_module(struct lh_hang *h, const struct lh_hang *s, uint32_t number)
{
	const struct lh_module *from = module_of(s, number);
	struct lh_module m;

	if (!from)
		return 0;
	m = *from;
	m.start = m.end = 0;
	return put_module(h, &m);
}

static void add_data_module(struct lh_hang *h, const struct lh_hang *s, uint32_t process,
			    uint64_t address)
{
	uint32_t n = s->snapshot.ledger->table[LH_T_MODULE].used;

	for (uint32_t i = 1; i < n; i++) {
		struct lh_module m = *module_of(s, i);

		if (address < m.start || address >= m.end)
			continue;
		m.start += address_base(process);
		m.end += address_base(process);
		m.base += address_base(process);
		put_module(h, &m);
		return;
	}
}

static lh_stack_id copy_stack(struct lh_hang *h, const struct lh_hang *s, lh_stack_id id)
{
	const struct lh_stack *from = lh_snapshot_row(&s->snapshot, LH_T_STACK, id);
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t n = id && from->n <= LH_FRAMES_MAX ? from->n : 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t f =
			*(uint64_t *)lh_snapshot_row(&s->snapshot, LH_T_FRAME, from->frame + i);

		frame[i] = LH_FRAME(code_module(h, s, LH_FRAME_MODULE(f)), LH_FRAME_PC(f));
	}
	return n ? lh_snapshot_put_frames(&h->snapshot, frame, n, from->flags & LH_STACK_CUT) : 0;
}

static lh_site site_in_this_process(struct lh_hang *h, const struct lh_hang *s, lh_site site)
{
	return LH_SITE(copy_stack(h, s, LH_SITE_STACK(site)), LH_SITE_HOW(site),
		       LH_SITE_MODE(site));
}

/* The lock that already has a row for this kind and location; 0: none. */
static lh_lock_id known_in_this_process(const struct lh_hang *h, struct lh_shm_key at,
					enum lh_kind kind)
{
	uint32_t n = at.known ? h->snapshot.ledger->table[LH_T_LOCK].used : 0;

	for (uint32_t i = 1; i < n; i++) {
		const struct lh_lock *l = lh_snapshot_row(&h->snapshot, LH_T_LOCK, i);
		uint64_t address = lh_lock_address(l);
		const struct lh_hang *s = h->processes->process[address >> LH_READ_ADDRESS_BITS];

		if (l->kind == kind &&
		    lh_shm_key_equal(lh_shm_key_at(s, lh_read_address(address)), at))
			return LH_LOCK_ID(i, l->gen);
	}
	return 0;
}

static lh_lock_id copy_lock(struct lh_hang *h, uint32_t process, const struct lh_hang *s,
			    lh_lock_id id, lh_thread_id thread)
{
	const struct lh_lock *l = lh_snapshot_row(&s->snapshot, LH_T_LOCK, LH_LOCK_ROW(id));
	uint64_t address = lh_lock_address(l);
	lh_lock_id own;

	if (!id || l->kind == LH_THREAD_END)
		return id ? lh_snapshot_put_thread_end(&h->snapshot, thread) : 0;
	own = known_in_this_process(h, lh_shm_key_at(s, address), (enum lh_kind)l->kind);
	if (own || !address)
		return own;
	add_data_module(h, s, process, address);
	own = lh_snapshot_put_lock(&h->snapshot, (enum lh_kind)l->kind,
				   address + address_base(process),
				   l->flags & ~(uint32_t)LH_LOCK_NAMED);
	if (own) {
		struct lh_lock *row = lh_snapshot_row(&h->snapshot, LH_T_LOCK, LH_LOCK_ROW(own));

		row->init_stack = copy_stack(h, s, l->init_stack);
		row->first_stack = copy_stack(h, s, l->first_stack);
	}
	return own;
}

/* ---- threads of other processes ---- */

/* If the lock is a thread's end: that thread, as a row of our snapshot; 0: none. */
static lh_thread_id end_lock_in_this_process(const struct lh_hang_processes *all, uint32_t process,
					     lh_lock_id id)
{
	const struct lh_hang *s = all->process[process];

	for (uint32_t i = 0; id && i < s->threads; i++) {
		const struct lh_thread *row =
			lh_snapshot_row(&s->snapshot, LH_T_THREAD, s->thread[i].id);

		if (row->end_lock == id && all->at[process][i] != UINT32_MAX)
			return all->process[0]->thread[all->at[process][i]].id;
	}
	return 0;
}

static bool holds(const struct lh_hang *s, uint32_t thread)
{
	for (uint32_t i = 0; i < s->holds; i++)
		if (s->hold[i].thread == thread)
			return true;
	return false;
}

static void add_thread(struct lh_hang *h, uint32_t process, uint32_t i)
{
	struct lh_hang *s = h->processes->process[process];
	const struct lh_hang_thread *from = &s->thread[i];
	const struct lh_thread *row = lh_snapshot_row(&s->snapshot, LH_T_THREAD, from->id);
	struct lh_hang_thread t = *from;

	t.id = lh_snapshot_put_thread(&h->snapshot, from->tid, from->id ? row->name : "",
				      LH_THREAD_FOREIGN | (from->ended ? LH_THREAD_ENDED : 0));
	if (t.id)
		((struct lh_thread *)lh_snapshot_row(&h->snapshot, LH_T_THREAD, t.id))
			->creator_segment = (uint32_t)s->peek->pid;
	t.foreign_process = s->peek;
	t.live = NULL;
	t.blockers = NULL;
	t.n_blockers = 0;
	t.stack = copy_stack(h, s, from->stack);
	t.site = LH_SITE(t.stack, LH_SITE_HOW(from->site), LH_SITE_MODE(from->site));
	h->processes->at[process][i] = h->threads;
	LH_PUSH(h->arena, h->thread, h->threads, t);
}

void lh_hang_merge_process(struct lh_hang *h, uint32_t process)
{
	const struct lh_hang_processes *all = h->processes;
	const struct lh_hang *s = all->process[process];

	for (uint32_t i = 0; i < s->threads; i++)
		if (s->thread[i].waiting || holds(s, i))
			add_thread(h, process, i);
	for (uint32_t i = 0; i < s->threads; i++) {
		const struct lh_hang_thread *from = &s->thread[i];
		uint32_t own = all->at[process][i];

		for (uint32_t k = 0; own != UINT32_MAX && k < from->n_blockers; k++)
			if (all->at[process][from->blockers[k]] != UINT32_MAX)
				lh_hang_add_edge(h, own, all->at[process][from->blockers[k]]);
		if (own != UINT32_MAX)
			h->thread[own].lock =
				copy_lock(h, process, s, from->lock,
					  end_lock_in_this_process(all, process, from->lock));
	}
	for (uint32_t i = 0; i < s->holds; i++) {
		struct lh_hang_hold hold = s->hold[i];

		hold.thread = all->at[process][hold.thread];
		hold.lock = copy_lock(h, process, s, hold.lock,
				      end_lock_in_this_process(all, process, hold.lock));
		hold.site = site_in_this_process(h, s, hold.site);
		if (hold.thread != UINT32_MAX && hold.lock)
			LH_PUSH(h->arena, h->hold, h->holds, hold);
	}
}
