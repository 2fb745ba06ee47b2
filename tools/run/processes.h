/*
 * processes.h — the processes of a run that have a slot, from arrival to end.
 *
 * Finds who came, keeps their memory ahead of their need, yields their findings one
 * by one, and puts the ledger of each that ended into the store, in the saved format.
 * Does not render, judge, wait for or signal anyone.
 *
 * - A member's place is its slot; members are never freed before the run is over, so
 *   a pointer to one is good for the whole run.
 * - Everything in a ledger is the program's word: a pid in it only counts when such a
 *   process runs the program that the ledger names.
 * - One look is bounded work: BATCH members, whatever their number.
 */
#ifndef LH_RUN_PROCESSES_H
#define LH_RUN_PROCESSES_H

#include "tools/ledger/run_file.h"
#include "tools/ledger/reader.h"

#include <sys/types.h>

enum lh_run_process_state { LH_RUN_STARTING, LH_RUN_ALIVE, LH_RUN_ENDED };

struct lh_run_process {
	enum lh_run_process_state state;
	uint32_t slot;
	int32_t pid;
	int pidfd; /* readable once it has ended; -1: there is none, it is asked for by its number
		    */
	struct lh_ledger *mapped;
	size_t size;
	struct lh_ledger_view ledger;
	struct lh_watch_process *watched; /* whoever looks on keeps it here */
	bool foreign;      /* its pid is of another namespace: only the run's end is its end */
	uint32_t reported; /* findings handed out, row 0 included */
	uint32_t name;     /* thread row whose name is looked at next */
};

struct lh_run {
	struct lh_run_file file;
	int epoll;       /* members' pidfds, data.ptr the member */
	int store;       /* ledgers of those that ended */
	int store_error; /* errno of the first one that could not be kept, 0 */
	struct lh_run_process **process;
	uint32_t n, capacity;       /* by slot */
	uint32_t *alive_slots;      /* slots of those present */
	uint32_t alive, turn;       /* whose turn it is */
	uint32_t arriving, settled; /* slots below `settled` have all arrived */
	uint32_t *ended_slots, n_ended_slots,
		released; /* slots in the order in which their processes ended */
	struct {
		pid_t pid;
		int status;
	} reaped[256]; /* the last ones: for members that end before they are seen */
	uint32_t reaps;
	/* Called when a member is present, and before its ledger goes into the store; NULL: nobody
	 * asks. */
	void (*on_arrived)(void *hook, struct lh_run_process *);
	void (*on_leaving)(void *hook, struct lh_run_process *);
	void *hook;
};

/* The next one of this look's batch that ended and has no pidfd to say so. */
struct lh_run_process *lh_run_next_ended(const struct lh_run *c);

bool lh_run_open(struct lh_run *c, char *why, size_t capacity);
void lh_run_close(struct lh_run *c);

void lh_run_child_reaped(struct lh_run *c, pid_t pid, int status); /* a child's wait status */
void lh_run_scan(struct lh_run *c); /* arrivals, and memory ahead of need */
struct lh_run_process *lh_run_find(const struct lh_run *c, pid_t pid); /* present ones only */

/* The next finding that nobody was told of; false: none in this member, or in this look. */
bool lh_run_next_finding(struct lh_run *c, struct lh_run_process **m, uint32_t *row);
bool lh_run_process_next_finding(struct lh_run_process *m, uint32_t *row);
void lh_run_process_read_names(struct lh_run_process *m,
			       uint32_t finding); /* asks for its threads' names anew */
void lh_run_read_names(struct lh_run *c);         /* the same for some of all threads */

bool lh_run_process_has_ended(const struct lh_run_process *m); /* asks the kernel */
/* Takes its leave: what is known of its end goes into the ledger, and the ledger into the store. */
void lh_run_process_leave(struct lh_run *c, struct lh_run_process *m, enum lh_end how);

#endif
