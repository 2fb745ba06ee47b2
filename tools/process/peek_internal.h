/* peek_internal.h — what the files of the room `peek` share with each other only. */
#ifndef LH_PROCESS_PEEK_INTERNAL_H
#define LH_PROCESS_PEEK_INTERNAL_H

#include "tools/process/peek.h"

/* Flag of a process, from the kernel's sched.h: came by fork, and has not called exec since. */
#define LH_PEEK_FORKED 0x40ul

/* Where memory and mappings come from: a live process or a core. */
struct lh_peek_source {
	bool (*read)(const struct lh_peek *, uint64_t address, void *out, size_t n);
	void (*maps)(struct lh_peek *);  /* fills p->map */
	void (*close)(struct lh_peek *); /* NULL: nothing to close */
};
extern const struct lh_peek_source lh_peek_live;

/* peek.c: the order of tasks, for qsort. */
int lh_peek_by_tid(const void *, const void *);
const struct lh_peek_map *lh_peek_map_at(const struct lh_peek *, uint64_t address);
/* From the kernel's register set of this machine. */
void lh_peek_registers(struct lh_peek_task *, const void *set);

/* peek_live.c */
/* State, call and name of the task with this tid. False: there is none. */
bool lh_peek_scan_task(struct lh_peek *, struct lh_peek_task *);

/* peek_scan.c: waits, not for long, until those that were stopped are back in their calls. */
void lh_peek_wait_blocked(struct lh_peek *);

/* peek_stop.c: copies registers and stack of a thread. False: neither could be had. */
bool lh_peek_copy(struct lh_peek *, struct lh_peek_task *);

/* peek_unwind.c */
void lh_peek_unwinder_free(struct lh_peek_unwinder *);

/* peek_access.c: why this process may not be looked at, and what would help. */
void lh_peek_explain_denied(struct lh_peek *, int error);

#endif
