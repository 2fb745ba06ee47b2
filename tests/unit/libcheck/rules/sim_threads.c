/*
 * sim_threads.c — what the simulated threads run: a wrapper's events, around the real calls; and
 * what the linked files of the library use.
 *
 * The events are the library's: events.h, known_wait.c, wait_cycle.c, deadlock_end.c. What stands
 * here for code that is not linked says which function it follows.
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"
#include "libcheck/thread/own_waits.h"
#include "tests/unit/libcheck/rules/sim_wait.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 32, COND_ROW = 20, END_ROW = 21 };

struct lh_own_ledger lh_own_ledger;
struct lh_self lh_self_none;
__thread intptr_t lh_self_offset;
uint32_t lh_long_hold_ticks = UINT32_MAX;
uint32_t lh_deadlocks_open;
struct lh_context_table lh_contexts = {.off = true};
const struct lh_context lh_no_context;
bool lh_handler_exists;
bool lh_fork_uncopied;
struct lh_python lh_python;
__thread struct lh_python_kept lh_python_kept;

bool sim_cached;
uint64_t sim_cached_waits;

/* The rows that the threads share. */
static struct shared {
	struct lh_live_thread live[THREADS + 1];
	struct lh_self self[THREADS + 1];
	struct lh_lock lock[ROWS];
	struct lh_thread thread[THREADS + 1];
	struct lh_lock_stats stats[ROWS];
} * shared;

/* Under the internal lock. */
static struct lh_finding finding[FINDINGS + 1];
static struct lh_step step[FINDINGS * 4 * THREADS];
static struct lh_finding_draft draft;
static uint32_t visited[THREADS + 1], n_steps, n_findings;

static union {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	sem_t sem;
} object[LOCKS];
static const struct program *program;

static const enum lh_kind kind_of[LOCKS] = {LH_MUTEX,  LH_MUTEX, LH_MUTEX,        LH_RWLOCK,
					    LH_RWLOCK, LH_SEM,   LH_OMP_CRITICAL, LH_CUSTOM};

/* ---- what the library uses ---- */

uint32_t lh_rows_used(enum lh_table_name t)
{
	return t == LH_T_FINDING ? n_findings + 1 : THREADS + 1;
}
uint32_t lh_rows_max(enum lh_table_name t)
{
	return t == LH_T_LIVE_THREAD ? THREADS + 1 : 0;
}
void *lh_private_alloc(size_t size)
{
	return size == sizeof(visited) ? memset(visited, 0, size) : NULL;
}
uint32_t lh_clock_tick_slow(void)
{
	return 0;
}
uint64_t lh_clock_now(void)
{
	return 0;
}
uint32_t lh_lock_find(const void *o)
{
	for (uint32_t i = 0; i < LOCKS; i++)
		if (o == &object[i])
			return i + 1;
	return 0;
}
struct lh_lock *lh_lock_find_untagged(const void *o, enum lh_kind kind)
{
	(void)o, (void)kind;
	return NULL;
}
struct lh_lock *lh_lock_row(lh_lock_id id)
{
	return id ? &LH_LOCKS[LH_LOCK_ROW(id)] : NULL;
}
struct lh_held *lh_held_find(struct lh_live_thread *live, const void *o)
{
	for (uint32_t i = live->held_n; i-- > 0;)
		if (live->held[i].address == (uintptr_t)o && live->held[i].lock)
			return &live->held[i];
	return NULL;
}
lh_chain_id lh_chain_find_visited(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				  lh_site site)
{
	(void)self, (void)parent, (void)site;
	return LH_LOCK_ROW(lock);
}
lh_chain_id lh_held_chain_search(struct lh_live_thread *live)
{
	(void)live;
	return 0;
}
const struct lh_context *lh_context_find_forked(uintptr_t caller, uintptr_t depth, uintptr_t frame)
{
	(void)caller, (void)depth, (void)frame;
	return NULL;
}
uintptr_t lh_python_frames_id(void)
{
	return 0;
}
void lh_held_measure_begin(struct lh_self *self, struct lh_held *h)
{
	(void)self, (void)h;
}

void lh_on_acquired_cache(struct lh_self *self, const struct lh_call *call, uintptr_t python,
			  uint32_t n, const struct lh_acquisition *known)
{
	(void)self, (void)call, (void)python, (void)n, (void)known;
}

/* No wait and no hold is counted. */
bool lh_contention_is_ready(const struct lh_lock *l)
{
	return l != NULL;
}
void lh_contention_wait_begin(struct lh_lock *l, lh_lock_id id, struct lh_live_thread *live)
{
	(void)l, (void)id, (void)live;
}
void lh_contention_wait_cancel(struct lh_live_thread *live)
{
	(void)live;
}
void lh_contention_wait_end(struct lh_lock *l, struct lh_live_thread *live, enum lh_mode mode,
			    uint64_t ns)
{
	(void)l, (void)live, (void)mode, (void)ns;
}
void lh_contention_acquired(struct lh_lock *l, lh_thread_id thread, uint32_t weight)
{
	(void)l, (void)thread, (void)weight;
}
bool lh_own_wait_begin_slow(struct lh_self *self, struct lh_own_waits *w, lh_lock_id lock,
			    enum lh_mode mode)
{
	(void)self, (void)w, (void)lock, (void)mode;
	return false;
}

/* ---- findings ---- */

struct lh_finding_draft *lh_finding_begin(uint32_t rule, enum lh_level level, lh_thread_id thread)
{
	draft.rule = rule;
	draft.level = level;
	draft.thread = thread;
	draft.n = 0;
	return &draft;
}

void lh_finding_add_step(struct lh_finding_draft *d, lh_thread_id thread, lh_lock_id lock,
			 lh_site site, enum lh_action action)
{
	d->step[d->n++] =
		(struct lh_step){.thread = thread, .lock = lock, .site = site, .action = action};
}

static unsigned lock_of(lh_lock_id id)
{
	unsigned row = LH_LOCK_ROW(id);

	return row >= END_ROW ? END_LOCK + row - END_ROW : row - 1;
}

uint32_t lh_finding_commit(struct lh_finding_draft *d, enum lh_filter filter)
{
	unsigned n = 0, at = sim_real->findings;

	if (filter || at == FINDINGS)
		abort();
	finding[++n_findings] = (struct lh_finding){.rule = d->rule,
						    .level = (uint8_t)d->level,
						    .steps = (uint8_t)d->n,
						    .step = n_steps,
						    .count = 1};
	for (int i = 0; i < d->n; i++) {
		step[n_steps++] = d->step[i];
		if (d->step[i].action == LH_HOLDS)
			continue;
		sim_real->finding[at].thread[n] = (uint8_t)(d->step[i].thread - 1);
		sim_real->finding[at].lock[n++] = (uint8_t)lock_of(d->step[i].lock);
	}
	n_steps++; /* for the step that ends a deadlock */
	lh_deadlocks_open += !sim_broken->twice;
	sim_real->finding[at].n = (uint8_t)n;
	sim_real->findings++;
	sim_check_report();
	return n_findings;
}

static void note_ended(void)
{
	for (unsigned i = 0; i < n_findings; i++)
		sim_real->finding[i].ended = (finding[i + 1].flags & LH_FINDING_ENDED) != 0;
}

/* ---- events ---- */

static unsigned me(void)
{
	return sim_running;
}

bool lh_event_begin(struct lh_event_frame *event, const struct lh_call *call)
{
	event->self = lh_self_get();
	event->live = event->self->live_saved;
	event->stack = call->stack;
	sim_pause(AT_INTERNAL);
	if (!sim_real_try(me(), INTERNAL, LH_EXCLUSIVE))
		abort();
	sim_real->thread[me()].asked = true;
	sim_replay(true);
	return true;
}
void lh_event_report(struct lh_event_frame *event, uint32_t reported)
{
	(void)event, (void)reported;
}
void lh_event_end(struct lh_event_frame *event)
{
	(void)event;
	sim_replay(false);
	sim_release(INTERNAL);
}
void lh_event_show_outer_wait(struct lh_self *self, struct lh_live_thread *live)
{
	(void)self, (void)live;
	abort();
}

/* As in event.c. */
void lh_event_announce_wait(struct lh_event_frame *event, lh_lock_id lock, lh_site site,
			    enum lh_wait on, uint32_t with)
{
	lh_live_thread_waits(event->live, lock, site, on, with, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void lh_event_end_deadlock_slow(const struct lh_call *call)
{
	struct lh_event_frame event;
	lh_lock_id lock = lh_self_get()->live_saved->wait_lock;

	if (!lock || !lh_deadlock_has_wait(me() + 1, lock) || !lh_event_begin(&event, call))
		return;
	lh_deadlock_wait_ended(me() + 1, lock);
	note_ended();
	lh_event_end(&event);
}

static void append(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	lh_lock_id id = LH_LOCK_ID(lh_lock_find(call->object), 1);

	lh_held_append(self, self->live_saved, lh_lock_row(id), (enum lh_mode)call->mode,
		       (struct lh_held){.address = (uintptr_t)call->object,
					.lock = id,
					.site = LH_SITE(call->stack, call->how, call->mode),
					.chain = LH_LOCK_ROW(id)});
}

/* As in mutex.c, but each chain is known. */
int lh_on_acquired_uncached(const void *of, uintptr_t frame, uint64_t how, int rc)
{
	const struct lh_call call = lh_call_of(of, frame, how);

	if (!rc)
		append(&call);
	return rc;
}
void lh_on_release_uncached(const void *of, uintptr_t frame, uint64_t how)
{
	const struct lh_call call = lh_call_of(of, frame, how);

	lh_on_release_slow(&call);
}
void lh_own_read_count(struct lh_self *self, struct lh_lock *l, lh_lock_id lock)
{
	(void)self, (void)lock;
	__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
}
void lh_held_count_read(struct lh_self *self, struct lh_lock *l, struct lh_held *h)
{
	lh_own_read_count(self, l, h->lock);
}
void lh_on_acquired_slow(const struct lh_call *call, int rc)
{
	if (!rc)
		append(call);
}
void lh_on_try_failed(const struct lh_call *call)
{
	(void)call;
}

/* As in mutex.c. */
static void begin_uncached(const struct lh_call *call)
{
	struct lh_event_frame event;
	lh_lock_id id = LH_LOCK_ID(lh_lock_find(call->object), 1);

	if (lh_on_wait_begin_known(call) || !lh_event_begin(&event, call))
		return;
	lh_event_announce_wait(&event, id, LH_SITE(call->stack, call->how, call->mode),
			       LH_WAIT_LOCK, 0);
	lh_wait_cycle_check(event.self);
	lh_event_end(&event);
}
void lh_on_wait_begin_uncached(const void *of, uintptr_t frame, uint64_t how)
{
	struct lh_call call = lh_call_of(of, frame, how);

	call.stack = me() + 1;
	begin_uncached(&call);
}
static void begin_wait(const struct lh_call *call, bool cached)
{
	struct lh_call without_stack = *call;

	without_stack.stack = 0;
	sim_real_withdraw(me());
	sim_real->thread[me()].asked = false;
	if (sim_broken->late_announce)
		sim_hold_back(true);
	if (cached)
		lh_on_wait_begin_of(call->object, call->frame, lh_call_how(without_stack));
	else
		begin_uncached(call);
	sim_cached_waits += lh_self_get()->wait_entry != NULL;
	if (call->how == LH_BLOCKING && !sim_real->thread[me()].asked)
		sim_check_no(me());
	sim_hold_back(false);
}
void lh_on_wait_begin(const struct lh_call *call)
{
	begin_wait(call, false);
}
void lh_on_wait_end(const struct lh_call *call, int rc)
{
	struct lh_self *self = lh_self_get();

	if (!rc)
		lh_event_end_deadlock(call);
	if (lh_on_wait_end_known(call, rc))
		return;
	lh_event_clear_wait(self, self->live_saved);
	if (!rc)
		append(call);
}

/* As in mutex.c: the lock is not the last one that the thread acquired. */
void lh_on_release_slow(const struct lh_call *call)
{
	struct lh_live_thread *live = lh_self_get()->live_saved;
	struct lh_held *h = lh_held_find(live, call->object);

	if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
		lh_lock_row(h->lock)->owner = 0;
	h->lock = 0;
	for (uint32_t i = (uint32_t)(h - live->held); i + 1 < live->held_n; i++)
		live->held[i] = live->held[i + 1];
	live->held_n--;
}

/* ---- operations ---- */

static struct lh_call call_of(unsigned lock, enum lh_mode mode, enum lh_how how)
{
	static const uintptr_t frame[2] = {0, 1}; /* no stack is compared */

	return (struct lh_call){.object = &object[lock],
				.frame = (uintptr_t)frame,
				.kind = kind_of[lock],
				.mode = (uint8_t)mode,
				.how = (uint8_t)how,
				.stack = me() + 1};
}

/* The original blocks. */
static int block(void)
{
	unsigned t = me();

	sim_pause(AT_RMW);
	if (sim_real->thread[t].how != SIM_SIGNALLED &&
	    sim_real_try(t, sim_real->thread[t].want, sim_real->thread[t].mode))
		return 0;
	sim_real->thread[t].phase = BLOCKED;
	sim_pause(AT_BLOCKED);
	if (sim_real->thread[t].result)
		sim_real->thread[t].phase = RUNS;
	else
		sim_real_try(t, sim_real->thread[t].want, sim_real->thread[t].mode);
	return sim_real->thread[t].result;
}

static bool try(unsigned lock, enum lh_mode mode)
{
	sim_pause(AT_RMW);
	return sim_real_try(me(), lock, mode);
}

static void acquire_free(unsigned lock)
{
	const struct lh_call call = call_of(lock, LH_EXCLUSIVE, LH_BLOCKING);
	bool free;

	sim_real_wants(me(), lock, LH_EXCLUSIVE, LH_BLOCKING);
	if (lock == LOCK_F) {
		struct lh_untried u = lh_on_untried_begin(call);
		block();
		lh_on_untried_end(call, u);
		return;
	}
	free = lh_on_wait_begin_free(&call);
	if (!free)
		lh_on_wait_begin(&call);
	block();
	if (free) {
		lh_on_wait_end_free(&call);
		lh_on_acquired(call, 0);
	} else {
		lh_on_wait_end(&call, 0);
	}
}

/* `late`: with broken.late_hold, an acquisition that is not recorded yet; NO_LOCK: none. */
static void acquire(unsigned lock, enum lh_mode mode, enum lh_how how, unsigned *late)
{
	const struct lh_call call = call_of(lock, mode, how);

	if (lock == LOCK_F || lock == LOCK_G) {
		acquire_free(lock);
		return;
	}
	if (try(lock, mode)) {
		if (sim_broken->late_hold && *late == NO_LOCK)
			*late = lock;
		else
			lh_on_acquired(call, 0);
		return;
	}
	sim_real_wants(me(), lock, mode, how);
	begin_wait(&call, sim_cached);
	if (*late != NO_LOCK)
		append(&(struct lh_call){.object = &object[*late], .stack = me() + 1});
	*late = NO_LOCK;
	int rc = block();
	if (!sim_cached || !lh_on_wait_end_cached(call.object, rc))
		lh_on_wait_end(&call, rc);
}

static void release(unsigned lock, unsigned *late)
{
	unsigned t = me();

	if (!(sim_real->thread[t].mine >> lock & 1)) /* a wait with a limit was in vain */
		return;
	sim_real->thread[t].mine &= (uint8_t) ~(1u << lock);
	if (sim_broken->late_release)
		sim_release(lock);
	if (*late == lock)
		*late = NO_LOCK;
	else
		lh_on_release(call_of(lock, LH_EXCLUSIVE, LH_BLOCKING));
	if (!sim_broken->late_release)
		sim_release(lock);
}

/* As in thread_life.c and event_orders.c. False: the wait was cancelled. */
static bool join(unsigned thread)
{
	const struct lh_call call = call_of(0, LH_EXCLUSIVE, LH_BLOCKING);
	struct lh_event_frame event;

	sim_real_wants(me(), END_LOCK + thread, LH_EXCLUSIVE, LH_BLOCKING);
	lh_event_begin(&event, &call);
	if (LH_THREADS[thread + 1].live && !sim_broken->no_joined)
		__atomic_store_n(&LH_LIVE_THREADS[thread + 1].joined, 1, __ATOMIC_RELAXED);
	lh_event_announce_wait(&event, LH_LOCK_ID(END_ROW + thread, 1),
			       LH_SITE(call.stack, LH_BLOCKING, LH_EXCLUSIVE), LH_WAIT_JOIN,
			       thread + 1);
	lh_wait_cycle_check(event.self);
	lh_event_end(&event);
	if (block())
		return false;
	lh_event_end_deadlock(&call);
	lh_event_clear_wait(event.self, event.live);
	return true;
}

/* As in cond_sem_once.c. */
static void wait_on_condition(unsigned lock)
{
	const struct lh_call call = call_of(lock, LH_EXCLUSIVE, LH_BLOCKING);
	struct lh_live_thread *live = lh_self_get()->live_saved;
	struct lh_event_frame event;

	lh_event_begin(&event, &call);
	struct lh_held *h = lh_held_find(live, call.object);
	h->flags |= LH_HELD_IN_COND_WAIT;
	lh_lock_row(h->lock)->owner = 0;
	lh_event_announce_wait(&event, LH_LOCK_ID(COND_ROW, 1),
			       LH_SITE(call.stack, LH_BLOCKING, LH_EXCLUSIVE), LH_WAIT_COND,
			       h->lock);
	lh_event_end(&event);
	sim_real->thread[me()].mine &= (uint8_t) ~(1u << lock);
	sim_release(lock);
	sim_real_wants(me(), lock, LH_EXCLUSIVE, (enum lh_how)SIM_SIGNALLED);
	block();
	lh_event_end_cond_wait(event.self, live);
	h->flags &= (uint16_t)~LH_HELD_IN_COND_WAIT;
	lh_lock_row(h->lock)->owner = event.self->number;
}

/* As in thread_life.c. */
static void cancel(unsigned thread)
{
	const struct lh_call call = call_of(0, LH_EXCLUSIVE, LH_BLOCKING);
	struct lh_event_frame event;

	__atomic_fetch_or(&LH_LIVE_THREADS[thread + 1].cancel, LH_CANCEL_PENDING, __ATOMIC_ACQ_REL);
	lh_event_begin(&event, &call);
	lh_deadlock_cancelled(event.self, &LH_LIVE_THREADS[thread + 1], 0);
	note_ended();
	lh_event_end(&event);
	sim_pause(AT_RMW);
	sim_real->thread[thread].cancelled = true;
}

/* False: the thread was cancelled. */
static bool run(const struct op *op, unsigned *late)
{
	switch (op->kind) {
	case 'L':
		acquire(op->object, LH_EXCLUSIVE, LH_BLOCKING, late);
		break;
	case 'R':
		acquire(op->object, LH_SHARED, LH_BLOCKING, late);
		break;
	case 'T':
		acquire(op->object, LH_EXCLUSIVE, LH_TIMED, late);
		break;
	case 'U':
		release(op->object, late);
		break;
	case 'J':
		return join(op->object);
	case 'C':
		wait_on_condition(op->object);
		break;
	case 'S':
		sim_pause(AT_RMW);
		sim_real->signals |= (uint8_t)(1u << op->object);
		break;
	case 'I':
		sim_pause(AT_OTHER);
		break;
	case 'X':
		cancel(op->object);
		break;
	default:
		abort();
	}
	return true;
}

void sim_body(unsigned t)
{
	unsigned late = NO_LOCK;
	const struct op *op = program->op[t];

	while (op->kind && run(op, &late))
		op++;
	for (unsigned lock = LOCKS; lock-- > 0;) /* cancelled: cleanup handlers release the locks */
		release(lock, &late);
	__atomic_store_n(&shared->live[t + 1].wait_lock, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&shared->live[t + 1].state, LH_LIVE_ENDING, __ATOMIC_RELEASE);
	sim_pause(AT_RMW);
	sim_real->thread[t].phase = ENDED;
}

/* ---- the tables ---- */

static void set_lock(uint32_t row, enum lh_kind kind, uint64_t address, uint32_t flags)
{
	shared->lock[row] = (struct lh_lock){
		.address = address, .kind = (uint8_t)kind, .gen = 1, .flags = flags, .stats = row};
}

static void set_up_locks(void)
{
	memset(object, 0, sizeof(object));
	for (uint32_t i = 0; i < LOCKS; i++) {
		set_lock(i + 1, kind_of[i], (uintptr_t)&object[i],
			 LH_LOCK_HAS_WRITERS | (i == LOCK_W ? LH_LOCK_PREFER_WRITER : 0));
		if (lh_glibc_unused(kind_of[i]))
			*(uint32_t *)(void *)((char *)&object[i] + lh_glibc_unused(kind_of[i])) =
				i + 1;
		sim_forget(&shared->lock[i + 1].acquired, 8);
	}
	set_lock(COND_ROW, LH_COND, LH_ADDRESS_NONE, 0);
	for (uint32_t t = 0; t < THREADS; t++) {
		set_lock(END_ROW + t, LH_THREAD_END, LH_ADDRESS_NONE, 0);
		shared->lock[END_ROW + t].initial = t + 1;
	}
}

static void set_up_threads(void)
{
	for (uint32_t t = 1; t <= THREADS; t++) {
		struct lh_live_thread *live = &shared->live[t];
		live->thread = t;
		live->state = t <= program->threads ? LH_LIVE_ATTACHED : LH_LIVE_FREE;
		shared->thread[t].live = t;
		shared->self[t].number = t;
		shared->self[t].sample = 1 << 20;
		shared->self[t].live = shared->self[t].live_saved = live;
		sim_forget(&live->wait_entries, 8);
	}
}

/* As in known_again.c. The thread holds the locks of `held`, the last one last. */
static void fill_entry(unsigned t, const struct lh_call *call, const struct lh_live_thread *held)
{
	struct lh_self *self = &shared->self[t + 1];
	lh_lock_id id = LH_LOCK_ID(lh_lock_find(call->object), 1);
	uint64_t top = lh_acquisition_top(held, held->held_n);
	uintptr_t key = lh_acquisition_key(call->frame, 0);
	struct lh_acquisition *a = lh_acquisition_at(self, key, call->frame, call->object, top);

	if (held->held_n && call->mode == LH_SHARED)
		return;
	*a = (struct lh_acquisition){.key = key,
				     .frame = call->frame,
				     .own = {id, LH_LOCK_ROW(id)},
				     .l = &shared->lock[LH_LOCK_ROW(id)],
				     .site = LH_SITE(t + 1, call->how, call->mode),
				     .x = &lh_no_context};
	a->state = lh_acquisition_free_state(a->l);
	memcpy(&a->top, &top, sizeof(top));
}

static void remove_held(struct lh_live_thread *held, unsigned lock)
{
	uint32_t n = held->held_n;

	held->held_n = 0;
	for (uint32_t i = 0; i < n; i++)
		if (LH_LOCK_ROW(held->held[i].lock) != lock + 1)
			held->held[held->held_n++] = held->held[i];
}

/* The acquisitions of the thread in the order of the program, each as if it succeeds. */
static void fill_cache(unsigned t)
{
	struct lh_live_thread held = {0};

	for (const struct op *op = program->op[t]; op->kind; op++) {
		if (op->kind == 'U')
			remove_held(&held, op->object);
		if (!strchr("LRT", op->kind))
			continue;
		struct lh_call call =
			call_of(op->object, op->kind == 'R' ? LH_SHARED : LH_EXCLUSIVE,
				op->kind == 'T' ? LH_TIMED : LH_BLOCKING);
		fill_entry(t, &call, &held);
		held.held[held.held_n++] = (struct lh_held){.lock = LH_LOCK_ID(op->object + 1, 1),
							    .chain = op->object + 1};
	}
}

void sim_set_up(const struct program *p)
{
	static const uint32_t none;

	if (!shared)
		shared = calloc(1, sizeof(*shared));
	if (program != p)
		sim_memory_init(shared, sizeof(*shared));
	program = p;
	memset(shared, 0, sizeof(*shared));
	memset(sim_real, 0, sizeof(*sim_real));
	lh_own_ledger.table[LH_T_LIVE_THREAD] = shared->live;
	lh_own_ledger.table[LH_T_LOCK] = shared->lock;
	lh_own_ledger.table[LH_T_THREAD] = shared->thread;
	lh_own_ledger.table[LH_T_LOCK_STATS] = shared->stats;
	lh_own_ledger.table[LH_T_FINDING] = finding;
	lh_own_ledger.table[LH_T_STEP] = step;
	lh_own_ledger.lock_row_mask = ROWS - 1;
	lh_own_ledger.tick = &none;
	n_findings = n_steps = 0;
	memset(finding, 0, sizeof(finding));
	set_up_locks();
	set_up_threads();
	for (unsigned t = 0; sim_cached && t < p->threads; t++)
		fill_cache(t);
	lh_wait_cycle_init();
	sim_threads_begin(p->threads, sim_body);
}

void sim_become(unsigned t)
{
	lh_self_offset = (intptr_t)((uintptr_t)&shared->self[t + 1] - (uintptr_t)&lh_self_none);
}

uint32_t *sim_wait_word(unsigned t)
{
	return &shared->live[t + 1].wait_seq;
}
