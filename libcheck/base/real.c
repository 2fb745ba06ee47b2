/* real.c — resolves the original functions, and serves the calls that come before. */
#include "libcheck/base/real.h"
#include "libcheck/base/text.h"

#include <errno.h>
#include <stddef.h>

/*
 * glibc's own names for the most common calls. dlsym cannot find them; the loader binds them before
 * any constructor runs. Weak, because other C libraries have none of them.
 */
#if defined(__x86_64__)
#define ALIASED(ROW)                                                                               \
	ROW(pthread_mutex_lock, pthread_mutex_t)                                                   \
	ROW(pthread_mutex_trylock, pthread_mutex_t)                                                \
	ROW(pthread_mutex_unlock, pthread_mutex_t)                                                 \
	ROW(pthread_rwlock_rdlock, pthread_rwlock_t)                                               \
	ROW(pthread_rwlock_tryrdlock, pthread_rwlock_t)                                            \
	ROW(pthread_rwlock_wrlock, pthread_rwlock_t)                                               \
	ROW(pthread_rwlock_trywrlock, pthread_rwlock_t)                                            \
	ROW(pthread_rwlock_unlock, pthread_rwlock_t)
#else
#define ALIASED(ROW)
#endif
#define DECLARE(fn, type)                                                                          \
	extern int __##fn(type *) __attribute__((weak));                                           \
	__asm__(".symver __" #fn ", __" #fn "@GLIBC_2.2.5");
ALIASED(DECLARE)

static int (*alias_of(const void *fn))(void *);

/*
 * The table before lh_real_resolve: for each uniform row a function that calls the alias, or
 * resolves the table if there is no alias.
 */
#define UNIFORM(fn, params, args)                                                                  \
	static int early_##fn params                                                               \
	{                                                                                          \
		int (*alias)(void *) = alias_of((const void *)early_##fn);                         \
		if (alias && !lh_real.resolved)                                                    \
			return alias((void *)(uintptr_t)o);                                        \
		lh_real_ready();                                                                   \
		return lh_real.fn args;                                                            \
	}
#include "libcheck/calls.def"

static int (*alias_of(const void *fn))(void *)
{
#define RETURN_IF(name, type)                                                                      \
	if (fn == (const void *)early_##name)                                                      \
		return (int (*)(void *))(void *)__##name;
	ALIASED(RETURN_IF)
	(void)fn;
	return NULL;
}

struct lh_real lh_real = {
#define UNIFORM(fn, ...) .fn = early_##fn,
#include "libcheck/calls.def"
};

/* Before lh_real_resolve: the same result as glibc's functions, without a call of the loader. */
static long early_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long rc = lh_syscall(n, a, b, c, d, e, f);

	if (rc >= 0 || rc < -4095)
		return rc;
	errno = (int)-rc;
	return -1;
}

static long early_prctl(long option, long a, long b, long c, long d, long e, long f)
{
	(void)e, (void)f;
	return early_syscall(SYS_prctl, (int)option, a, b, c, d, 0);
}

lh_real_call *lh_real_next_syscall = early_syscall, *lh_real_next_prctl = early_prctl;

extern __typeof__(dlvsym) dlvsym __attribute__((weak));
extern void *__cxa_begin_catch(void *) __attribute__((weak));

/*
 * - glibc has two sets of condition functions; before glibc 2.36 dlsym finds the old set.
 * - If a name is missing, dlsym allocates memory and leaves an error text that the program could
 *   see. So C++ guards are looked up only if the C++ runtime is there.
 */
static void *find(const char *name)
{
	void *at = NULL;

	if (lh_text_begins(name, "__cxa_guard") && !__cxa_begin_catch)
		return NULL;
	if (lh_text_begins(name, "pthread_cond_") && dlvsym &&
	    !lh_text_begins(name, "pthread_cond_clock"))
		at = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
	return at ? at : dlsym(RTLD_NEXT, name);
}

static void store(void *slot, const char *name, bool *missing)
{
	void *at = find(name);

	if (at)
		*(void **)slot = at;
	else
		*missing = true;
}

uintptr_t lh_real_exit;

void lh_real_resolve(void)
{
	bool missing = false;

	if (lh_real.resolved)
		return;
#define UNIFORM(fn, ...) store(&lh_real.fn, #fn, &missing);
#define SPECIAL(fn) store(&lh_real.fn, #fn, &missing);
#include "libcheck/calls.def"
	lh_real_exit = (uintptr_t)find("exit");
	if (missing)
		dlerror();
	if (lh_real.syscall)
		lh_real_next_syscall = (lh_real_call *)(void *)lh_real.syscall;
	if (lh_real.prctl)
		lh_real_next_prctl = (lh_real_call *)(void *)lh_real.prctl;
	lh_real.resolved = true;
}
