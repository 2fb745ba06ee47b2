/* thread.c — the entry check and live-thread rows. */
#include "libcheck/thread/thread.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/own_reads.h"
#include "libcheck/ledger/extent.h"
#include "libcheck/thread/own_waits.h"

extern void *__libc_stack_end __attribute__((weak));

struct lh_self lh_self_none, lh_self_refused;
__thread intptr_t lh_self_offset;

static void become(const struct lh_self *self)
{
	lh_self_offset = (intptr_t)((uintptr_t)self - (uintptr_t)&lh_self_none);
}

bool (*lh_thread_after_fork)(uintptr_t frame);

static void goes_on(uintptr_t frame)
{
	(void)frame;
}
void (*lh_thread_at_create)(uintptr_t frame) = goes_on;

static struct lh_self **selves; /* by live-thread row */
static uint64_t *handles;       /* by live-thread row: pthread_t, close together for the search */
static uint32_t free_live_threads; /* linked by held_n */
static uint32_t ending;            /* rows whose threads are about to end, or have ended */

bool lh_thread_init(void)
{
	uint32_t rows = lh_rows_max(LH_T_LIVE_THREAD);

	selves = lh_private_alloc(rows * sizeof(*selves));
	handles = lh_private_alloc(rows * sizeof(*handles));
	free_live_threads = ending = 0;
	return selves && handles;
}

struct lh_self *lh_self_of(uint32_t live_row)
{
	return live_row ? selves[live_row] : NULL;
}

/* ---- the entry check ---- */

static bool on_stack(const struct lh_live_thread *live, uintptr_t at)
{
	return at >= live->stack_low && at < live->stack_high;
}

/* Was the hook that is inside left by a jump? Only a frame that is not deeper, on the same stack,
 * shows this. */
static bool stale(const struct lh_self *self, uintptr_t frame)
{
	return frame >= self->inside && self->live_saved && on_stack(self->live_saved, frame) &&
	       on_stack(self->live_saved, self->inside);
}

static struct lh_self *enter_slow(struct lh_self *self, uintptr_t frame)
{
	self->inner = false;
	lh_enter_known(self, frame);
	return self;
}

static struct lh_self *adopt(uintptr_t frame)
{
	uintptr_t low, high;
	/* a thread without a row owns the internal lock under a number from its thread pointer */
	uint32_t name = (uint32_t)(lh_thread_pointer() >> 6) | 0x80000000u;

	if (!lh_internal_lock_acquire(&lh_own_ledger.lock, name))
		return NULL;
	/* a signal handler may strike a thread before it attaches to the row reserved for it */
	uint32_t live_row = lh_live_thread_by_handle((pthread_t)lh_thread_handle());
	if (LH_LIVE_THREADS[live_row].state != LH_LIVE_RESERVED)
		live_row = 0;
	/* until the thread attaches, the row keeps the size of its stack there */
	lh_thread_stack_bounds(frame, LH_LIVE_THREADS[live_row].stack_high, &low, &high);
	struct lh_self *self = lh_live_thread_attach(live_row, low, high);
	lh_internal_lock_release(&lh_own_ledger.lock, name);
	return self;
}

static __attribute__((noinline)) struct lh_self *enter_checked(uintptr_t frame)
{
	struct lh_self *self = lh_self_get();

	if (!lh_own_ledger.ledger || self == &lh_self_refused)
		return NULL;
	if (self == &lh_self_none) {
		self = adopt(frame);
		return self ? enter_slow(self, frame) : NULL;
	}
	if (self->inside && !stale(self, frame)) {
		if (self->inner)
			return NULL;
		__atomic_fetch_add(&lh_own_ledger.ledger->unrecorded, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	/* the memory was wiped: a forked child */
	if (!self->live_saved) {
		if (!lh_thread_after_fork || !lh_thread_after_fork(frame))
			return NULL;
		self = lh_self_get();
	}
	return enter_slow(self, frame);
}

struct lh_self *lh_enter(uintptr_t frame)
{
	struct lh_self *self = lh_self_get();

	return LH_LIKELY(self->live != NULL) ? enter_slow(self, frame) : enter_checked(frame);
}

struct lh_self *lh_inner_begin(uintptr_t frame)
{
	struct lh_self *self = lh_enter(frame);

	if (self)
		self->inner = true;
	return self;
}

/* ---- threads and live-thread rows ---- */

lh_thread_id lh_thread_new(lh_thread_id creator, lh_stack_id created, uint32_t segment)
{
	lh_thread_id id = lh_row_add(LH_T_THREAD, 1);

	if (id) {
		LH_THREADS[id] = (struct lh_thread){
			.creator = creator, .created = created, .creator_segment = segment};
		if (creator)
			__builtin_memcpy(LH_THREADS[id].name, LH_THREADS[creator].name,
					 LH_NAME_MAX);
	}
	return id;
}

/* Behind the walk, so that most threads touch one page for both, and few lines of the others. */
static struct lh_self *new_self(void)
{
	size_t walk = lh_align(lh_stack_walk_bytes(), 64);
	char *at = lh_private_alloc_pages(walk + sizeof(struct lh_self));
	struct lh_self *self = at ? (struct lh_self *)(at + walk) : NULL;

	if (self)
		self->walked = (struct lh_stack_walk_result *)at;
	return self;
}

uint32_t lh_live_thread_new(lh_thread_id thread)
{
	uint32_t i = free_live_threads;

	if (i)
		free_live_threads = LH_LIVE_THREADS[i].held_n;
	else
		i = lh_row_add(LH_T_LIVE_THREAD, 1);
	if (!i || !(selves[i] = selves[i] ? selves[i] : new_self()))
		return 0;
	struct lh_live_thread *live = &LH_LIVE_THREADS[i];
	__builtin_memset(live, 0, offsetof(struct lh_live_thread, held_row));
	live->held[0].site = 0; /* see lh_on_release_failed */
	live->thread = thread;
	live->state = LH_LIVE_RESERVED;
	if (thread)
		LH_THREADS[thread].live = i;
	return i;
}

static void end_counts(struct lh_self *self, lh_thread_id thread)
{
	lh_own_waits_end(self, thread);
	lh_own_reads_end(self);
}

void lh_live_thread_free(uint32_t live_row)
{
	struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];

	if (live->state == LH_LIVE_FREE)
		return;
	if (live->state == LH_LIVE_ENDING)
		__atomic_fetch_sub(&ending, 1, __ATOMIC_RELAXED);
	if (selves[live_row])
		end_counts(selves[live_row], live->thread);
	if (live->thread) {
		LH_THREADS[live->thread].live = 0;
		LH_THREADS[live->thread].flags |= LH_THREAD_ENDED;
	}
	handles[live_row] = 0;
	live->handle = 0;
	live->wait_lock = 0;
	live->wait_on = LH_WAIT_NONE;
	live->state = LH_LIVE_FREE;
	live->held_n = free_live_threads;
	free_live_threads = live_row;
}

void lh_live_thread_ending(uint32_t live_row)
{
	if (LH_LIVE_THREADS[live_row].state != LH_LIVE_ATTACHED)
		return;
	__atomic_fetch_add(&ending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&LH_LIVE_THREADS[live_row].state, LH_LIVE_ENDING, __ATOMIC_RELEASE);
}

uint32_t lh_live_threads_ending(void)
{
	return ending;
}

static uint64_t default_stack = 8 << 20;

/* glibc gives a thread the RLIMIT_STACK of the start; if that is unlimited, 2 MiB. */
void lh_thread_default_stack(uint64_t size)
{
	default_stack = size >= 1ull << 40 ? 2 << 20 : size;
}

void lh_thread_stack_bounds(uintptr_t frame, uint64_t size, uintptr_t *low, uintptr_t *high)
{
	enum { FAR = 256 << 20 };
	uintptr_t tp = lh_thread_pointer(), end = (uintptr_t)__libc_stack_end;
	uint64_t limit = size ? size : default_stack;

	/* a thread's control block is at the top of its stack; the main thread's is elsewhere */
	if (&__libc_stack_end && end > frame && end - frame < FAR && !(tp > frame && tp < end)) {
		*high = end;
		limit = limit >= 8 << 20 && limit < FAR ? limit : 8 << 20;
	} else if (tp > frame && tp - frame < FAR) {
		*high = tp;
		limit = limit && limit < FAR ? limit : 8 << 20;
	} else {
		*low = *high = 0;
		return;
	}
	*low = *high - limit;
	if (*low > frame)
		*low = *high = 0;
}

void lh_live_thread_set_handle(uint32_t live_row, pthread_t handle)
{
	uint32_t old = lh_live_thread_by_handle(handle);

	if (old && old != live_row) /* that thread is gone: its control block was reused */
		handles[old] = LH_LIVE_THREADS[old].handle = 0;
	handles[live_row] = LH_LIVE_THREADS[live_row].handle = (uint64_t)handle;
}

void lh_retired_drop(struct lh_retired *r)
{
	while (r->first) {
		struct lh_lock *l = &LH_LOCKS[r->first];
		r->first = l->next;
		lh_lock_drop_retired(l);
	}
	r->n = 0;
}

/* Drops the locks that the row's previous thread retired: only that thread could revive them. */
static void drop_retired(struct lh_self *self)
{
	for (unsigned i = 0; i < LH_RETIRED_KINDS; i++)
		lh_retired_drop(&self->retired[i]);
}

void lh_self_forget_visits(struct lh_self *self)
{
	if (!self->visited_used)
		return;
	lh_self_forget_own_acquisitions(self);
	/* a page that the thread has not used stays untouched, and costs no memory */
	for (unsigned word = 0; word < LH_CHAIN_CACHE / 2 / 64; word++)
		for (; self->cache_used[word];
		     self->cache_used[word] &= self->cache_used[word] - 1) {
			int bit = __builtin_ctzll(self->cache_used[word]);
			__builtin_memset(self->chain_cache[word * 64 + (unsigned)bit], 0,
					 sizeof(self->chain_cache[0]));
		}
	__builtin_memset(self->visited, 0, self->visited_used * sizeof(self->visited[0]));
	self->visited_used = 0;
}

void lh_self_forget_acquisitions(void)
{
	uint32_t used = lh_own_ledger.ledger ? lh_rows_used(LH_T_LIVE_THREAD) : 0;

	for (uint32_t i = 1; i < used; i++)
		if (selves[i])
			lh_self_forget_own_acquisitions(selves[i]);
}

/* Writes only zeros, and only to `chain`: the entry of a thread that writes it at this moment stays
 * whole. Leaves pages that were never written. */
void lh_self_forget_cached_chains(void)
{
	uint32_t used = lh_own_ledger.ledger ? lh_rows_used(LH_T_LIVE_THREAD) : 0;

	for (uint32_t i = 1; i < used; i++) {
		struct lh_chain_cache_entry *k = selves[i] ? selves[i]->chain_cache[0] : NULL;
		for (uint32_t n = 0; k && n < LH_CHAIN_CACHE; n++)
			if (k[n].chain)
				__atomic_store_n(&k[n].chain, 0, __ATOMIC_RELAXED);
	}
	lh_self_forget_acquisitions();
}

struct lh_self *lh_live_thread_attach(uint32_t live_row, uintptr_t low, uintptr_t high)
{
	uint64_t handle = lh_thread_handle();

	if (!live_row) {
		uint32_t old = lh_live_thread_by_handle((pthread_t)handle);
		if (old) /* that thread is gone: its control block is ours now */
			lh_live_thread_free(old);
		live_row = lh_live_thread_new(lh_thread_new(0, 0, 0));
	} else if (lh_self_get()->number && lh_self_get()->number != live_row) {
		/* a handler came first and got another row */
		lh_live_thread_free(lh_self_get()->number);
	}
	if (!live_row) {
		become(&lh_self_refused);
		lh_own_ledger.ledger->dropped_events++;
		return NULL;
	}
	struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	struct lh_self *self = selves[live_row];
	live->tid = lh_sys_tid();
	live->stack_low = low;
	live->stack_high = high;
	lh_live_thread_set_handle(live_row, (pthread_t)handle);
	if (live->thread)
		LH_THREADS[live->thread].tid = live->tid;
	self->number = live_row;
	self->random = live_row * 2654435761u;
	self->sample = lh_self_next_sample(self);
	self->delay_state = 0;
	self->inside = 0;
	/* fresh memory is zero: leave its pages untouched */
	if (live->state != LH_LIVE_RESERVED || self->reused) {
		lh_self_forget_visits(self);
		self->team_phase = self->team_leader = self->team_started = 0;
		self->team_begins = false;
		self->rounds = (struct lh_rounds){0};
		drop_retired(self);
	}
	self->reused = 1;
	self->live_saved = live;
	self->live = live;
	__atomic_store_n(&live->state, LH_LIVE_ATTACHED, __ATOMIC_RELEASE);
	become(self);
	lh_python_away = NULL;
	self->python = 0;
	return self;
}

void lh_live_threads_end_counts(void)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].state >= LH_LIVE_ATTACHED && selves[i])
			end_counts(selves[i], LH_LIVE_THREADS[i].thread);
}

uint32_t lh_live_thread_by_handle(pthread_t handle)
{
	uint32_t used = lh_rows_used(LH_T_LIVE_THREAD);

	for (uint32_t i = 1; i < used; i++)
		if (handles[i] == (uint64_t)handle && handles[i])
			return i;
	return 0;
}
