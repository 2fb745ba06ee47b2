/* writer.h — what the files of tools/hang share with each other only. */
#ifndef LH_HANG_WRITER_H
#define LH_HANG_WRITER_H

#include "tools/hang/text.h"

#include <stdio.h>

struct lh_hang_writer {
	const struct lh_hang *hang;
	struct lh_report *report;
	const struct lh_report_process *process;
	struct lh_render_text_style style;
	struct lh_arena *arena;
	FILE *out;
	bool folded; /* without ids and times, which differ between processes that do the same */
};

/* phrases.c: the strings are in the writer's arena. */
const char *lh_hang_clean(const struct lh_hang_writer *, const char *text);
const char *lh_hang_thread_text(const struct lh_hang_writer *,
				uint32_t thread);                         /* "T2 'worker' (4712)" */
const char *lh_hang_lock_text(const struct lh_hang_writer *, lh_lock_id); /* "'accounts'" */
bool lh_hang_is_lock(const struct lh_hang_writer *, lh_lock_id); /* false: a thread's end */
const char *lh_hang_plural(const struct lh_hang_writer *, uint32_t n, const char *one,
			   const char *more);
/* "T5 'x' (12), T6 'y' (13) and 9 more" */
const char *lh_hang_thread_list(const struct lh_hang_writer *, const uint32_t *list, uint32_t n);
/* ", at bank.c:7 in transfer", "" if unknown */
const char *lh_hang_at(const struct lh_hang_writer *, lh_stack_id);
void lh_hang_stack(const struct lh_hang_writer *, lh_stack_id);
/*
 * The wait target as a phrase that follows "waits" or "wait"; and the reason why the wait never
 * ends, "" if it may end.
 */
const char *lh_hang_wait_target(const struct lh_hang_writer *, const struct lh_hang_thread *);
const char *lh_hang_wait_reason(const struct lh_hang_thread *, bool deadlocked);
/* What a thread does that does not wait. */
const char *lh_hang_activity_text(const struct lh_hang_writer *, const struct lh_hang_thread *);
/* True if both waits can share one line. */
bool lh_hang_same_wait(const struct lh_hang_thread *, const struct lh_hang_thread *);

/* text.c: "1 deadlock; 2 of 3 threads wait forever" */
const char *lh_hang_result(const struct lh_hang_writer *);

/* print_graph.c */
/* Threads of one line of the report, from `first` on; only threads that hold no lock share a line.
 * Returns how many. done, list: of as many as there are threads. */
uint32_t lh_hang_gather(const struct lh_hang_writer *, uint32_t first, bool *done, uint32_t *list,
			bool stacks);
/* "a permit of ", "shared ", "" */
const char *lh_hang_mode_text(const struct lh_hang_writer *, const struct lh_hang_hold *);
/* Threads with the same wait. `brief`: without the time; the place stands behind several threads.
 */
void lh_hang_print_waiters(const struct lh_hang_writer *, const uint32_t *list, uint32_t n,
			   bool brief);
/* Every thread, what it holds and what it waits for. */
void lh_hang_print_graph(const struct lh_hang_writer *, bool stacks);

#endif
