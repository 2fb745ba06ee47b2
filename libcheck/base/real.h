/*
 * real.h — the original functions behind the intercepted calls.
 *
 * All originals are resolved at once when the library starts, and never later, because dlsym takes
 * the loader's lock, whose order we do not control. Before that, on x86-64, mutex and rwlock calls
 * use glibc's own aliases and make no call of the loader. Every other early call resolves the
 * table.
 *
 * This module and no other knows symbol versions and what early start-up forbids. Records nothing.
 */
#ifndef LH_BASE_REAL_H
#define LH_BASE_REAL_H

#include "libcheck/base/sys.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

/* The C++ ABI has no C header; see interpose/guard.c. */
int __cxa_guard_acquire(uint64_t *o);
void __cxa_guard_release(uint64_t *o);
void __cxa_guard_abort(uint64_t *o);

sighandler_t bsd_signal(int n, sighandler_t handler); /* no longer in a header */

/* Deprecated calls are intercepted too. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
struct lh_real {
#define UNIFORM(fn, ...) __typeof__(fn) *fn;
#define SPECIAL(fn) __typeof__(fn) *fn;
#include "libcheck/calls.def"
	bool resolved;
};
#pragma GCC diagnostic pop

extern struct lh_real lh_real LH_HIDDEN;

void lh_real_resolve(void);

/* The address of exit(), 0: not known. Nothing is called there. */
extern uintptr_t lh_real_exit LH_HIDDEN;

/* The originals for interpose/sandbox.c, valid also before the library starts. */
typedef long lh_real_call(long, long, long, long, long, long, long);
extern lh_real_call *lh_real_next_syscall LH_HIDDEN, *lh_real_next_prctl LH_HIDDEN;

/*
 * The original of a SPECIAL row, valid also before the library starts. NULL for a C++ guard call if
 * there is no C++ runtime.
 */
#define LH_REAL(fn) (lh_real_ready(), lh_real.fn)

static inline void lh_real_ready(void)
{
	if (LH_UNLIKELY(!lh_real.resolved))
		lh_real_resolve();
}

#endif
