/*
 * own_ledger.h — this process's ledger: where it is mapped and how it gets new rows.
 *
 * The memory is a slot of the front end's run file, or a file of the library's own if there is no
 * front end. No descriptor stays open. A full table refuses a row and counts the refusal. A row
 * that lh_row_add returned never faults: if the kernel might refuse the memory, the library
 * allocates it before.
 *
 * Of each table only the first rows are mapped. When one table has used up its mapped rows, all
 * tables and the private arrays beside them grow together, without moving.
 *
 * Does not know what rows mean. lh_row_add needs the internal lock.
 */
#ifndef LH_LEDGER_OWN_LEDGER_H
#define LH_LEDGER_OWN_LEDGER_H

#include "libcheck/ledger.h"
#include "libcheck/base/sys.h"
#include "libcheck/ledger/private.h"

struct lh_own_ledger {
	struct lh_ledger *ledger;
	uint32_t lock_row_mask; /* number of mapped lock rows, a power of two, minus 1 */
	void *table[LH_TABLES];
	const uint32_t *tick; /* the tick in the run header, or NULL: no monitor */
	const struct lh_run_header *run_header;
	struct lh_ledger *parent_ledger; /* forked child: the parent's, to read old rows */
	uint32_t mapped[LH_TABLES], parent_mapped[LH_TABLES]; /* rows that can be read */
	uint64_t start_ns;
	char path[LH_PATH_MAX]; /* standalone: the file */
	bool sparse;
	bool no_room; /* the library cannot start: a limit leaves too little address space */
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
#define LH_STEERED ((struct lh_steered *)lh_own_ledger.table[LH_T_STEERED])
#define LH_HELDS ((struct lh_held *)lh_own_ledger.table[LH_T_HELD])

/* A slot of the run file: in a forked child of a process that has one, or in a new program. */
bool lh_own_ledger_open_slot(void);
/* A file of the library's own in this directory; "": in a usual one. */
bool lh_own_ledger_create_file(const char *directory);
/* For forked children without a front end; the kernel frees the ledger with the process. */
bool lh_own_ledger_create_anonymous(void);
void lh_own_ledger_give_up(void); /* the library does not start; tells the front end if it may */
void lh_own_ledger_unmap(void);   /* the same before the first event: gives all memory back */
void lh_own_ledger_remove(void);  /* removes the file of lh_own_ledger_create_file */

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
uint32_t lh_rows_mapped(enum lh_table_name name); /* rows that can be used without growth */
/* More rows of all tables are mapped. False: there are no more, or the kernel or a limit refuses.
 */
bool lh_own_ledger_grow(void);
void lh_own_ledger_map_ahead(void); /* for a process that will not be allowed to map memory */
/* In a forked child: a row of the parent's ledger; NULL: none. */
const void *lh_row_in_parent(enum lh_table_name name, uint32_t row);

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
