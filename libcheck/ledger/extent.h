/*
 * extent.h — address ranges of which only the first part is mapped, and which grow in place.
 *
 * A mapping counts against RLIMIT_AS with all of its bytes, touched or not. So the library maps
 * what it uses, and the addresses behind stay free for it: extents lie far below the addresses that
 * the kernel gives to a program. Nothing is kept from the program: where a mapping of the program
 * lies behind an extent, the extent does not grow.
 *
 * An extent never moves, and memory that it gave out stays mapped.
 *
 * Does not know what lies in an extent. lh_extent_grow needs the internal lock.
 */
#ifndef LH_LEDGER_EXTENT_H
#define LH_LEDGER_EXTENT_H

#include "libcheck/base/sys.h"

struct lh_extent {
	char *at;
	size_t mapped, whole; /* bytes, whole pages */
};

enum { LH_PAGE = 4096, LH_PLACES = 3 /* that are tried, before all is mapped anywhere */ };

static inline uint64_t lh_align(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Addresses for that many bytes, free as far as the library knows. */
char *lh_extent_place(size_t whole);
/* Maps the first bytes of an extent at this address; with fd -1 private memory, otherwise a part of
 * the file. False: refused, or another mapping is there. */
bool lh_extent_map(struct lh_extent *e, char *at, size_t whole, size_t first, int fd,
		   uint64_t offset);
/* Maps all of an extent wherever there is room. */
bool lh_extent_map_whole(struct lh_extent *e, size_t whole, int fd, uint64_t offset);
/* All of an extent is mapped already. */
void lh_extent_adopt(struct lh_extent *e, char *at, size_t whole);
void lh_extent_unmap(struct lh_extent *e);
/* Maps at least the first `to` bytes, but never more than the whole. */
bool lh_extent_grow(struct lh_extent *e, size_t to);

/* Under RLIMIT_AS or RLIMIT_DATA, would all extents with `more` bytes use at most their share? */
bool lh_extent_may_grow(uint64_t more);
uint64_t lh_extent_space(void); /* the lower of the two limits */

#endif
