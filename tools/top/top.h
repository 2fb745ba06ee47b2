/*
 * top.h — what the locks of one process do now: a table made of two looks at its ledger.
 *
 * Reads copies of ledgers; knows neither terminals nor processes. Names come from the model
 * (names.c), for the rows that are shown only.
 *
 * - `all` counts since the lock was made, `last` since the look before; at the first look there
 *   is none, and `last` is the same as `all`.
 * - Waits that still go on are in the numbers, so a thread that waits for an hour shows in each
 *   look and not only in the one after its wait.
 * - Times of holding are estimates: the library measures one hold in 256 of each thread and all
 *   of those that had waited; their mean stands for the others. A hold that goes on is exact.
 * - What is no lock has no row: ends of threads, conditions, barriers, semaphores that signal.
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
	uint32_t queue;      /* who wait for it now */
	uint32_t holders;    /* who hold it now */
	lh_thread_id holder; /* who of them has held it longest; 0 nobody */
	int32_t tid;
	uint64_t held_ns;
	lh_site site; /* where that one took it */
	/* set by lh_top_name, raw bytes */
	const char *name;
	const char *who; /* "T3 'worker'"; NULL nobody */
	const char *at;  /* "bank.c:88"; NULL not known */
	const struct lh_report_frame *frame;
};

enum lh_top_key { LH_TOP_WAIT, LH_TOP_HOLD, LH_TOP_CONTENDED, LH_TOP_TAKEN, LH_TOP_QUEUE };

struct lh_top {
	struct lh_top_row *row;
	uint32_t rows;    /* those that were ever taken or waited for */
	uint64_t at_ns;   /* of this look, since the process started */
	uint64_t span_ns; /* that `last` is of */
	bool first;
	uint32_t threads, locks, waiting;
	struct lh_top_sum all, last;      /* of all locks, dead ones too */
	struct lh_arena *arena;           /* of the names */
	const struct lh_top_row *longest; /* is held longest now; NULL none is */
	struct lh_top_previous *previous; /* the counts of the last look, by row of the ledger */
	uint32_t n_previous;
	uint64_t start_ns; /* whose: another one is another program */
	struct lh_top_sum all_before;
};

/* The tables that a look needs. */
#define LH_TOP_TABLES                                                                              \
	(1u << LH_T_LIVE_THREAD | 1u << LH_T_LOCK | 1u << LH_T_THREAD | 1u << LH_T_STACK |         \
	 1u << LH_T_FRAME | 1u << LH_T_MODULE | 1u << LH_T_LOCK_STATS)

/* A look. now_ns: on the ledger's clock. */
void lh_top_sample(struct lh_top *, const struct lh_ledger_view *, uint64_t now_ns);
void lh_top_free(struct lh_top *);

/* By `last`, or with `totals` by `all`; the most first, or with `reverse` the least. */
void lh_top_sort(struct lh_top *, enum lh_top_key, bool totals, bool reverse);

/* Names the first n rows and the longest held one. The model must be of this record. */
void lh_top_name(struct lh_top *, struct lh_report *, const struct lh_ledger_view *, uint32_t n);

/* ---- draw.c ---- */

struct lh_top_page {
	const char *comm;
	int pid;
	uint32_t width, height;
	enum lh_top_key key;
	bool totals, reverse, help;
	double delay;
	const char *note; /* one line, NULL none */
};

/* A screenful for a terminal, from its upper left corner on. */
void lh_top_draw(const struct lh_top *, const struct lh_top_page *, FILE *);
/* How many rows of the table a page of this height has room for. */
uint32_t lh_top_rows_visible(const struct lh_top_page *);

/* ---- plain_text.c: for scripts ---- */

/* Lines of words, at most `most` rows. */
void lh_top_plain(const struct lh_top *, const struct lh_top_page *, uint32_t most, FILE *);
/* One JSON object on one line. 0, or an errno. */
int lh_top_json(const struct lh_top *, const struct lh_top_page *, uint32_t most, FILE *);

const char *lh_top_key_name(enum lh_top_key);
/* "wait", "hold", "contended", "taken", "queue", or their letters. False: there is none such. */
bool lh_top_find_key(const char *name, enum lh_top_key *);

#endif
