/*
 * own_ledger.h — this process's ledger: where it is mapped and how it gets new rows.
 *
 * The memory is a slot of the front end's run file, or a file of the library's own if there is no
 * front end. No descriptor stays open. A full table refuses a row and counts the refusal. A row
 * that lh_row_add returned never faults: if the kernel might refuse the memory, the library
 * allocates it before.
 *
 * Also the private memory of the library: one reservation, which reads as zero in a forked child.
 *
 * Does not know what rows mean. lh_row_add needs the internal lock.
 */
#ifndef LH_LEDGER_OWN_LEDGER_H
#define LH_LEDGER_OWN_LEDGER_H

#include "libcheck/ledger.h"
#include "libcheck/base/sys.h"

struct lh_own_ledger {
	struct lh_ledger *ledger;
	uint32_t lock_row_mask; /* number of lock rows, a power of two, minus 1 */
	void *table[LH_TABLES];
	const uint32_t *tick; /* the tick in the run header, or NULL: no monitor */
	const struct lh_run_header *run_header;
	struct lh_ledger *parent_ledger; /* forked child: the parent's, to read old rows */
	uint64_t start_ns;
	char path[LH_PATH_MAX]; /* standalone: the file */
	bool sparse;
	/* on its own cache line, because the fast path reads the fields above */
	struct lh_internal_lock lock __attribute__((aligned(64)));
};

extern struct lh_own_ledger lh_own_ledger LH_HIDDEN;

#define LH_LIVE_THREADS ((struct lh_live_thread *)lh_own_ledger.table[LH_T_LIVE_THREAD])
#define LH_LOCKS ((struct lh_lock *)lh_own_ledger.table[LH_T_LOCK])
#define LH_THREADS ((struct lh_thread *)lh_own_ledger.table[LH_T_THREAD])
#define LH_STACKS ((struct lh_stack *)lh_own_ledger.table[LH_T_STACK])
#define LH_FRAMES ((uint64_t *)lh_own_ledger.table[LH_T_FRAME])
#define LH_MODULES ((struct lh_module *)lh_own_ledger.table[LH_T_MODULE])
#define LH_CHAINS ((struct lh_chain *)lh_own_ledger.table[LH_T_CHAIN])
#define LH_VISITS ((struct lh_chain_visit *)lh_own_ledger.table[LH_T_VISIT])
#define LH_HB_EDGES ((struct lh_hb_edge *)lh_own_ledger.table[LH_T_HB_EDGE])
#define LH_FINDINGS ((struct lh_finding *)lh_own_ledger.table[LH_T_FINDING])
#define LH_LOCK_LOCATIONS ((struct lh_lock_location *)lh_own_ledger.table[LH_T_LOCK_LOCATION])
#define LH_LOCK_STATS ((struct lh_lock_stats *)lh_own_ledger.table[LH_T_LOCK_STATS])
#define LH_STEPS ((struct lh_step *)lh_own_ledger.table[LH_T_STEP])

/* A slot of the run file: in a forked child of a process that has one, or in a new program. */
bool lh_own_ledger_open_slot(void);
void lh_own_ledger_count_lost(void); /* tells the front end of a process without a ledger */
/* A file of the library's own in this directory; "": in a usual one. */
bool lh_own_ledger_create_file(const char *directory);
/* For forked children without a front end; the kernel frees the ledger with the process. */
bool lh_own_ledger_create_anonymous(void);
void lh_own_ledger_remove(void); /* removes the file of lh_own_ledger_create_file */

/* Maps the first page of each table, in private memory too. That takes milliseconds where the file
 * is on a disk: before the process has a second thread, so that the threads' first lock calls are
 * not that long. */
void lh_own_ledger_touch(void);

/* Adds `n` zero rows in sequence. Returns the first, or 0 if the table is full. */
uint32_t lh_row_add(enum lh_table_name name, uint32_t n);
/* The same in two steps: the caller fills reserved rows before other processes can read them. */
uint32_t lh_row_reserve(enum lh_table_name name, uint32_t n);
void lh_row_publish(enum lh_table_name name, uint32_t n);
uint32_t lh_rows_used(enum lh_table_name name);
uint32_t lh_rows_max(enum lh_table_name name);
/* In a forked child: a row of the parent's ledger; NULL: none. */
const void *lh_row_in_parent(enum lh_table_name name, uint32_t row);

/* Private memory: zero, never freed, wiped by fork. NULL: none left. */
void *lh_private_alloc(size_t size);
bool lh_private_init(void);
void lh_private_reset(void); /* in a forked child: all of it is free again */

uint64_t lh_clock_now(void);       /* nanoseconds since start_ns, exact */
uint32_t lh_clock_tick_slow(void); /* milliseconds since start_ns, from the coarse clock */

/* If the monitor has ended, its tick stops: from then on lh_clock_tick uses the coarse clock. */
void lh_clock_check_monitor(void);
void lh_monitor_wake(void); /* tells the monitor of a new process */

static inline uint32_t lh_clock_tick(void)
{
	const uint32_t *name = lh_own_ledger.tick;

	return LH_LIKELY(name != NULL) ? *(const volatile uint32_t *)name : lh_clock_tick_slow();
}

#endif
