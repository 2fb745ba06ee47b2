/*
 * test_extent.c — a part of a file is mapped and grows in place, and the kernel is told not to read
 * ahead in it.
 * LINKS: libcheck/ledger/extent.c libcheck/base/sys.c
 */
#include "libcheck/ledger/extent.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WHOLE = 64 * LH_PAGE, FIRST = 2 * LH_PAGE };

/* How many bytes from here on are in mappings with this flag of /proc/self/smaps. */
static size_t has_flag(const char *at, const char *flag)
{
	char line[4096];
	unsigned long from = 0, to = 0, a, b, wanted = (unsigned long)at, found = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &a, &b) == 2) {
			from = a;
			to = b;
		} else if (from <= wanted && wanted < to && !strncmp(line, "VmFlags:", 8) &&
			   strstr(line, flag)) {
			found += to - wanted;
			wanted = to;
		}
	}
	if (f)
		fclose(f);
	return found;
}

int main(void)
{
	struct lh_extent e, whole;
	char *at = lh_extent_place(WHOLE);
	FILE *file = tmpfile();
	int fd = file ? fileno(file) : -1;

	CHECK(fd >= 0 && !ftruncate(fd, WHOLE));
	CHECK(lh_extent_map(&e, at, WHOLE, FIRST, fd, 0));
	CHECK_EQ(e.mapped, FIRST);
	e.at[FIRST - 1] = 'x';
	CHECK(lh_extent_grow(&e, WHOLE));
	CHECK_EQ(e.mapped, WHOLE);
	e.at[WHOLE - 1] = 'y';
	CHECK(has_flag(e.at, " rr ") >= WHOLE);

	CHECK(lh_extent_map_whole(&whole, WHOLE, fd, 0));
	CHECK(has_flag(whole.at, " rr ") >= WHOLE);
	CHECK_EQ(whole.at[FIRST - 1], 'x');
	CHECK_EQ(whole.at[WHOLE - 1], 'y');
	lh_extent_unmap(&whole);
	lh_extent_unmap(&e);
	CHECK_EQ(has_flag(at, ""), 0);

	CHECK(lh_extent_map(&e, lh_extent_place(WHOLE), WHOLE, FIRST, -1, 0));
	CHECK_EQ(has_flag(e.at, " rr "), 0);
	lh_extent_unmap(&e);
	return unit_done();
}
