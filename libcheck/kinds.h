/*
 * kinds.h — what is true of every lock of a kind, from the rows of calls.def.
 *
 * A lock of another family than LH_PTHREAD is found by its address, and the library writes no byte
 * of it. A rule asks `lh_kind_acts` and not for the kind itself, unless it reads the bytes of the
 * lock.
 */
#ifndef LH_KINDS_H
#define LH_KINDS_H

#include "libcheck/ledger.h"

#include <stdbool.h>

enum lh_family {
#define FAMILY(constant, ...) LH_FAMILY_##constant,
#include "libcheck/calls.def"
	LH_FAMILIES
};

struct lh_kind_row {
	const char *name;
	uint32_t flags; /* LH_LOCK_* of every lock of the kind */
	uint16_t bytes; /* size of the object; 0: not known */
	uint8_t family;
	bool inner; /* its functions call pthread functions; see lh_inner_begin */
};

static const struct lh_kind_row lh_kind_rows[LH_KINDS] = {
	[LH_NOTHING] = {"lock", 0, 0, LH_FAMILY_PTHREAD, false},
#define KIND(constant, family, name, acts, flags, bytes, inner)                                    \
	[LH_##constant] = {name, flags, bytes, LH_FAMILY_##family, inner},
#include "libcheck/calls.def"
};

/* A number from a ledger may be out of range: it gets the first row. */
static inline const struct lh_kind_row *lh_kind_row(unsigned kind)
{
	return &lh_kind_rows[kind < LH_KINDS ? kind : LH_NOTHING];
}

/* Any number that the row of a lock can hold is in range. */
static inline enum lh_kind lh_kind_acts(uint8_t kind)
{
	static const uint8_t acts_as[UINT8_MAX + 1] = {
#define KIND(constant, family, name, acts, ...) [LH_##constant] = LH_##acts,
#include "libcheck/calls.def"
	};

	return (enum lh_kind)acts_as[kind];
}

/* Is `held_ns` of the row a time? In these rows it is another field. */
static inline bool lh_lock_has_held_ns(const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return acts != LH_BARRIER && acts != LH_COND && !(l->flags & LH_LOCK_THREAD_END_SEM);
}

static inline bool lh_kind_is_pthread(unsigned kind)
{
	return lh_kind_row(kind)->family == LH_FAMILY_PTHREAD;
}

#endif
