/*
 * unit.h — the checks of a unit test, and its last line of output.
 *
 * A failed check prints "file:line: what", and the test continues. main ends with
 * `return unit_done();`. Each test is one file. Knows no module of the tested code.
 */
#ifndef UNIT_H
#define UNIT_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int unit_passed, unit_failed;

static inline int unit_note(int ok, const char *file, int line, const char *what)
{
	if (ok) {
		unit_passed++;
		return 1;
	}
	unit_failed++;
	printf("%s:%d: %s\n", file, line, what);
	return 0;
}

static inline int unit_equal(long long a, long long b, const char *file, int line, const char *what)
{
	if (!unit_note(a == b, file, line, what))
		printf("\tis %lld (%#llx), should be %lld (%#llx)\n", a, (unsigned long long)a, b,
		       (unsigned long long)b);
	return a == b;
}

static inline int unit_same(const char *a, const char *b, const char *file, int line,
			    const char *what)
{
	int ok = a && b && strcmp(a, b) == 0;
	if (!unit_note(ok, file, line, what))
		printf("\tis \"%s\"\n\tshould be \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
	return ok;
}

/* Each check is true if it passed. */
#define CHECK(cond) unit_note(!!(cond), __FILE__, __LINE__, #cond)
#define CHECK_EQ(is, should)                                                                       \
	unit_equal((long long)(is), (long long)(should), __FILE__, __LINE__, #is " == " #should)
#define CHECK_STR(is, should) unit_same((is), (should), __FILE__, __LINE__, #is " is " #should)

static inline int unit_done(void)
{
	printf("%s: %d passed, %d failed\n", program_invocation_short_name, unit_passed,
	       unit_failed);
	return unit_failed != 0;
}

#endif
