/* peek_internal.h — what the peek files and sample.c share; no other file includes it. */
#ifndef LH_PROCESS_PEEK_INTERNAL_H
#define LH_PROCESS_PEEK_INTERNAL_H

#include "tools/process/peek.h"

/* Flag of a process, from the kernel's sched.h: created by fork, and has not called exec since. */
#define LH_PEEK_FORKED 0x40ul

/* The source of memory and mappings: a live process or a core. */
struct lh_peek_source {
	bool (*read)(const struct lh_peek *, uint64_t address, void *out, size_t n);
	void (*maps)(struct lh_peek *);  /* fills p->map */
	void (*close)(struct lh_peek *); /* NULL: nothing to close */
};
extern const struct lh_peek_source lh_peek_live;

/* peek.c: sorts tasks by tid, for qsort. */
int lh_peek_by_tid(const void *, const void *);
/* Copies the kernel's register set of this machine to the task. */
void lh_peek_registers(struct lh_peek_task *, const void *set);

/* peek_live.c */
/* Reads state, call and name of the task with this tid. False: the thread is gone. */
bool lh_peek_scan_task(struct lh_peek *, struct lh_peek_task *);

/* False: the process has created a thread since its tasks were listed. */
bool lh_peek_all_listed(const struct lh_peek *);

/* peek_stop.c: copies the registers and the stack of a thread. False: the stack was not copied. */
bool lh_peek_copy(struct lh_peek *, struct lh_peek_task *);

/* peek_unwind.c */
void lh_peek_unwinder_free(struct lh_peek_unwinder *);

/* peek_access.c: writes to p->error why the process may not be read, and the remedy. */
void lh_peek_explain_denied(struct lh_peek *, int error);

#endif
