/* foreign_ledger.c — copies the waits and held locks of another process's threads into the snapshot
 * of the first process, so that a finding about both processes is complete. */
#include "tools/wait_graph/merge.h"

/*
 * ---- rows of another snapshot, in ours ----
 *
 * An address of another process could equal one of this process. So a data address of process
 * number n gets n in the bits above LH_READ_ADDRESS_BITS, which no real address uses.
 */
struct foreign {
	struct lh_hang *h, *s; /* of this process and of the other one */
	uint32_t process;      /* number of the other one */
	struct lh_ledger_view rows;
	struct lh_row_copier copier;
};

static uint64_t address_base(const struct foreign *f)
{
	return (uint64_t)f->process << LH_READ_ADDRESS_BITS;
}

static void add_data_module(struct foreign *f, uint64_t address)
{
	struct lh_module m;

	if (!lh_read_module_at(&f->rows, address, &m))
		return;
	m.start += address_base(f);
	m.end += address_base(f);
	m.base += address_base(f);
	lh_put_module(&f->copier, &m);
}

/* The lock that already has a row for this kind and location; 0: none. */
static lh_lock_id known_in_this_process(struct lh_hang *h, struct lh_shm_key at, enum lh_kind kind)
{
	uint32_t n = at.known ? h->snapshot.rows.table[LH_T_LOCK].used : 0;

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

/* If the lock is a thread's end: that thread, as a row of our snapshot; 0: none. */
static lh_thread_id thread_of_end_lock(const struct foreign *f, lh_lock_id id)
{
	const uint32_t *at = f->h->processes->at[f->process];
	struct lh_thread row;

	for (uint32_t i = 0; i < f->s->threads; i++)
		if (lh_read_thread(&f->rows, f->s->thread[i].id, &row) && row.end_lock == id &&
		    at[i] != UINT32_MAX)
			return f->h->thread[at[i]].id;
	return 0;
}

static lh_lock_id copy_lock(struct foreign *f, lh_lock_id id)
{
	struct lh_lock l;
	uint64_t address;
	lh_lock_id own;

	if (!lh_read_lock(&f->rows, id, &l))
		return 0;
	if (l.kind == LH_THREAD_END)
		return lh_snapshot_put_thread_end(&f->h->snapshot, thread_of_end_lock(f, id));
	address = lh_lock_address(&l);
	own = known_in_this_process(f->h, lh_shm_key_at(f->s, address), (enum lh_kind)l.kind);
	if (own || !address)
		return own;
	own = *lh_copy_id(&f->copier, LH_T_LOCK, id);
	if (own)
		return own;
	add_data_module(f, address);
	own = lh_copy_lock_row(&f->copier,
			       (struct lh_lock){.address = address + address_base(f),
						.kind = l.kind,
						.flags = l.flags & ~(uint32_t)LH_LOCK_NAMED,
						.init_stack = l.init_stack,
						.first_stack = l.first_stack});
	*lh_copy_id(&f->copier, LH_T_LOCK, id) = own;
	return own;
}

/* ---- threads of other processes ---- */

static void add_thread(struct foreign *f, uint32_t i)
{
	struct lh_hang *h = f->h;
	struct lh_hang_thread t = f->s->thread[i];
	struct lh_thread row = {.tid = t.tid};

	lh_read_thread(&f->rows, t.id, &row);
	t.id = lh_put_foreign_thread(&h->snapshot.rows, f->s->peek->pid, &row);
	t.foreign_process = f->s->peek;
	t.live = NULL;
	t.blockers = NULL;
	t.n_blockers = 0;
	t.stack = lh_copy_stack(&f->copier, t.stack);
	t.site = LH_SITE_MOVED(t.site, t.stack);
	h->processes->at[f->process][i] = h->threads;
	LH_PUSH(h->arena, h->thread, h->threads, t);
}

static void add_waits(struct foreign *f)
{
	const uint32_t *at = f->h->processes->at[f->process];

	for (uint32_t i = 0; i < f->s->threads; i++) {
		const struct lh_hang_thread *from = &f->s->thread[i];

		for (uint32_t k = 0; at[i] != UINT32_MAX && k < from->n_blockers; k++)
			if (at[from->blockers[k]] != UINT32_MAX)
				lh_hang_add_edge(f->h, at[i], at[from->blockers[k]]);
		if (at[i] != UINT32_MAX)
			f->h->thread[at[i]].lock = copy_lock(f, from->lock);
	}
}

void lh_hang_merge_process(struct lh_hang *h, uint32_t process)
{
	struct lh_hang *s = h->processes->process[process];
	struct foreign f = {.h = h, .s = s, .process = process};

	lh_snapshot_view(&s->snapshot, &f.rows);
	f.copier =
		(struct lh_row_copier){.from = &f.rows, .to = &h->snapshot.rows, .arena = h->arena};
	for (uint32_t i = 0; i < s->threads; i++)
		if (s->thread[i].waiting || lh_hang_holds(s, i))
			add_thread(&f, i);
	add_waits(&f);
	for (uint32_t i = 0; i < s->holds; i++) {
		struct lh_hang_hold hold = s->hold[i];

		hold.thread = h->processes->at[process][hold.thread];
		hold.lock = copy_lock(&f, hold.lock);
		hold.site = lh_copy_site(&f.copier, hold.site);
		if (hold.thread != UINT32_MAX && hold.lock)
			LH_PUSH(h->arena, h->hold, h->holds, hold);
	}
}
