/* test_outside.c — tests how functions are found in the symbol tables of the loaded objects.
 * LINKS: libcheck/base/ */
#include "libcheck/base/outside.h"
#include "tests/unit/unit.h"

#include <dlfcn.h>

static void finds(const char *name, bool checked)
{
	void *expected = dlsym(RTLD_DEFAULT, name);

	CHECK(expected != NULL);
	CHECK(lh_outside_find(name, checked) == expected);
}

int main(void)
{
	static const char *const names[] = {"getpid", "dlsym", "setvbuf", "pthread_mutex_lock"};
	char long_name[1000];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		finds(names[i], false);
		finds(names[i], true);
	}
	CHECK(!lh_outside_find("no_function_has_this_name", false));
	CHECK(!lh_outside_find("no_function_has_this_name", true));
	CHECK(!lh_outside_find("", true));
	CHECK(lh_outside_find("environ", true) != NULL); /* a variable */
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	CHECK(!lh_outside_find(long_name, true));
	return unit_done();
}
