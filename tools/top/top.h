/*
 * top.h — what the locks of one process do now: a table made from two samples of its ledger.
 *
 * Reads copies of ledgers; knows neither terminals nor processes. Names come from the report
 * (names.c), only for the rows that are shown.
 *
 * - `all` counts since the lock was initialized, `last` since the previous sample; in the first
 *   sample `last` equals `all`.
 * - Current waits are counted, so a thread that waits for an hour shows in each sample and not only
 *   in the one after its wait.
 * - Hold times are estimates: the library measures one hold in 256 of each thread, and all holds
 *   that began with a wait; their mean stands for the others. A current hold is exact.
 * - Objects that are not locks have no row: thread ends, conditions, barriers, signalling
 *   semaphores.
 */
#ifndef LH_TOP_TOP_H
#define LH_TOP_TOP_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

#include <stdio.h>

struct lh_top_sum {
	uint64_t taken, contended, wait_ns, hold_ns;
};

struct lh_top_row {
	lh_lock_id lock;
	enum lh_kind kind;
	uint64_t address;
	struct lh_top_sum all, last;
	uint64_t wait_max_ns, hold_max_ns;
	uint32_t queue;      /* current waiters */
	uint32_t holders;    /* current owners */
	lh_thread_id holder; /* the owner that has held it longest; 0 none */
	int32_t tid;
	uint64_t held_ns;
	lh_site site; /* where `holder` acquired it */
	/* set by lh_top_name, not escaped */
	const char *name;
	const char *owner; /* "T3 'worker'"; NULL no owner */
	const char *at;    /* "bank.c:88"; NULL unknown */
	const struct lh_report_frame *frame;
};

enum lh_top_key { LH_TOP_WAIT, LH_TOP_HOLD, LH_TOP_CONTENDED, LH_TOP_TAKEN, LH_TOP_QUEUE };

struct lh_top {
	struct lh_top_row *row;
	uint32_t rows;    /* locks that were acquired or waited for */
	uint64_t at_ns;   /* of this sample, since the process started */
	uint64_t span_ns; /* the time that `last` covers */
	bool first;
	uint32_t threads, locks, waiting;
	struct lh_top_sum all, last;      /* of all locks, destroyed ones too */
	struct lh_arena *arena;           /* holds the names */
	const struct lh_top_row *longest; /* the lock held longest now; NULL: no lock is held */
	struct lh_top_previous *previous; /* the previous sample's counts, by lock row */
	uint32_t n_previous;
	uint64_t start_ns; /* of the ledger: another value means another program */
	struct lh_top_sum all_before;
};

/* The tables that a sample needs. */
#define LH_TOP_TABLES                                                                              \
	(1u << LH_T_LIVE_THREAD | 1u << LH_T_HELD | 1u << LH_T_LOCK | 1u << LH_T_THREAD |          \
	 1u << LH_T_STACK | 1u << LH_T_FRAME | 1u << LH_T_MODULE | 1u << LH_T_LOCK_STATS)

/* Takes a sample. now_ns: on the ledger's clock. */
void lh_top_sample(struct lh_top *, const struct lh_ledger_view *, uint64_t now_ns);
void lh_top_free(struct lh_top *);

/* Sorts by `last`, or with `totals` by `all`; largest first, or smallest first with `reverse`. */
void lh_top_sort(struct lh_top *, enum lh_top_key, bool totals, bool reverse);

/* Names the first n rows and the longest held one. The report must contain this ledger. */
void lh_top_name(struct lh_top *, struct lh_report *, const struct lh_ledger_view *, uint32_t n);

/* ---- draw.c ---- */

struct lh_top_page {
	const char *comm;
	int pid;
	uint32_t width, height;
	enum lh_top_key key;
	bool totals, reverse, help;
	const char *note; /* one line, NULL none */
};

/* Draws a page for a terminal, from its upper left corner. */
void lh_top_draw(const struct lh_top *, const struct lh_top_page *, FILE *);
/* How many table rows a page of this height shows. */
uint32_t lh_top_rows_visible(const struct lh_top_page *);

/* ---- plain_text.c: for scripts ---- */

/* Text columns, at most `most` rows. */
void lh_top_text(const struct lh_top *, const struct lh_top_page *, uint32_t most, FILE *);
/* One JSON object on one line. Returns 0 or an errno. */
int lh_top_json(const struct lh_top *, const struct lh_top_page *, uint32_t most, FILE *);

const char *lh_top_key_name(enum lh_top_key);
/* "wait", "hold", "contended", "taken", "queue", or their letters. False: no such key. */
bool lh_top_find_key(const char *name, enum lh_top_key *);

#endif
