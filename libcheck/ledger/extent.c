/* extent.c — maps address ranges in part, and grows them in place. */
#include "libcheck/ledger/extent.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; an older kernel takes it for a wish */
#endif

/* Addresses of two extents differ by so much that each has page tables of its own from the start.
 */
#define APART (2ull << 20)
/* Of all address space below the library, 1/BELOW lies between the library and the extents. On
 * x86-64 that is 6 TiB: no program maps so much, and it lies between what sanitizers use. */
enum { BELOW = 21, SHARE = 4 };

/* Downwards, so that a forked child's ledger comes before its parent's in /proc/PID/maps. */
static uintptr_t next_place;
static uint64_t mapped_bytes; /* of all extents */

char *lh_extent_place(size_t whole)
{
	uintptr_t here = (uintptr_t)&next_place;

	if (!next_place)
		next_place = (here - here / BELOW) / APART * APART;
	next_place -= lh_align(whole, APART);
	return (char *)next_place;
}

static int flags_for(int fd)
{
	return MAP_NORESERVE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
}

/* Of a file with holes on a disk, the kernel would fill with zeros all that it reads ahead. */
static void no_read_ahead(void *at, size_t bytes, int fd)
{
	if (fd >= 0)
		lh_sys_advise(at, bytes, MADV_RANDOM);
}

bool lh_extent_map(struct lh_extent *e, char *at, size_t whole, size_t first, int fd,
		   uint64_t offset)
{
	size_t bytes = lh_align(first < whole ? first : whole, LH_PAGE);
	long got = lh_syscall(SYS_mmap, (long)at, (long)bytes, PROT_READ | PROT_WRITE,
			      flags_for(fd) | MAP_FIXED_NOREPLACE, fd, (long)offset);

	if (got != (long)at) {
		if (got > 0 || got < -4095)
			lh_sys_unmap((void *)got, bytes);
		return false;
	}
	no_read_ahead(at, bytes, fd);
	*e = (struct lh_extent){at, bytes, lh_align(whole, LH_PAGE)};
	mapped_bytes += bytes;
	return true;
}

void lh_extent_adopt(struct lh_extent *e, char *at, size_t whole)
{
	size_t bytes = lh_align(whole, LH_PAGE);

	*e = (struct lh_extent){at, bytes, bytes};
	mapped_bytes += bytes;
}

bool lh_extent_map_whole(struct lh_extent *e, size_t whole, int fd, uint64_t offset)
{
	size_t bytes = lh_align(whole, LH_PAGE);
	char *at = lh_sys_map(bytes, PROT_READ | PROT_WRITE, flags_for(fd), fd, offset);

	if (!at)
		return false;
	no_read_ahead(at, bytes, fd);
	lh_extent_adopt(e, at, bytes);
	return true;
}

void lh_extent_unmap(struct lh_extent *e)
{
	if (e->at)
		lh_sys_unmap(e->at, e->mapped);
	mapped_bytes -= e->mapped;
	*e = (struct lh_extent){0};
}

/* The last page is enlarged and not the whole mapping, which the kernel may keep in pieces. */
bool lh_extent_grow(struct lh_extent *e, size_t to)
{
	char *last = e->at + e->mapped - LH_PAGE;

	to = lh_align(to < e->whole ? to : e->whole, LH_PAGE);
	if (to <= e->mapped)
		return true;
	size_t more = to - e->mapped;
	if (lh_syscall(SYS_mremap, (long)last, LH_PAGE, (long)(LH_PAGE + more), 0, 0, 0) !=
	    (long)last)
		return false;
	e->mapped = to;
	mapped_bytes += more;
	return true;
}

uint64_t lh_extent_space(void)
{
	uint64_t space = lh_sys_limit(RLIMIT_AS), data = lh_sys_limit(RLIMIT_DATA);

	return space < data ? space : data;
}

bool lh_extent_may_grow(uint64_t more)
{
	return mapped_bytes + more <= lh_extent_space() / SHARE;
}
