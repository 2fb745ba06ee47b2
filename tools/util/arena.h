/*
 * arena.h — an arena for the front end's strings and lists: all of its memory is freed at once.
 *
 * Does not free a single piece. If memory runs out, the front end ends with a message and status 2:
 * it has nothing to finish first, and the checked process is not affected.
 */
#ifndef LH_UTIL_ARENA_H
#define LH_UTIL_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct lh_arena;

struct lh_arena *lh_arena_new(void);
void lh_arena_free(struct lh_arena *);

void *lh_arena_alloc(struct lh_arena *, size_t); /* zeros, aligned to 16 */
char *lh_arena_strdup(struct lh_arena *, const char *);
char *lh_arena_printf(struct lh_arena *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *lh_arena_vprintf(struct lh_arena *, const char *format, va_list);

/* Returns the list of n elements, with capacity for one more at its end. */
void *lh_arena_grow(struct lh_arena *, void *list, uint32_t n, size_t element);

/* Appends to a list `l` of `n` elements in arena `p`. */
#define LH_PUSH(p, l, n, value)                                                                    \
	((l) = lh_arena_grow((p), (l), (n), sizeof(*(l))), (l)[(n)++] = (value))

#endif
