/*
 * processes.h — the processes of a run that have a slot, from arrival to end.
 *
 * Finds new processes, preallocates memory for their ledgers, returns their findings one by one,
 * and appends the ledger of each ended process to the store, in the saved format. Does not render
 * or check findings, and does not wait for or signal a process.
 *
 * - A process is identified by its slot. A struct lh_run_process is not freed before the run is
 *   over, so a pointer to it is valid for the whole run.
 * - The program can write anything into a ledger: a pid in it counts only if the process with that
 *   pid runs the program that the ledger names, or has the slot mapped.
 * - A process in another pid namespace is found by its mapping of the slot, among our descendants.
 * - One scan visits at most BATCH processes.
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
	int32_t pid; /* in our pid namespace; `foreign`: a number of the process's own */
	int pidfd;   /* readable once the process has ended; -1: none, its pid is polled instead */
	struct lh_ledger *mapped;
	size_t size;
	struct lh_ledger_view ledger;
	struct lh_watch_process *watched; /* of the watch thread, stored here for the monitor */
	bool foreign;                     /* its pid is not known here, so its end cannot be seen */
	bool renumbered;   /* its own pid and tids are not ours: its threads cannot be inspected */
	uint8_t searches;  /* for a foreign process */
	uint8_t absent;    /* searches that did not find it */
	bool replaced;     /* it executed a program that is not watched */
	uint32_t reported; /* findings that were returned, row 0 included */
	uint32_t name;     /* thread row whose name is read next */
	uint64_t lost_at;  /* when it is inspected for lost-signal again */
};

struct lh_run {
	struct lh_run_file file;
	int epoll;       /* pidfds of processes; data.ptr is the process */
	int store;       /* ledgers of ended processes */
	int store_error; /* errno of the first ledger that was not stored, 0: none */
	struct lh_run_process **process; /* by slot */
	uint32_t n, capacity;
	struct lh_run_process **alive_process; /* those that are alive */
	uint32_t alive, turn;       /* how many; the index at which the next batch starts */
	uint32_t arriving, settled; /* slots below `settled` have all arrived */
	uint32_t *ended_slots;      /* in the order in which their processes ended */
	uint32_t n_ended_slots, released;
	struct {
		pid_t pid;
		int status;
	} reaped[256]; /* the last ones: a child may be reaped before its slot is scanned */
	uint32_t reaps;
	/* Called when a process has arrived, and before its ledger goes into the store. May be
	 * NULL. */
	void (*on_arrived)(void *hook, struct lh_run_process *);
	void (*on_leaving)(void *hook, struct lh_run_process *);
	void *hook;
};

/* The next process of this batch that has ended and has no pidfd; NULL: none. */
struct lh_run_process *lh_run_next_ended(const struct lh_run *run);

bool lh_run_open(struct lh_run *run, char *error, size_t capacity);
void lh_run_close(struct lh_run *run);

void lh_run_child_reaped(struct lh_run *run, pid_t pid, int status); /* a child's wait status */
void lh_run_scan(struct lh_run *run); /* arrivals, and preallocation for one batch */
struct lh_run_process *lh_run_find(const struct lh_run *run, pid_t pid); /* if alive */

/* The next finding that was not returned yet. False: none in this batch, or in this process. */
bool lh_run_next_finding(struct lh_run *run, struct lh_run_process **process, uint32_t *row);
bool lh_run_process_next_finding(struct lh_run_process *process, uint32_t *row);
void lh_run_process_read_names(struct lh_run_process *process,
			       uint32_t finding); /* reads the names of its threads again */
void lh_run_read_names(struct lh_run *run);       /* the same for some threads of a batch */

bool lh_run_process_has_ended(const struct lh_run_process *process); /* queries the kernel */
/* Sends a signal to the process, which must be a descendant. False: not sent. */
bool lh_run_process_signal(const struct lh_run_process *process, int signal);
/* Writes how the process ended into its ledger, appends the ledger to the store, and unmaps it. */
void lh_run_process_leave(struct lh_run *run, struct lh_run_process *process, enum lh_end how);

#endif
