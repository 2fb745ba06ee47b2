/*
 * type_path.h — from a type and an offset in it to the member there, as the source writes it.
 *
 * Goes down to the member that is the lock: not into the types of the C and C++ libraries, nor into
 * a class that locks ("has a function lock"). Every step goes down in the type, and the number of
 * steps is bounded: bad debug information ends the way, and nothing else.
 */
#ifndef LH_SYMBOLS_TYPE_PATH_H
#define LH_SYMBOLS_TYPE_PATH_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct lh_type_path {
	struct lh_symbols *symbols;
	struct lh_object *object;
	bool any_element;   /* "locks[]" instead of "locks[3]": the element is not known */
	Dwarf_Die type;     /* where the path has come to, without typedefs */
	uint64_t into;      /* the offset in it */
	const char *name;   /* of the last typedef before that type; NULL none */
	const char *text;   /* ".shard[3].lock" */
	const char *owner;  /* the innermost named type with members on the path; NULL none */
	const char *member; /* the path from there: "lock" */
	bool c;             /* the owner is a struct of C */
	/* the variable that a lambda captured by reference, and the lambda's type; NULL none */
	const char *captured;
	Dwarf_Die closure;
	bool by_reference;     /* the last pointer that it followed was a reference */
	const char *lock_type; /* also a type of this name is a lock; NULL none */
};

/* The path begins at the type of `die`. False: it has none. */
bool lh_type_path_begin(struct lh_type_path *, struct lh_symbols *, struct lh_object *,
			Dwarf_Die *die, uint64_t into);
/* Goes down to the lock. */
void lh_type_path_to_lock(struct lh_type_path *);
/* Goes down to the lock of the program's own at the offset: a class that locks, or the innermost
 * struct. A number or a lock of a library that begins there is a part of the lock. */
void lh_type_path_to_object(struct lh_type_path *);
/* Follows the pointer or reference at the path's end, also one in a class of the C++ library.
 * `into`: the offset from where it points to. False: there is none. */
bool lh_type_path_follow(struct lh_type_path *, uint64_t into);
/* Is the end of the path a lock? */
bool lh_type_path_is_lock(struct lh_type_path *);

/* Visits all locks in the type at the path's end, and behind so many pointers in it. `depth`: 0. */
void lh_type_path_visit(const struct lh_type_path *, int depth, int pointers,
			void (*visit)(void *with, struct lh_type_path *), void *with);

/* "Book::mutex_", "session->mu"; NULL: the path has no owner. */
const char *lh_type_path_name(const struct lh_type_path *);

/* The type of an entry, without typedefs. *name: of the last typedef. False: none. */
bool lh_type_of(Dwarf_Die *die, Dwarf_Die *type, const char **name);
/* Does the C++ library declare it? */
bool lh_type_is_standard(struct lh_symbols *, Dwarf_Die *type);

#endif
