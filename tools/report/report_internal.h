/* report_internal.h — what the files of the room `model` share with each other only. */
#ifndef LH_REPORT_REPORT_INTERNAL_H
#define LH_REPORT_REPORT_INTERNAL_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

/* What was made of a row of a record: asked for often, made once. */
enum lh_memo_kind {
	LH_MEMO_PROCESS,
	LH_MEMO_PERSON,
	LH_MEMO_THING,
	LH_MEMO_TRACE,
	LH_MEMO_OBJECT,
	LH_MEMO_FOUND
};

struct lh_report_private {
	struct lh_arena *arena;
	struct lh_report_options options;
	struct lh_memo *memo;
	struct lh_sort *sort;          /* findings by fingerprint */
	struct lh_order_pairing *pair; /* orders by their locks */
	uint32_t symbol_problems;      /* so many are in the notes already */
};

/* The place where the thing made of this row is kept: NULL in it, it has not been made. */
void **lh_report_memo(struct lh_report *, const struct lh_ledger_view *, enum lh_memo_kind,
		      uint32_t row);

/* stack.c */
/* The name of the variable at an address; NULL unknown. */
const char *lh_report_variable(struct lh_report *, const struct lh_report_process *,
			       uint64_t address, uint64_t *into);
/* The member of that variable, as lh_symbol_member_path() has it. */
const char *lh_report_member(struct lh_report *, const struct lh_report_process *, uint64_t address,
			     uint64_t own);

void lh_report_memo_free(struct lh_report *);

/* finding.c */
void lh_report_findings_free(struct lh_report *);

/* lock_name.c */
/* Two locks of one finding that are called the same get their numbers appended. */
void lh_report_number_duplicates(struct lh_report *, struct lh_report_finding *);

/* cycle_parts.c: the steps of a finding thread by thread: who, holding what, does what. */
void lh_report_group_steps(struct lh_report *, struct lh_report_finding *);

/* order_pairs.c: what was asked for while what was held. */
void lh_report_add_orders(struct lh_report *, const struct lh_report_process *);
void lh_report_drop_orders(struct lh_report *);

/* "at bank.c:41", "in make_account"; NULL: the stack says nothing. */
const char *lh_report_where(struct lh_report *, const struct lh_report_stack *);

/* lock_stats.c */
void lh_report_add_lock_stats(struct lh_report *, struct lh_report_lock *);
void lh_report_add_monitor_rows(struct lh_report *,
				const struct lh_report_process *); /* what the monitor adds */
void lh_report_count_classes(struct lh_report *);

/* wait_pairs.c */
void lh_report_add_profile(struct lh_report *, const struct lh_report_process *);
void lh_report_sort_profile(struct lh_report *);

/* fingerprint.c */
/* Returns the part that a ring begins with, however it was entered. */
uint32_t lh_fingerprint_make(struct lh_report *, struct lh_report_finding *);
/* What stays the same from run to run of a stack: its innermost three functions. */
/* A name without what a compiler has appended to it. */
const char *lh_fingerprint_name(struct lh_report *, const char *name);
char *lh_fingerprint_site(struct lh_report *, const struct lh_report_stack *);

/* message.c */
const char *lh_report_message(struct lh_report *, const struct lh_report_finding *);

#endif
