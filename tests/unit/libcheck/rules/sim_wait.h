/*
 * sim_wait.h — threads that wait for locks, in every order of their single loads and stores.
 *
 * The threads run the code of the library (wait_cycle.c, known_wait.c, cached_wait.c, the inlined
 * events). It is compiled with -fsanitize=thread, so the compiler calls a function before each load
 * and store, and sim_memory.c defines these functions. A store goes into the thread's store buffer;
 * a load from a word that another thread writes lets any other thread run first. sim_explore.c
 * tries all orders, or random ones. sim_check.c has the locks as they really are, and says what
 * must hold.
 *
 *   sim_memory.c    store buffers, threads as coroutines, the state of all that they can change
 *   sim_check.c     the real locks; is a report true, is a deadlock missed
 *   sim_threads.c   what the threads run: the events of the library, around the real calls
 *   sim_explore.c   all orders, or random ones
 *
 * The memory is that of x86: stores become visible in their order, later. With `weak` they become
 * visible in any order, but for release stores and two stores to one word. Loads are not reordered.
 */
#ifndef SIM_WAIT_H
#define SIM_WAIT_H

#include "libcheck/events/events.h"

enum { THREADS = 4, LOCKS = 8, OPS = 16, STORES = 48, STACK = 16384, FINDINGS = 8 };

/* The locks by their letters: A to C mutexes, R a rwlock, W one that prefers writers, P a
 * semaphore, F a lock that cannot be tried, G one that is announced by lh_on_wait_begin_free. */
enum lock_name { LOCK_A, LOCK_B, LOCK_C, LOCK_R, LOCK_W, LOCK_P, LOCK_F, LOCK_G, NO_LOCK };

/*
 * A program: the operations of each thread, the threads separated by `|`. A acquires the lock A, a
 * releases it; rR acquires R shared, tA with a time limit, j2 joins the second thread, cA waits on
 * a condition with the mutex A, sA signals that condition, x2 cancels the second thread; i goes on
 * while another thread has the internal lock.
 */
struct op {
	char kind; /* L lock, R read, T timed, U unlock, J join, C condition, S signal, X cancel, I;
		      0 end */
	uint8_t object; /* the lock or the thread */
};
struct program {
	const char *text;
	unsigned threads;
	struct op op[THREADS][OPS + 1];
};

/* What is wrong on purpose, so that the test shows that it would be found. */
struct broken {
	bool no_fence;      /* the fence does nothing */
	bool late_announce; /* the wait becomes visible after the search */
	bool no_joined;     /* `joined` is never seen */
	bool late_hold;     /* the hold is recorded after the next wait was announced */
	bool one_search;    /* the second search sees what the first one saw */
	bool late_release;  /* the hold is removed after the lock was released */
	bool twice;         /* which deadlocks were reported is not known */
};

/* ---- sim_memory.c ---- */

enum pause {
	AT_START,
	AT_LOAD,
	AT_FENCE,    /* goes on with an empty store buffer */
	AT_RMW,      /* the same: a real lock operation, or an atomic one */
	AT_INTERNAL, /* goes on when the internal lock is free */
	AT_OTHER,    /* goes on when another thread has the internal lock */
	AT_BLOCKED,  /* goes on when its wait is over */
	AT_END
};

struct store {
	uint32_t *at; /* NULL: releases the real lock `value` */
	uint64_t value, old;
	uint8_t size;
	bool release;
};

/* The part of a thread's state that is not in memory which the library changes. */
struct sim_thread {
	enum pause pause;
	uint32_t n_stores, number;
	uint32_t *loads; /* AT_LOAD: the word */
	bool holds_back; /* broken.late_announce: no store becomes visible now */
	struct store store[STORES];
	void *jump[8];
};

extern struct sim_thread *sim_thread; /* [THREADS] */
extern const struct broken *sim_broken;
extern bool sim_weak, sim_learned;
extern unsigned sim_running;

void sim_memory_init(void *shared, size_t size);
void sim_threads_begin(unsigned n, void (*body)(unsigned));
void sim_resume(unsigned t);
/*
 * May this store become visible now, and does it matter? A store commutes with all that other
 * threads do until one of them is about to load its word, or to try the lock that it releases, and
 * with all that its own thread does until that needs an empty buffer. So it waits until then.
 */
bool sim_can_store(unsigned t, unsigned i);
bool sim_stores_matter(unsigned t);
void sim_do_store(unsigned t, unsigned i);
void sim_pause(enum pause why);  /* the running thread stops here */
void sim_release(unsigned lock); /* a release store of the real lock */
void sim_hold_back(bool on);
void sim_replay(bool on); /* broken.one_search: loads see again what they saw first */
void sim_forget(const void *at, size_t size); /* these words are no part of the state */

struct sim_state;
struct sim_state *sim_save(void);
void sim_restore(const struct sim_state *s);
uint64_t sim_hash(const struct sim_state *s);

/* ---- sim_check.c ---- */

enum phase { RUNS, WANTS, BLOCKED, ENDED };

struct real {
	struct {
		uint8_t writer, readers; /* thread + 1; bits */
	} lock[LOCKS];
	uint8_t internal; /* thread + 1 that holds the internal lock */
	struct {
		uint8_t phase, want, mode, how, result, mine; /* result: of the wait; mine: held */
		uint8_t later; /* waiting threads that passed their fences before this one */
		bool cancelled, fenced, asked; /* fenced: the wait is visible */
	} thread[THREADS];
	struct {
		uint8_t n, thread[THREADS], lock[THREADS];
		bool ended;
	} finding[FINDINGS];
	uint8_t findings, signals; /* signals: conditions that were signalled */
};
extern struct real *sim_real;
extern const char *sim_violation; /* the first thing that was wrong */

enum { INTERNAL = LOCKS, END_LOCK }; /* END_LOCK + t: the end of thread t */
enum { SIM_SIGNALLED = 15 };         /* `how` of a wait on a condition: a signal comes first */
bool sim_real_try(unsigned t, unsigned lock, enum lh_mode mode);
void sim_real_release(unsigned t, unsigned lock);
void sim_real_wants(unsigned t, unsigned lock, enum lh_mode mode, enum lh_how how);
void sim_real_fence(unsigned t); /* the announced wait is visible */
void sim_real_withdraw(unsigned t);
bool sim_real_is_over(unsigned t); /* can the wait of a blocked thread end with success? */
bool sim_is_cancelled(unsigned t);
void sim_check_no(unsigned t); /* the search said that there is no cycle */
void sim_check_report(void);   /* the newest finding */
void sim_check_end(void);      /* no thread can go on */

/* ---- sim_threads.c ---- */

/* Each thread has made all its acquisitions before, and has them in its acquisition cache. */
extern bool sim_cached;
extern uint64_t sim_cached_waits; /* that were found there */
void sim_set_up(const struct program *p);
void sim_body(unsigned t);
void sim_become(unsigned t); /* lh_self_get is of this thread */

uint32_t *sim_wait_word(unsigned t); /* a search loads it when it comes to the wait of thread t */

/* ---- sim_explore.c ---- */

struct outcome {
	const char *violation;    /* NULL: everything holds */
	bool complete;            /* all orders were tried */
	uint64_t states, reports; /* states, or random runs */
};
enum { ANY_SWITCHES = 99 };
/* All orders in which a thread that could go on is interrupted at most so often. */
struct outcome sim_all(const char *text, const struct broken *broken, bool weak, unsigned switches);
struct outcome sim_random(const char *text, const struct broken *broken, bool weak, unsigned runs);

/* One order: each thread runs until it stops there; `seen`: about to load the wait of this thread.
 * Its stores are visible then. At the end all threads go on in any order. */
struct stop {
	unsigned thread;
	enum pause at;
	unsigned seen;
};
struct outcome sim_stops(const char *text, const struct stop *stops, unsigned n);

#endif
