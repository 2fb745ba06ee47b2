/*
 * own_ledger.h — this process's ledger: where it lies and how it gets new rows.
 *
 * The memory is a slot of the front end's run file, or a file of our own under plain
 * LD_PRELOAD. No descriptor stays open. A table that is full refuses and counts; no
 * touch of a row that lh_book_new gave can fault, because memory that might not come
 * by itself is asked for first.
 *
 * Also the private memory of the library: one reservation that is wiped in a forked
 * child, so that whatever is read from it there says "not yours".
 *
 * Does not know what rows mean. lh_book_new wants the big lock held.
 */
#ifndef LH_BOOK_H
#define LH_BOOK_H

#include "libcheck/ledger.h"
#include "libcheck/base/sys.h"

struct lh_book {
	struct lh_ledger *ledger;
	void *table[LH_TABLES];
	const uint32_t *tick; /* the monitor's, or NULL */
	const struct lh_board *board;
	struct lh_ledger *before; /* after fork: the parent's, to read old rows from */
	uint64_t start_ns;
	char path[LH_PATH_MAX]; /* plain: the file */
	bool elastic;
	/* on a line of its own: the fast path reads what lies above */
	struct lh_big_lock big __attribute__((aligned(64)));
};

extern struct lh_book lh_book LH_HIDDEN;

#define LH_SEATS ((struct lh_seat *)lh_book.table[LH_T_SEAT])
#define LH_LOCKS ((struct lh_lock *)lh_book.table[LH_T_LOCK])
#define LH_THREADS ((struct lh_thread *)lh_book.table[LH_T_THREAD])
#define LH_STACKS ((struct lh_stack *)lh_book.table[LH_T_STACK])
#define LH_FRAMES ((uint64_t *)lh_book.table[LH_T_FRAME])
#define LH_MODULES ((struct lh_module *)lh_book.table[LH_T_MODULE])
#define LH_NODES ((struct lh_node *)lh_book.table[LH_T_NODE])
#define LH_SEENS ((struct lh_seen *)lh_book.table[LH_T_SEEN])
#define LH_EVENTS ((struct lh_event *)lh_book.table[LH_T_EVENT])
#define LH_FINDINGS ((struct lh_finding *)lh_book.table[LH_T_FINDING])
#define LH_PLACES ((struct lh_shared_place *)lh_book.table[LH_T_PLACE])
#define LH_MORES ((struct lh_more *)lh_book.table[LH_T_MORE])
#define LH_STEPS ((struct lh_step *)lh_book.table[LH_T_STEP])

bool lh_book_open(const char *run);       /* a slot of the run file at this path */
bool lh_book_make(const char *directory); /* a file of our own; "" picks a place */
bool lh_book_make_nameless(
	void);              /* gone with the process: for forked children without a front end */
void lh_book_discard(void); /* removes the file of lh_book_make */

/* A new row, zero, or 0 when the table is full. `n` rows in sequence. */
uint32_t lh_book_new(enum lh_table_name t, uint32_t n);
/* The same in two steps, for rows that somebody may read at once: first they are filled. */
uint32_t lh_book_reserve(enum lh_table_name t, uint32_t n);
void lh_book_publish(enum lh_table_name t, uint32_t n);
uint32_t lh_book_used(enum lh_table_name t);
uint32_t lh_book_rows(enum lh_table_name t);

/* Private memory, zero, never given back, wiped by fork. NULL: none left. */
void *lh_book_private(size_t size);
bool lh_book_private_init(void);
void lh_book_private_reset(void); /* in the child: start over */

uint64_t lh_book_now(void);   /* nanoseconds since start_ns, exact */
uint32_t lh_book_ticks(void); /* milliseconds since start_ns, for nothing if there is a monitor */

/* A monitor that has gone moves no tick any more: from then on the coarse clock serves. */
void lh_book_mind_the_clock(void);
void lh_book_wake_monitor(void); /* there is a new process */

static inline uint32_t lh_book_tick(void)
{
	const uint32_t *t = lh_book.tick;

	return LH_LIKELY(t != NULL) ? *(const volatile uint32_t *)t : lh_book_ticks();
}

#endif
