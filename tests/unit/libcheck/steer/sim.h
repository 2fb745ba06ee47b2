/*
 * sim.h — a simulator of lock programs: random programs, the cycles that one run predicts, all
 * states that a program can reach, and steered runs.
 *
 * The truth about a cycle is found without steer.c: by exploring every schedule. A steered run
 * calls steer.c as the library does, from a scheduler that takes the place of the system.
 */
#ifndef SIM_H
#define SIM_H

#include "libcheck/steer/steer.h"
#include "tools/confirm/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 5, OPS = 40, LOCKS = 5, SEMS = 2, PARTS = 5, NO_HOLD = 255, CYCLES = 48 };

/* ---- programs ---- */

enum op_kind {
	OP_END,
	OP_LOCK,
	OP_TRY, /* goes to `target` if the lock is not free */
	OP_UNLOCK,
	OP_POST,
	OP_WAIT,
	OP_TIMED, /* waits for a semaphore, and goes to `target` if none was posted in time */
	OP_SET,
	OP_SPIN, /* reads data until the flag is set: the library sees neither */
	OP_PUSH, /* a counter under a condition */
	OP_POP,
	OP_OPEN, /* a flag under a condition, with broadcast */
	OP_PASS,
	OP_SHUT,   /* the flag is no longer set: a thread that comes to OP_PASS now waits */
	OP_ARRIVE, /* at the barrier */
	OP_LEAVE,  /* directly after OP_ARRIVE */
	OP_CREATE,
	OP_JOIN,
	OP_SLEEP,
	OP_ONLY, /* in round `object`; goes to `target` in others */
	OP_KINDS
};

struct op {
	uint8_t kind, object, shared, target;
};

struct function {
	struct op op[OPS];
	uint8_t n, rounds;
};

enum lock_kind { LOCK_PLAIN, LOCK_RW, LOCK_RW_WRITERS_FIRST };

struct program {
	uint8_t threads, functions, locks;
	uint8_t runs[THREADS];  /* function */
	uint8_t shift[THREADS]; /* the thread's locks are other instances */
	uint8_t created;        /* mask: threads that thread 0 creates; the others are there */
	uint8_t lock_kind[LOCKS];
	uint8_t sem[SEMS], barrier; /* permits; threads that the barrier waits for */
	uint8_t speed[THREADS];     /* the order in which a biased scheduler prefers them */
	bool biased;
	struct function function[THREADS];
};

void program_random(struct program *, uint64_t seed);
/* One text for each thread, NULL after the last; the first thread is the fastest one if `biased`.
 * Operations are those of op_kind, with a number; `try 0 { ... }` is a block that may be skipped.
 */
void program_parse(struct program *, const char *const *thread, bool biased);
void program_print(const struct program *);
uint32_t random_below(uint64_t *rng, uint32_t n);

/* ---- states ---- */

struct state {
	uint8_t pc[THREADS], round[THREADS];
	uint8_t lock[LOCKS]; /* mask of the holders; EXCLUSIVE */
	uint8_t sem[SEMS], queue, flags, arrived;
	uint8_t leaving, queued, started; /* masks of threads */
	uint8_t pad;
};

enum { EXCLUSIVE = 0x80, GATE_BIT = 4 };

void state_init(const struct program *, struct state *);
const struct op *op_of(const struct program *, const struct state *, unsigned t);
unsigned lock_of(const struct program *, unsigned t, const struct op *);
bool has_ended(const struct program *, const struct state *, unsigned t);
/* Can the thread take its next step, apart from giving up or waiting in a queue? */
bool is_enabled(const struct program *, const struct state *, unsigned t);
void take_step(const struct program *, struct state *, unsigned t); /* if it is enabled */
void give_up(const struct program *, struct state *, unsigned t);   /* OP_TIMED */
bool is_writer_to_queue(const struct program *, const struct state *, unsigned t);
bool has_queued_writer(const struct program *, const struct state *, unsigned lock, unsigned but);

/* ---- cycles ---- */

struct part {
	uint8_t function, want, hold; /* operations; hold: NO_HOLD for the end of the thread */
	uint8_t n, chain[LOCKS];      /* operations that acquire the held locks */
	bool writer;
};

struct cycle {
	uint8_t n, writers;
	struct part part[PARTS + 1];
};

/* The operations before `pc` whose locks are held there. */
uint8_t held_at(const struct function *, unsigned pc, uint8_t *chain);
/* The object that the thread wants at this operation: a lock, or the end of a thread. */
unsigned wanted_at(const struct program *, unsigned t, unsigned pc);
bool is_closed(const struct program *, const struct state *, const struct cycle *);
/* The cycles that a run predicts in which thread t came to operation pc if visited[t][pc]. */
uint32_t predict(const struct program *, bool visited[THREADS][OPS], struct cycle *);
void cycle_print(const struct program *, const struct cycle *);

struct truth {
	bool real;            /* some schedule closes the cycle */
	bool stuck_elsewhere; /* some schedule ends the program in another deadlock */
};

/* One truth for each cycle. False: too many states. */
bool explore(const struct program *, const struct cycle *, uint32_t n, struct truth *);

/* ---- runs ---- */

/* Rules that a test breaks on purpose. */
enum broken {
	BROKEN_NOTHING,
	BROKEN_TAKES, /* nobody tells who has taken what others wait for */
	BROKEN_TRIES, /* nor who has tried */
	BROKEN_ONCE,  /* one attempt counts as three */
	BROKEN_ALL,   /* a barrier needs each of the threads that use it, however many they are */
	BROKENS
};

struct run {
	const struct program *program;
	const struct cycle *cycle; /* NULL: not steered */
	struct lh_steer *steer;
	uint64_t seed;
	uint32_t limit; /* of a pause, in steps */
	enum broken broken;
	bool trace;
};

/* Returns whether the run ended in the cycle. `visited` and `complete` may be NULL; a run is
 * complete if no thread waits for a lock or a thread at its end. */
bool run_program(const struct run *, bool visited[THREADS][OPS], bool *complete);
/* Steers up to ten runs into the cycle of `like`, each with another seed. */
struct lh_outcome confirm_cycle(const struct run *like);
void plan_of(const struct cycle *, enum lh_steer_mode, struct lh_plan_cycle *);

#endif
