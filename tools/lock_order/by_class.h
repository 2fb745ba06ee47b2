/*
 * by_class.h — circles between birthplaces: what one run showed on two pairs of locks, another run
 * may do on one pair.
 *
 * A class is all locks of one process that were born at one place: of a static lock the variable
 * and the member in it, where an array's elements are one; else the call that initialised it,
 * behind the wrappers; else, where nobody initialises (std::mutex), the whole stack of its first
 * acquisition.
 *
 * The judge of the library is asked (libcheck/order_graph/order_graph.h), about rows in which what
 * a circle goes through is a class, and what excludes two threads is still the very lock. Two locks
 * of one class that are taken in the order of their addresses are two classes, "the lower" and "the
 * upper": only who takes them the other way round closes a circle.
 *
 * Adds findings to a model, as warnings; none that the process's own judge has told. Does not
 * print, and changes no other finding.
 */
#ifndef LH_LOCK_ORDER_BY_CLASS_H
#define LH_LOCK_ORDER_BY_CLASS_H

#include "tools/report/report.h"

struct lh_class_options {
	struct lh_symbols *symbols; /* NULL: no names; then static locks are classes of their own */
	const char *wrappers; /* patterns of functions or objects, separated by commas; "" none */
	bool filtered;        /* also the circles that a filter sets aside */
};

/* Of each process of the model. Before lh_report_finish. */
void lh_by_class_check(struct lh_report *, const struct lh_class_options *);

/* ---- what the room's files share ---- */

struct lh_classes;

/* Numbers from 1 on, by row of LH_T_LOCK of this process's record; 0: no class. */
struct lh_classes *lh_classes_new(struct lh_report *, const struct lh_report_process *,
				  const struct lh_class_options *);
uint32_t lh_classes_of(struct lh_classes *, lh_lock_id);
uint32_t lh_classes_count(const struct lh_classes *);
void lh_classes_free(struct lh_classes *);

#endif
