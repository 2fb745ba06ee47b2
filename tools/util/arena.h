/*
 * arena.h — memory that goes all at once: the front end's strings and lists.
 *
 * Nothing in a pool is given back by itself. Running out of memory ends the front
 * end with a line and status 2: it has nothing that it must finish first, and the
 * program that is being watched does not notice.
 */
#ifndef LH_POOL_H
#define LH_POOL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct lh_pool;

struct lh_pool *lh_pool_new(void);
void lh_pool_free(struct lh_pool *);

void *lh_pool_get(struct lh_pool *, size_t); /* zeros, aligned to 16 */
char *lh_pool_text(struct lh_pool *, const char *);
char *lh_pool_print(struct lh_pool *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *lh_pool_vprint(struct lh_pool *, const char *format, va_list);

/* The list of n elements, with room for one more at its end. */
void *lh_pool_grow(struct lh_pool *, void *list, uint32_t n, size_t element);

/* Appends to a list `l` of `n` elements in pool `p`. */
#define LH_PUSH(p, l, n, value)                                                                    \
	((l) = lh_pool_grow((p), (l), (n), sizeof(*(l))), (l)[(n)++] = (value))

#endif
