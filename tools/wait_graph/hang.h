/*
 * hang.h — who holds, who waits, and which of them wait for ever, in one process at one moment.
 *
 * Brings together what can be seen from outside (process/peek.h) and what the library wrote down
 * if it is in the process; judges (solve.h); leaves the findings in a ledger, so that
 * every view can show them. Prints nothing: the text is that of tools/hang/.
 *
 * - A thread counts as waiting only if two looks show the same wait and it did not run in
 *   between; locks are read after the first look and before the second. So what is called
 *   a circle stood still as a whole: each in it slept while the owners were read, and only
 *   they could have changed them.
 * - No thread is stopped unless something looks stuck, or stacks were asked for.
 */
#ifndef LH_WAIT_GRAPH_HANG_H
#define LH_WAIT_GRAPH_HANG_H

#include "tools/process/snapshot_ledger.h"
#include "tools/wait_graph/solve.h"
#include "tools/wait_graph/wait_bytes.h"

enum { LH_HANG_STARVED_S = 3 }; /* so long is waited for threads that get no processor */

struct lh_hang_thread {
	lh_thread_id id; /* in the book */
	pid_t tid;
	bool ended;     /* no thread any more: a lock still names it */
	bool waiting;   /* in a wait for a lock, thread, condition and so on */
	bool unchanged; /* the same wait in both looks */
	struct lh_hang_wait wait;
	lh_lock_id lock;   /* 0 not known */
	lh_site site;      /* stack and mode of the wait */
	lh_stack_id stack; /* what it does now, waiting or not; 0 not known */
	const char *doing; /* not waiting: "sleeps", NULL not known */
	uint64_t ns;       /* has waited so long, 0 not known */
	pid_t foreign_tid; /* it waits for this thread of another process, which was not found */
	bool owner_gone;   /* nor does it exist, as far as we can see */
	const struct lh_peek
		*foreign_process; /* it is a thread of that process; NULL: of the one looked at */
	uint32_t *blockers, n_blockers; /* those who hold it: indices */
	const struct lh_peek_task *task;
	const struct lh_live_thread *live; /* as the library saw it, NULL not at all */
};

struct lh_hang_hold {
	uint32_t thread;
	lh_lock_id lock;
	lh_site site; /* 0 not known */
	uint64_t ns;  /* for so long, 0 not known */
};

struct lh_hang {
	struct lh_arena *arena;
	struct lh_peek *peek;
	struct lh_snapshot snapshot;
	struct lh_ledger_view *ledger; /* of the library, NULL it is not there */
	struct lh_live_thread *live;   /* copies of all, as they were at the second look */
	uint32_t live_threads;
	uint64_t now_ns; /* on the ledger's clock */
	struct lh_hang_thread *thread;
	uint32_t threads;
	struct lh_hang_hold *hold;
	uint32_t holds;
	struct lh_wait_node *node; /* one for each thread */
	uint32_t cycles;
	const char **message; /* of finding i + 1 when the general words do not fit, NULL */
	uint32_t messages;
	bool all_blocked; /* every thread is blocked for good */
	bool idle;        /* and there is no circle, and a signal handler may change it */
	struct lh_hang_processes *processes; /* other processes, NULL none */
};

/*
 * Both looks and the judgement. False: peek->why tells. `all`: stacks of all threads. `ledger`: a
 * live one that is mapped here already; NULL: it is looked for.
 */
bool lh_hang_inspect(struct lh_hang *, struct lh_peek *, const struct lh_ledger_view *ledger,
		     bool all);
/*
 * As it stood: from a ledger alone, of a process that may be gone. The peek is made here; both
 * are closed as usual.
 */
bool lh_hang_from_ledger(struct lh_hang *, struct lh_peek *, const struct lh_ledger_view *);
void lh_hang_close(struct lh_hang *);

/* The same once more: waits, and what the locks say; then who did not move, and whom each waits
 * for. Between the two several processes can be asked. False: it ended, or became another program.
 */
bool lh_hang_inspect_again(struct lh_hang *);
bool lh_hang_is_unchanged(struct lh_hang *);

/*
 * merge.c: where a lock is process-shared, whoever holds it may live elsewhere: looks at the
 * processes that map the same memory, and adds those of their threads that wait or hold. How
 * many processes; UINT32_MAX: the one looked at ended meanwhile.
 */
uint32_t lh_hang_merge_processes(struct lh_hang *);
/* Where a lock of the book lies: "0x7f00", "0x7f00, 0x40 in the shared memory /dev/shm/bank" */
const char *lh_hang_address_text(const struct lh_hang *, struct lh_arena *, uint64_t address);
/* Closes the other processes; before lh_hang_close. */
void lh_hang_drop_processes(struct lh_hang *);

/* edges_bytes.c: whom each thread waits for: thread->on, holds and graph. */
void lh_hang_edges(struct lh_hang *);
void lh_hang_solve(struct lh_hang *); /* the graph of thread->on */
void lh_hang_add_edge(struct lh_hang *, uint32_t thread, uint32_t who);
/* Also what nobody waits for: all that the library knows to be held. */
void lh_hang_hold_all(struct lh_hang *);
const struct lh_hang_hold *lh_hang_hold_of(const struct lh_hang *, uint32_t thread, lh_lock_id);
uint32_t lh_hang_task(const struct lh_hang *, pid_t inner); /* a thread that lives; UINT32_MAX */

/* hang_findings.c: circles and dead ends as findings of the book; how many. */
uint32_t lh_hang_find(struct lh_hang *);

#endif
