/* nearest.h — the known word that a misspelled one most likely stands for. */
#ifndef LH_UTIL_NEAREST_H
#define LH_UTIL_NEAREST_H

#include <stddef.h>

struct lh_nearest {
	const char *word;
	size_t n;
	int least;        /* a known word counts if it is nearer than this */
	const char *best; /* NULL: none is that near */
};

/* `n`: length of the word; a third of its letters may be wrong, and one in any case. */
struct lh_nearest lh_nearest_to(const char *word, size_t n);
void lh_nearest_try(struct lh_nearest *, const char *known);

#endif
