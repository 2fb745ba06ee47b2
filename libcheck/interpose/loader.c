/*
 * loader.c — after a dlclose, addresses may belong to other code. dlopen has no wrapper: it
 * searches relative to the object that called dlopen, and a wrapper would be that caller.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/thread.h"

LH_EXPORT int dlclose(void *handle)
{
	int rc = LH_REAL(dlclose)(handle);

	lh_stack_modules_changed();
	lh_self_forget_acquisitions();
	lh_outside_after_dlclose();
	return rc;
}
