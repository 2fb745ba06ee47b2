/*
 * test_reach.c — tests that a shared mapping can be extended to a later part of its file, also
 * where address space is scarce, and that nothing else stays mapped.
 * LINKS: libcheck/ledger/reach.c libcheck/base/sys.c libcheck/base/text.c
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "libcheck/ledger/reach.h"

enum { PAGE = 4096 };
#define GIB (1ull << 30)
#define FILE_BYTES (8192 * GIB)

static int file;

/* Mappings of the file, and the size of all mappings in bytes. */
static int count_mappings(uint64_t *size)
{
	char line[512];
	unsigned long from, to;
	int n = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	*size = 0;
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &from, &to) == 2)
			*size += to - from;
		n += strstr(line, "memfd:reach") != NULL;
	}
	if (maps)
		fclose(maps);
	return n;
}

/* Maps `distance` bytes behind the first page, and compares with what the file has there. */
static void check_distance(const char *first, uint64_t distance)
{
	char text[32];
	uint64_t size;

	snprintf(text, sizeof(text), "at %llx", (unsigned long long)distance);
	CHECK(pwrite(file, text, sizeof(text), (off_t)distance) == sizeof(text));
	char *at = lh_reach_by_mapping(first, distance, 2 * PAGE);
	CHECK(at != NULL);
	if (!at)
		return;
	CHECK(strcmp(at, text) == 0);
	at[2 * PAGE - 1] = 'x'; /* the whole size is mapped, shared and writable */
	CHECK(pread(file, text, 1, (off_t)(distance + 2 * PAGE - 1)) == 1 && text[0] == 'x');
	CHECK_EQ(count_mappings(&size), 2);
	munmap(at, 2 * PAGE);
	CHECK_EQ(count_mappings(&size), 1);
}

static void limit_space(uint64_t more)
{
	uint64_t size;

	count_mappings(&size);
	setrlimit(RLIMIT_AS, &(struct rlimit){size + more, RLIM_INFINITY});
}

int main(void)
{
	uint64_t size;

	file = memfd_create("reach", MFD_CLOEXEC);
	CHECK(file >= 0 && ftruncate(file, (off_t)FILE_BYTES) == 0);
	char *first = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(first != MAP_FAILED);
	check_distance(first, 4 * GIB);
	check_distance(first, 1024 * GIB);
	check_distance(first, 5000 * GIB);
	limit_space(100ull << 20);
	check_distance(first, 4 * GIB);
	check_distance(first, 9 * GIB + 64 * PAGE);
	limit_space(4ull << 20);
	CHECK(lh_reach_by_mapping(first, 4 * GIB, 2 * PAGE) == NULL);
	CHECK_EQ(count_mappings(&size), 1);
	return unit_done();
}
