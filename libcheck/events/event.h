/*
 * event.h — what the files of the room `track` share. Nobody else includes it.
 *
 * An event that is not known runs like this:
 *   struct lh_event_frame w;
 *   if (!lh_event_begin(&w, c)) return;   the door, the stack walk, the big lock
 *   ...                                  only our own memory
 *   lh_event_end(&w);                     give the lock, tell what was found, leave
 */
#ifndef LH_EVENTS_EVENT_H
#define LH_EVENTS_EVENT_H

#include "libcheck/rules/finding.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/events/events.h"

struct lh_event_frame {
	struct lh_self *self;
	struct lh_live_thread *live;
	lh_stack_id stack;
	bool fresh;            /* lh_event_record_chain learned something new */
	uint64_t open;         /* struck in a signal handler: what was open there */
	uint32_t reported[16]; /* findings to be told once the lock is given back */
	int n_reported;
};

bool lh_event_begin(struct lh_event_frame *event, const struct lh_call *call);
/* The same for an event that says that threads cannot meet, or that a lock is none: insists, and if
 * it is lost all the same, says that of the orders. */
bool lh_event_begin_must(struct lh_event_frame *event, const struct lh_call *call);
void lh_hb_edges_lost(void);
/* The same for a call that may show us this lock for the first time: asks before the big lock
 * where a process-shared one lies. `flags` of one that is made anew, 0 of others. */
bool lh_event_begin_lock(struct lh_event_frame *event, const struct lh_call *call, uint32_t flags);
void lh_event_end(struct lh_event_frame *event);
void lh_event_report(struct lh_event_frame *event, uint32_t finding);

/* This lock's chain in this thread, judged if it is new. */
lh_chain_id lh_event_chain(struct lh_event_frame *event); /* of the topmost held lock; those given
						      back while waiting left out */
lh_chain_id lh_event_record_chain(struct lh_event_frame *event, lh_lock_id lock, lh_site site);
void lh_event_check_chain(struct lh_event_frame *event, lh_chain_id node);
void lh_event_check_lock(struct lh_event_frame *event,
			 lh_lock_id lock); /* more can wait for it than before */
void lh_event_announce_wait(struct lh_event_frame *event, lh_lock_id lock, lh_site site,
			    enum lh_wait on, uint32_t with);
uint64_t lh_event_wait_time(struct lh_event_frame *event); /* for a lock: how long */
struct lh_lock_stats *lh_lock_stats_ensure(struct lh_self *self, struct lh_lock *l);
void lh_held_keep_lengths(struct lh_self *self, lh_lock_id id);
void lh_held_measure_end(const struct lh_held *h); /* it is about to be given back */
void lh_hb_edge_add(enum lh_hb_kind what, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		    uint32_t b_segment);
void lh_hb_next_segment(struct lh_self *self, struct lh_live_thread *live);
lh_lock_id lh_thread_end_lock(lh_thread_id thread); /* the lock that joining this thread takes */
void lh_event_join_begin(struct lh_event_frame *event, lh_thread_id thread,
			 enum lh_how how); /* begins to wait for its end */
bool lh_event_orders_init(void);

/* long_hold.c: a lock is about to be given back that has been held for long, or not. */
void lh_long_hold_init(void);
void lh_long_hold_on_release(const struct lh_call *call);
bool lh_may_read_clock(void);

/* held_across_create.c: a thread is being created; a lock so held is about to be given back; and
 * one that somebody has held so was taken. */
void lh_across_create_mark(struct lh_event_frame *event);
void lh_across_create_on_release(const struct lh_call *call);
void lh_across_fork_on_release(struct lh_event_frame *event, struct lh_held *h);
void lh_across_create_on_acquire(struct lh_event_frame *event, lh_lock_id lock);

/* ---- known_again.c: not known at once, and no news either; false: it takes the long way ---- */
bool lh_on_acquired_revived(const struct lh_call *call);
bool lh_on_init_revived(const struct lh_call *call, uint32_t flags);
bool lh_on_destroyed_retire(const struct lh_call *call);
void lh_event_retire_lock(struct lh_event_frame *event,
			  struct lh_lock *l);    /* the long way of the same */
bool lh_thread_end_matters(lh_thread_id thread); /* to the judge: somebody waits for its end */

void lh_sem_mark_signal(struct lh_lock *l); /* this semaphore is no lock */
/* A semaphore that stands for this thread's end is posted. */
void lh_thread_end_posted(const struct lh_call *call, struct lh_lock *l);

/* In a forked child: locks that stay taken because their holders were not copied. */
bool lh_fork_has_not_copied(bool waits);
void lh_fork_report_not_copied(struct lh_event_frame *event, const struct lh_lock *l,
			       lh_site wants);

#endif
