/*
 * by_class.h — lock-order cycles between classes of locks: what one run showed on two pairs of
 * locks, another run may do on one pair.
 *
 * A class is all locks of one process with the same origin: for a static lock, the variable and the
 * member in it, where all elements of an array are one; otherwise the init call, outside of
 * wrappers; for a lock that is not initialized by a call (std::mutex), the whole stack of its first
 * acquisition.
 *
 * The library's order graph (libcheck/order_graph/order_graph.h) is queried with rows in which a
 * cycle goes through classes, while two threads still exclude each other by a single lock, an
 * instance. Two locks of one class that are acquired in the order of their addresses are two
 * vertices, "the lower" and "the upper": only a thread that acquires them in the opposite order
 * closes a cycle.
 *
 * Adds findings to a report, as warnings; none that the process's own order graph has found. Does
 * not print, and changes no other finding.
 */
#ifndef LH_LOCK_ORDER_BY_CLASS_H
#define LH_LOCK_ORDER_BY_CLASS_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

struct lh_class_options {
	/* NULL: no names; then each static lock is a class of its own */
	struct lh_symbols *symbols;
	bool filtered; /* also the cycles that are filtered */
};

/* Checks each process of the report. Call before lh_report_finish. */
void lh_by_class_check(struct lh_report *, const struct lh_class_options *);

/* ---- lock_class.c ---- */

struct lh_classes;

/* The classes of one process's locks, numbered from 1. lh_classes_of: 0: the lock has no class. */
struct lh_classes *lh_classes_new(struct lh_report *, const struct lh_report_process *,
				  const struct lh_class_options *, struct lh_arena *);
uint32_t lh_classes_of(struct lh_classes *, lh_lock_id);
uint32_t lh_classes_count(const struct lh_classes *);

#endif
