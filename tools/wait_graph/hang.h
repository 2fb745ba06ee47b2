/*
 * hang.h — the wait-for graph of one process at one moment: who holds, who waits, who is
 * deadlocked.
 *
 * Combines what process/peek.h reads from outside with the ledger, if the library is in the
 * process; solves the graph (solve.h); writes the findings into a snapshot ledger, so that every
 * report can show them. Prints nothing: tools/hang/ writes the text.
 *
 *   hang.c            threads and waits, in two scans
 *   wait_bytes.c      what a thread waits for, from its system call, stack and lock bytes
 *   edges_bytes.c     edges, from the ledger or from the locks' bytes
 *   likely.c          cycles through a futex whose owner is not certain
 *   hang_findings.c   rows of the findings of the solved graph (findings.h)
 *   signals.c         who has signalled a condition
 *   merge.c           waits for locks of other processes
 *   processes.c       which other processes matter, and their inspection
 *   shm_key.c         the location of a process-shared lock
 *   foreign_ledger.c  rows of other processes in the snapshot
 *
 * - A thread counts as blocked only if both scans find the same wait and the thread did not run in
 *   between. Locks are read after the first scan and before the second. So all threads of a cycle
 *   slept while the owners were read, and only these threads could have changed the owners.
 * - A thread is stopped only if a deadlock looks possible, if its wake-up may have been lost, or if
 *   all stacks are wanted.
 */
#ifndef LH_WAIT_GRAPH_HANG_H
#define LH_WAIT_GRAPH_HANG_H

#include "tools/process/snapshot_ledger.h"
#include "tools/wait_graph/solve.h"
#include "tools/wait_graph/wait_bytes.h"

enum {
	LH_HANG_STARVED_S = 3,    /* seconds to wait for threads that get no CPU time */
	LH_HANG_WAITERS_MAX = 64, /* without a deadlock: waiting threads whose stack is read */
};

struct lh_hang_thread {
	lh_thread_id id; /* in the snapshot */
	pid_t tid;
	bool ended;     /* it has ended; a lock still names it */
	bool waiting;   /* in a wait for a lock, thread, condition and so on */
	bool unchanged; /* the same wait in both scans */
	struct lh_hang_wait wait;
	lh_lock_id lock;   /* 0: unknown */
	lh_site site;      /* stack and mode of the wait */
	lh_stack_id stack; /* where it is now, waiting or not; 0: unknown */
	const char *doing; /* not waiting: what it does, as "sleeps"; NULL: unknown */
	uint64_t ns;       /* duration of the wait, 0: unknown */
	pid_t foreign_tid; /* owner in another process, not found there; 0: none */
	bool owner_gone;   /* no thread has this tid, as far as we can see */
	const struct lh_peek *foreign_process; /* its process; NULL: the inspected process */
	uint32_t *blockers, n_blockers;        /* indices of the threads that it waits for */
	lh_stack_id signalled; /* wait on a condition: a call that signalled it; 0: unknown */
	bool never_signalled;  /* no thread has signalled it since the library was loaded */
	const struct lh_peek_task *task;
	const struct lh_live_thread *live; /* its row in the ledger, NULL: none */
};

struct lh_hang_hold {
	uint32_t thread;
	lh_lock_id lock;
	lh_site site; /* 0: unknown */
	uint64_t ns;  /* duration of the hold, 0: unknown */
};

struct lh_hang {
	struct lh_arena *arena;
	struct lh_peek *peek;
	struct lh_snapshot snapshot;
	struct lh_ledger_view *ledger; /* of the library, NULL: not there */
	struct lh_live_thread *live;   /* copies of all live-thread rows at the last scan */
	uint32_t live_threads;
	const struct lh_live_thread *before; /* the copies of the scan before */
	uint32_t n_before;
	uint64_t now_ns; /* on the ledger's clock */
	struct lh_hang_thread *thread;
	uint32_t threads;
	struct lh_hang_hold *hold;
	uint32_t holds;
	struct lh_wait_node *node; /* one for each thread */
	uint32_t cycles;
	const char **message; /* of finding i + 1; NULL: the message of its rule */
	uint32_t messages;
	bool all_blocked; /* every thread is deadlocked */
	bool idle;        /* all_blocked without a finding, but a signal handler may end a wait */
	struct lh_hang_processes *processes; /* other processes, NULL: none */
};

/* Compares two scans and solves the graph. False: peek->error has the reason. `all`: stacks of all
 * threads. `ledger`: a live ledger that is mapped already; NULL: looks for one. */
bool lh_hang_inspect(struct lh_hang *, struct lh_peek *, const struct lh_ledger_view *ledger,
		     bool all);
/* The same from a ledger alone, of a process that may have ended. Fills the peek; close both as
 * after lh_hang_inspect. */
void lh_hang_from_ledger(struct lh_hang *, struct lh_peek *, const struct lh_ledger_view *);
void lh_hang_close(struct lh_hang *);

/* A second inspection in two halves, so that several processes can be inspected at one moment:
 * lh_hang_inspect_again reads the waits and the locks, lh_hang_is_unchanged then finds which
 * threads have not moved and solves the graph. False: the process ended, or runs another program.
 */
bool lh_hang_inspect_again(struct lh_hang *);
bool lh_hang_is_unchanged(struct lh_hang *);
/* Reads the stack of the thread, and the Python frames on it. */
void lh_hang_unwind(struct lh_hang *, const struct lh_hang_thread *);

bool lh_hang_waits_without_limit(const struct lh_hang_thread *);
/* The thread waits without a limit, and another thread waits for it, or no other in the same way.
 */
bool lh_hang_may_be_lost(const struct lh_hang *, uint32_t thread);

/* signals.c: fills in who has signalled the conditions on which threads wait. */
void lh_hang_read_signals(struct lh_hang *);

/* merge.c: the owner of a process-shared lock may be in another process. Inspects the processes
 * that map the same memory, and adds their threads that wait or hold. Returns how many processes;
 * UINT32_MAX: the first process ended meanwhile. */
uint32_t lh_hang_merge_processes(struct lh_hang *);
/* The address of a lock of the snapshot: "0x7f00", "0x7f00, 0x40 in the shared memory
 * /dev/shm/bank" */
const char *lh_hang_address_text(const struct lh_hang *, struct lh_arena *, uint64_t address);
/* Closes the other processes. Call before lh_hang_close. */
void lh_hang_drop_processes(struct lh_hang *);

/* edges_bytes.c: fills thread->blockers and the holds, and solves the graph. */
void lh_hang_edges(struct lh_hang *);
void lh_hang_solve(struct lh_hang *); /* solves the graph of thread->blockers */
void lh_hang_add_edge(struct lh_hang *, uint32_t thread, uint32_t blocker);
/* Adds all locks that are held according to the ledger, also those that no thread waits for. */
void lh_hang_hold_all(struct lh_hang *);
const struct lh_hang_hold *lh_hang_hold_of(const struct lh_hang *, uint32_t thread, lh_lock_id);
bool lh_hang_holds(const struct lh_hang *, uint32_t thread);  /* anything */
uint32_t lh_hang_task(const struct lh_hang *, pid_t own_tid); /* a live thread; UINT32_MAX: none */

/* hang_findings.c: adds the findings of the graph to the snapshot; returns how many. */
uint32_t lh_hang_find(struct lh_hang *);
/* Adds a step: what the thread holds, or what it waits for. */
void lh_hang_put_hold(struct lh_hang *, struct lh_finding *, uint32_t thread, lh_lock_id);
void lh_hang_put_wait(struct lh_hang *, struct lh_finding *, const struct lh_hang_thread *);

/* likely.c: adds the likely findings, if lh_hang_find has found none. */
void lh_hang_find_likely(struct lh_hang *);

#endif
