/*
 * loader.c — an object is unloaded, so addresses may mean other code from now on. dlopen
 * has no wrapper: it looks at its caller to find libraries, and a wrapper would be it.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/stack/stack.h"

LH_EXPORT int dlclose(void *handle)
{
	int rc = LH_REAL(dlclose)(handle);

	lh_stack_modules_changed();
	return rc;
}
