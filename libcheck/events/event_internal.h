/*
 * event_internal.h — what the files of the room `track` share. Nobody else includes it.
 *
 * An event that is not known runs like this:
 *   struct lh_event_work w;
 *   if (!lh_work_begin(&w, c)) return;   the door, the stack walk, the big lock
 *   ...                                  only our own memory
 *   lh_work_end(&w);                     give the lock, tell what was found, leave
 */
#ifndef LH_TRACK_INSIDE_H
#define LH_TRACK_INSIDE_H

#include "libcheck/rules/finding.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/events/event.h"

struct lh_event_work {
	struct lh_me *me;
	struct lh_seat *seat;
	lh_stack_id stack;
	bool fresh;        /* lh_work_node learned something new */
	uint64_t open;     /* struck in a signal handler: what was open there */
	uint32_t told[16]; /* findings to be told once the lock is given back */
	int n_told;
};

bool lh_work_begin(struct lh_event_work *w, const struct lh_call *c);
/* The same for an event that says that threads cannot meet, or that a lock is none: insists, and if
 * it is lost all the same, says that of the orders. */
bool lh_work_begin_order(struct lh_event_work *w, const struct lh_call *c);
void lh_orders_lost(void);
/* The same for a call that may show us this lock for the first time: asks before the big lock
 * where a process-shared one lies. `flags` of one that is made anew, 0 of others. */
bool lh_work_begin_lock(struct lh_event_work *w, const struct lh_call *c, uint32_t flags);
void lh_work_end(struct lh_event_work *w);
void lh_work_tell(struct lh_event_work *w, uint32_t finding);

/* This lock's chain in this thread, judged if it is new. */
lh_node_id lh_work_chain(struct lh_event_work *w); /* of the topmost held lock; those given back
						      while waiting left out */
lh_node_id lh_work_node(struct lh_event_work *w, lh_lock_id lock, lh_place place);
void lh_work_judge(struct lh_event_work *w, lh_node_id node);
void lh_work_judge_lock(struct lh_event_work *w,
			lh_lock_id lock); /* more can wait for it than before */
void lh_work_announce(struct lh_event_work *w, lh_lock_id lock, lh_place place, enum lh_wait on,
		      uint32_t with);
uint64_t lh_work_waited(struct lh_event_work *w); /* for a lock: how long */
void lh_work_measure(const struct lh_held *h);    /* it is about to be given back */
void lh_work_order(enum lh_event_kind what, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		   uint32_t b_segment);
void lh_segment_next(struct lh_me *me, struct lh_seat *s);
lh_lock_id lh_life_lock(lh_thread_id thread); /* the lock that joining this thread takes */
void lh_work_join(struct lh_event_work *w, lh_thread_id thread,
		  enum lh_how how); /* begins to wait for its end */
bool lh_judge_room_init(void);

/* long_hold.c: a lock is about to be given back that has been held for long, or not. */
void lh_long_init(void);
void lh_long_given(const struct lh_call *c);
bool lh_may_read_clock(void);

/* held_across_create.c: a thread is being created; a lock so held is about to be given back; and
 * one that somebody has held so was taken. */
void lh_work_over(struct lh_event_work *w);
void lh_over_given(const struct lh_call *c);
void lh_work_forked_given(struct lh_event_work *w, struct lh_held *h);
void lh_work_taken_over(struct lh_event_work *w, lh_lock_id lock);

/* ---- known_again.c: not known at once, and no news either; false: it takes the long way ---- */
bool lh_got_again(const struct lh_call *c);
bool lh_born_again(const struct lh_call *c, uint32_t flags);
bool lh_rests(const struct lh_call *c);
void lh_work_rest(struct lh_event_work *w, struct lh_lock *l); /* the long way of the same */
bool lh_life_matters(lh_thread_id thread); /* to the judge: somebody waits for its end */

void lh_sem_demote(struct lh_lock *l); /* this semaphore is no lock */
/* A semaphore that stands for this thread's end is posted. */
void lh_life_over(const struct lh_call *c, struct lh_lock *l);

/* In a forked child: locks that stay taken because their holders were not copied. */
bool lh_work_has_orphans(bool waits);
void lh_work_orphans(struct lh_event_work *w, const struct lh_lock *l, lh_place wants);

#endif
