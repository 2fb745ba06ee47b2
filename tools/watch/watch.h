/*
 * watch.h — looks at every process of the run again and again: who holds what, and for how long.
 *
 * A thread of the front end. Reads the ledgers in place, asks /proc about threads that hold a
 * lock for long, takes a stack where that says more, and keeps what it finds beside the
 * ledger (ledger/overlay.h): long holds while they last, calls that block while a lock is held, and
 * a profile of who made whom wait. Prints nothing and writes into no ledger.
 *
 * - The program pays nothing but the stops of process/sample.h.
 * - A round is bounded: SEATS_MAX seats, SAMPLES_MAX stacks.
 * - Rounds follow each other by ROUND_NS while locks are held for longer than that, else by
 *   IDLE_NS; what is shorter is seen by chance, and its share is right only in the sum.
 */
#ifndef LH_WATCH_WATCH_H
#define LH_WATCH_WATCH_H

#include "tools/ledger/run_file.h"
#include "tools/ledger/overlay.h"

#include <sys/types.h>

struct lh_watch;
struct lh_watch_process;

struct lh_watch_options {
	uint64_t long_hold_ns, blocking_ns; /* 0 off */
	struct {
		const char *name; /* of locks, with * and ? */
		uint64_t ns;
	} lock[64]; /* long holds of these are longer or shorter */
	uint32_t locks;
	struct lh_run_header
		*run_header; /* whose tick is moved at each look; NULL: there is none */
	bool verbose;        /* also says what it did not call long, and why */
	int wake;            /* eventfd, raised when there is news */
};

enum lh_watch_event_kind { LH_WATCH_FOUND, LH_WATCH_ENDED, LH_WATCH_EXCUSED };

struct lh_watch_event {
	void *process;
	enum lh_watch_event_kind kind;
	uint32_t row;   /* of the finding; 0 with LH_WATCH_EXCUSED */
	char text[200]; /* of LH_WATCH_EXCUSED */
};

struct lh_watch *lh_watch_start(const struct lh_watch_options *); /* NULL: errno says why */
void lh_watch_stop(struct lh_watch *);

/*
 * One process more, its ledger mapped at `ledger`; `pid` 0: not one that we can look at
 * beyond its ledger. The mapping must stay until lh_watch_drop. NULL: no memory.
 */
struct lh_watch_process *lh_watch_add(struct lh_watch *, const void *ledger, size_t size, pid_t pid,
				      void *member);
/* It has ended: what is open is closed. What was found stays until lh_watch_forget. */
void lh_watch_drop(struct lh_watch *, struct lh_watch_process *);
void lh_watch_forget(struct lh_watch_process *);
/* Its process has ended: what the library held back and what has happened since, as it said that
 * it can, is taken back. */
void lh_watch_withdraw(struct lh_watch_process *);
/* NULL: nothing was found so far. */
const struct lh_overlay *lh_watch_overlay_of(struct lh_watch *, struct lh_watch_process *);

bool lh_watch_next_event(struct lh_watch *, struct lh_watch_event *); /* false: there is none */

#endif
