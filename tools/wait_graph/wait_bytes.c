/* wait_bytes.c — recognises the object of a futex wait by function names or by bytes, and reads the
 * lock's owner. */
#include "tools/wait_graph/wait_bytes.h"
#include "libcheck/lock/glibc_layout.h"
#include "tools/process/peek_python.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

enum { CALL_FRAMES = 10 }; /* library frames that are searched, from the system call up */

static uint32_t word_at(const struct lh_peek *p, uint64_t address)
{
	uint32_t word = 0;

	return lh_peek_read(p, address, &word, sizeof(word)) ? word : 0;
}

/* ---- by function name ---- */

static const struct {
	const char *part; /* of the function name */
	enum lh_kind kind;
	enum lh_mode mode;
} calls[] = {
	{"pthread_mutex_", LH_MUTEX, LH_EXCLUSIVE},
	{"mtx_lock", LH_MUTEX, LH_EXCLUSIVE},
	{"mtx_timedlock", LH_MUTEX, LH_EXCLUSIVE},
	{"rwlock_rdlock", LH_RWLOCK, LH_SHARED},
	{"rwlock_timedrdlock", LH_RWLOCK, LH_SHARED},
	{"rwlock_clockrdlock", LH_RWLOCK, LH_SHARED},
	{"rwlock_wrlock", LH_RWLOCK, LH_EXCLUSIVE},
	{"rwlock_timedwrlock", LH_RWLOCK, LH_EXCLUSIVE},
	{"rwlock_clockwrlock", LH_RWLOCK, LH_EXCLUSIVE},
	{"sem_wait", LH_SEM, LH_PERMIT},
	{"sem_timedwait", LH_SEM, LH_PERMIT},
	{"sem_clockwait", LH_SEM, LH_PERMIT},
	{"pthread_cond_", LH_COND, LH_EXCLUSIVE},
	{"cnd_wait", LH_COND, LH_EXCLUSIVE},
	{"cnd_timedwait", LH_COND, LH_EXCLUSIVE},
	{"pthread_barrier_wait", LH_BARRIER, LH_EXCLUSIVE},
	{"pthread_join", LH_THREAD_END, LH_EXCLUSIVE},
	{"pthread_timedjoin", LH_THREAD_END, LH_EXCLUSIVE},
	{"pthread_clockjoin", LH_THREAD_END, LH_EXCLUSIVE},
	{"thrd_join", LH_THREAD_END, LH_EXCLUSIVE},
	{"pthread_once", LH_ONCE, LH_EXCLUSIVE},
	{"call_once", LH_ONCE, LH_EXCLUSIVE},
	{"__cxa_guard_acquire", LH_GUARD, LH_EXCLUSIVE},
};

/* A function between the lock call and the system call, which does not tell the kind of lock. */
static bool is_step(const char *name)
{
	return !name || strcmp(name, "syscall") == 0 || strstr(name, "lll_lock") ||
	       strstr(name, "futex");
}

static bool is_system(const struct lh_peek *p, const struct lh_peek_module *m)
{
	static const char *const names[] = {"/libc.so",      "/libc-2.",   "/libpthread",
					    "/libstdc++.so", "/libc++.so", "/libc++abi",
					    "/liblockhound"};

	if (p->modules == 1)
		return true; /* a static program is one module */
	for (size_t i = 0; m && i < sizeof(names) / sizeof(*names); i++)
		if (strstr(m->path, names[i]))
			return true;
	return false;
}

/* FOREIGN: a function of another kind than these. OWN: the program called `syscall`. */
enum named { UNNAMED, NAMED, FOREIGN, OWN };

/* glibc makes its futex calls without `syscall`: who calls that has a lock of its own. */
static bool is_own_call(const char *name)
{
	return name && strcmp(name, "syscall") == 0;
}

static enum named by_name(const struct lh_peek *p, const struct lh_peek_task *t,
			  struct lh_hang_wait *w)
{
	bool own = false;

	for (uint32_t i = 0; i < t->frames && i < CALL_FRAMES; i++) {
		const struct lh_peek_frame *f = &t->frame[i];

		if (!is_system(p, f->module))
			return own ? OWN : UNNAMED;
		w->call = i;
		w->called = true;
		own |= is_own_call(f->name);
		if (is_step(f->name))
			continue;
		for (size_t k = 0; k < sizeof(calls) / sizeof(*calls); k++)
			if (strstr(f->name, calls[k].part)) {
				w->kind = calls[k].kind;
				w->mode = calls[k].mode;
				return NAMED;
			}
		return own ? OWN : FOREIGN;
	}
	return own ? OWN : UNNAMED;
}

/* ---- by bytes ---- */

static bool is_thread(const struct lh_peek *p, uint32_t tid)
{
	return tid && lh_peek_find(p, (pid_t)tid);
}

static bool is_mutex_kind(uint32_t kind)
{
	return (kind & ~(uint32_t)LH_GLIBC_KIND_ALL) == 0;
}

/* A wait as in pthread_mutex_lock: on the lock word, whose value says that a thread waits. */
static bool waits_as_mutex(const struct lh_peek *p, const struct lh_peek_task *t, int op)
{
	uint32_t kind = word_at(p, t->arg[0] + LH_GLIBC_MUTEX_KIND);
	uint32_t value = (uint32_t)t->arg[2];

	if (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2)
		return true;
	/* no owner without a user: the words of another kind of lock look so */
	if (!is_mutex_kind(kind) || (word_at(p, t->arg[0] + LH_GLIBC_MUTEX_OWNER) &&
				     !word_at(p, t->arg[0] + LH_GLIBC_MUTEX_USERS)))
		return false;
	return kind & LH_GLIBC_KIND_ROBUST ? value >> 31 : value == 2;
}

/* The lock has two futex words and begins at a multiple of 8: the address tells which one it is. */
static uint64_t rwlock_of(const struct lh_peek_task *t)
{
	return t->arg[0] - (t->arg[0] % 8 ? LH_GLIBC_RWLOCK_WRITERS : LH_GLIBC_RWLOCK_PHASE);
}

static enum lh_kind by_bytes(const struct lh_peek *p, const struct lh_peek_task *t, int op,
			     bool shared, bool stack)
{
	uint32_t value = (uint32_t)t->arg[2];

	if (waits_as_mutex(p, t, op))
		return LH_MUTEX;
	/* The kernel clears the word when the thread ends, and wakes without the private flag. */
	if (op == FUTEX_WAIT_BITSET && shared && is_thread(p, value))
		return LH_THREAD_END;
	if (op == FUTEX_WAIT_BITSET && (value == 2 || value == 3) &&
	    is_thread(p, word_at(p, rwlock_of(t) + LH_GLIBC_RWLOCK_WRITER)))
		return LH_RWLOCK;
	if (!stack)
		return LH_NOTHING;
	/* Waits inside C library functions that have no name. */
	if (op == FUTEX_WAIT_BITSET && value == 0 && word_at(p, t->arg[0] + LH_GLIBC_SEM_WAITERS))
		return LH_SEM;
	return op == FUTEX_WAIT && (value & 3) == LH_GLIBC_ONCE_BUSY ? LH_ONCE : LH_NOTHING;
}

/* ---- fields of the lock ---- */

static void read_mutex(const struct lh_peek *p, struct lh_hang_wait *w)
{
	uint32_t kind = word_at(p, w->address + LH_GLIBC_MUTEX_KIND);
	uint32_t word = word_at(p, w->address + LH_GLIBC_MUTEX_WORD);

	w->flags = lh_glibc_mutex_flags(kind);
	w->shared = kind & LH_GLIBC_KIND_SHARED;
	w->owner = (pid_t)word_at(p, w->address + LH_GLIBC_MUTEX_OWNER);
	/* In these kinds the lock word has the owner's tid; the owner field may lag behind. */
	if (kind & (LH_GLIBC_KIND_ROBUST | LH_GLIBC_KIND_INHERIT))
		w->owner = word & FUTEX_OWNER_DIED ? 0 : (pid_t)(word & FUTEX_TID_MASK);
}

static void read_rwlock(const struct lh_peek *p, struct lh_hang_wait *w)
{
	w->owner = (pid_t)word_at(p, w->address + LH_GLIBC_RWLOCK_WRITER);
	if (!w->owner)
		w->readers = lh_glibc_readers(word_at(p, w->address + LH_GLIBC_RWLOCK_READERS));
	w->flags = lh_glibc_rwlock_flags(word_at(p, w->address + LH_GLIBC_RWLOCK_FLAGS));
}

static void read_barrier(const struct lh_peek *p, struct lh_hang_wait *w)
{
	uint32_t in = word_at(p, w->address + LH_GLIBC_BARRIER_ARRIVED),
		 round = word_at(p, w->address + LH_GLIBC_BARRIER_ROUND);
	uint32_t count = word_at(p, w->address + LH_GLIBC_BARRIER_COUNT);

	if (count > in - round)
		w->missing = count - (in - round);
}

static bool locks_pi(const struct lh_peek_task *t)
{
	int op = (int)(t->arg[1] & FUTEX_CMD_MASK);

	return op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2;
}

/* The thread waits on one of the two words of signals, of which the first is aligned to 8 bytes. */
static uint64_t cond_of(const struct lh_peek *p, const struct lh_peek_task *t)
{
	uint64_t first = t->arg[0] - (t->arg[0] % 8 ? 4 : 0);

	return first - LH_GLIBC_COND_SIGNALS + (p->libc >= 41 ? LH_GLIBC_COND_SHIFT : 0);
}

static void read_lock(const struct lh_peek *p, const struct lh_peek_task *t, struct lh_hang_wait *w)
{
	switch (w->kind) {
	case LH_MUTEX:
		read_mutex(p, w);
		break;
	case LH_RWLOCK:
		w->address = rwlock_of(t);
		read_rwlock(p, w);
		break;
	case LH_COND:
		w->address = cond_of(p, t);
		break;
	case LH_BARRIER:
		w->address = t->arg[0] - LH_GLIBC_BARRIER_ROUND;
		read_barrier(p, w);
		break;
	case LH_THREAD_END:
		w->owner = (pid_t)word_at(p, t->arg[0]);
		break;
	case LH_FUTEX: /* the kernel wants the owner there for its own kinds only */
		if (locks_pi(t))
			w->owner = (pid_t)(word_at(p, t->arg[0]) & FUTEX_TID_MASK);
		break;
	default:
		break;
	}
}

/* A wait for the GIL has no time limit, but its condition waits have. */
static void read_gil(const struct lh_peek *p, struct lh_hang_wait *w)
{
	const struct lh_peek_gil *gil = w->kind == LH_COND ? lh_peek_gil_of(p, w->address) : NULL;

	if (!gil)
		return;
	w->kind = LH_GIL;
	w->address = gil->at;
	w->owner = gil->holder;
	w->timed = false;
}

static bool waits_on_futex(const struct lh_peek_task *t, int *op)
{
	if (!t->blocked || t->call != SYS_futex)
		return false;
	*op = (int)(t->arg[1] & FUTEX_CMD_MASK);
	return *op == FUTEX_WAIT || *op == FUTEX_WAIT_BITSET || *op == FUTEX_LOCK_PI ||
	       *op == FUTEX_WAIT_REQUEUE_PI || *op == FUTEX_LOCK_PI2;
}

/* Private memory has no futex that another process can wake. */
static bool may_be_shared(const struct lh_peek *p, uint64_t address)
{
	const struct lh_peek_map *m = lh_peek_map_at(p, address);

	return !m || m->shared;
}

bool lh_hang_wait_of(const struct lh_peek *p, const struct lh_peek_task *t, struct lh_hang_wait *w)
{
	enum named named;
	uint32_t word;
	int op;

	memset(w, 0, sizeof(*w));
	if (!waits_on_futex(t, &op))
		return false;
	w->timed = t->arg[3] != 0;
	w->shared = !(t->arg[1] & FUTEX_PRIVATE_FLAG);
	w->address = t->arg[0];
	w->unread = !lh_peek_read(p, w->address, &word, sizeof(word));
	if (lh_hang_wait_in_glib(t, op, w) || lh_hang_wait_in_libgomp(p, t, op, w))
		return true;
	named = by_name(p, t, w);
	if (named == OWN)
		w->kind = LH_FUTEX;
	else if (named == UNNAMED)
		w->kind = by_bytes(p, t, op, w->shared, t->frames > 0);
	/* After a condition wait the thread acquires the mutex again, in a function that has no
	 * name. */
	else if (w->kind == LH_COND && waits_as_mutex(p, t, op) && op != FUTEX_WAIT_BITSET)
		w->kind = LH_MUTEX;
	else if (w->kind == LH_MUTEX && !waits_as_mutex(p, t, op))
		w->kind = LH_NOTHING;
	if (w->kind == LH_RWLOCK && named == UNNAMED && t->arg[0] % 8 == 0 && t->arg[2] & 1)
		w->mode = LH_SHARED;
	/* libstdc++ never sets the private flag */
	if ((w->kind == LH_FUTEX || w->kind == LH_NOTHING) && w->shared)
		w->shared = may_be_shared(p, w->address);
	read_lock(p, t, w);
	lh_hang_rename_for_glib(p, t, w);
	read_gil(p, w);
	return true;
}

/* ---- initialisers ---- */

/* True if a frame of the C library contains this address. The frame of glibc's pthread_once has the
 * address of the control block, for the case that the routine is cancelled. */
static bool stores_address(const struct lh_peek *p, const struct lh_peek_task *t, uint64_t address)
{
	for (uint32_t i = 1; i < t->frames; i++) {
		const struct lh_peek_frame *f = &t->frame[i];
		uint64_t low = t->frame[i - 1].cfa, value;

		if (!is_system(p, f->module) || !low)
			continue;
		for (uint64_t at = low; at + 8 <= f->cfa && at + 8 <= t->stack_at + t->stack_n;
		     at += 8) {
			memcpy(&value, t->stack + (at - t->stack_at), sizeof(value));
			if (value == address)
				return true;
		}
	}
	return false;
}

static bool is_inside(const struct lh_peek_task *t, uint64_t function)
{
	for (uint32_t i = 0; i < t->frames; i++)
		if (t->frame[i].function == function)
			return true;
	return false;
}

/* The function with the static variable: the caller of the guard function in the stack. */
static uint64_t guarded(const struct lh_peek_task *t, const struct lh_hang_wait *w)
{
	return w->called && w->call + 1 < t->frames ? t->frame[w->call + 1].function : 0;
}

const struct lh_peek_task *lh_once_owner(const struct lh_peek *p, const struct lh_peek_task *waiter,
					 const struct lh_hang_wait *w)
{
	uint64_t function = w->kind == LH_GUARD ? guarded(waiter, w) : 0;
	const struct lh_peek_task *found = NULL;

	for (uint32_t i = 0; i < p->tasks; i++) {
		const struct lh_peek_task *t = &p->task[i];
		struct lh_hang_wait other;

		if (lh_hang_wait_of(p, t, &other) && other.kind == w->kind &&
		    other.address == w->address)
			continue;
		if (w->kind == LH_ONCE ? !stores_address(p, t, w->address)
				       : !function || !is_inside(t, function))
			continue;
		if (found)
			return NULL;
		found = t;
	}
	return found;
}
