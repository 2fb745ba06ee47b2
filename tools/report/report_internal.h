/* report_internal.h — what the files of the room `model` share with each other only. */
#ifndef LH_MODEL_INSIDE_H
#define LH_MODEL_INSIDE_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

/* What was made of a row of a record: asked for often, made once. */
enum lh_made {
	LH_MADE_PROCESS,
	LH_MADE_PERSON,
	LH_MADE_THING,
	LH_MADE_TRACE,
	LH_MADE_OBJECT,
	LH_MADE_FOUND
};

struct lh_shop {
	struct lh_pool *pool;
	struct lh_model_wants wants;
	struct lh_memo *memo;
	struct lh_sort *sort;     /* findings by fingerprint */
	struct lh_pairing *pair;  /* orders by their locks */
	uint32_t symbol_troubles; /* so many are in the notes already */
};

/* The place where the thing made of this row is kept: NULL in it, it has not been made. */
void **lh_model_memo(struct lh_model *, const struct lh_record *, enum lh_made, uint32_t row);

/* stack.c */
/* "bank+0x4060" for an address in an object's data; NULL: it is elsewhere. */
const char *lh_model_data_place(struct lh_model *, const struct lh_process *, uint64_t address);
/* The name of the variable at an address; NULL unknown. */
const char *lh_model_variable(struct lh_model *, const struct lh_process *, uint64_t address,
			      uint64_t *into);
/* The member of that variable, as lh_symbol_part() has it. */
const char *lh_model_member(struct lh_model *, const struct lh_process *, uint64_t address,
			    uint64_t own);

/* lock_name.c */
/* Two locks of one finding that are called the same get their numbers appended. */
void lh_model_tell_apart(struct lh_model *, struct lh_found *);

/*
 * A finding's steps thread by thread: who, holding what, does what.
 * Also for renderers, which show one block for each.
 */
void lh_model_group(struct lh_model *, struct lh_found *);

/* order_pairs.c: what was asked for while what was held. */
void lh_model_add_orders(struct lh_model *, const struct lh_process *);
void lh_model_drop_orders(struct lh_model *);

/* lock_order/cross_run_rows.c: what several processes can close a circle of. Things that are like
 * each other in one process stand as one. */
struct lh_orders {
	struct lh_order **order;
	uint32_t n;
	struct lh_alike **alike; /* private: a process each */
	uint32_t alikes;
};
struct lh_orders lh_model_orders_alike(struct lh_model *, struct lh_pool *);
/* The thing that stands for a lock there; NULL: it is in none of the orders. */
const struct lh_thing *lh_model_alike(struct lh_model *, const struct lh_orders *,
				      const struct lh_process *, lh_lock_id);
void lh_model_orders_drop(struct lh_orders *);

/* report.c: a circle of orders of several processes; lock[i] stands for order[i]->held. `more` is
 * appended to the message. */
void lh_model_add_across(struct lh_model *, const struct lh_order *const *order,
			 const struct lh_thing *const *lock, uint32_t n, const char *more);

/* "at bank.c:41", "in make_account"; NULL: the stack says nothing. */
const char *lh_model_where(struct lh_model *, const struct lh_trace *);

/* lock_stats.c */
void lh_model_add_service(struct lh_model *, struct lh_thing *);
void lh_model_add_seen(struct lh_model *, const struct lh_process *); /* what the monitor adds */
void lh_model_count_births(struct lh_model *);

/* wait_pairs.c */
void lh_model_add_profile(struct lh_model *, const struct lh_process *);
void lh_model_sort_profile(struct lh_model *);

/* fingerprint.c */
/* Returns the part that a ring begins with, however it was entered. */
uint32_t lh_model_fingerprint(struct lh_model *, struct lh_found *);
/* What stays the same from run to run of a stack: its innermost three functions. */
/* A name without what a compiler has appended to it. */
const char *lh_model_stable(struct lh_model *, const char *name);
char *lh_model_site(struct lh_model *, const struct lh_trace *);

/* message.c */
const char *lh_model_message(struct lh_model *, const struct lh_found *);

#endif
