/*
 * itt.c — what programs tell Intel's tools about their own locks: the synchronization functions of
 * the ITT API.
 *
 * A program reaches them in one of two ways. It asks for the functions by name. Or the static part
 * of the API, which is linked into the program, loads the library that INTEL_LIBITTNOTIFY64 names
 * and calls __itt_api_init there, which puts functions into the program's table: --itt names this
 * library.
 *
 * An object of this API is a mutex only if its creation says so. Any other may be used to signal,
 * and counts as a lock until a thread releases it that does not hold it. A barrier is no lock.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/text.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

enum { ATTRIBUTE_BARRIER = 1, ATTRIBUTE_MUTEX = 2 };

enum { UNKNOWN = LH_LOCK_RECURSIVE | LH_LOCK_MAY_SIGNAL };

#define CALL                                                                                       \
	(struct lh_call)                                                                           \
	{                                                                                          \
		o, (uintptr_t)__builtin_frame_address(0), LH_CUSTOM, LH_EXCLUSIVE, LH_BLOCKING,    \
			true, 0                                                                    \
	}

LH_EXPORT void __itt_sync_create(void *o, const char *type, const char *name, int attribute)
{
	LH_FORWARD(__itt_sync_create, o, type, name, attribute);
	lh_on_announced_init(&CALL, attribute & ATTRIBUTE_BARRIER ? LH_LOCK_SIGNAL
				    : attribute & ATTRIBUTE_MUTEX ? LH_LOCK_RECURSIVE
								  : UNKNOWN);
	if (name && name[0])
		lh_on_name(&CALL, name);
}

LH_EXPORT void __itt_sync_rename(void *o, const char *name)
{
	LH_FORWARD(__itt_sync_rename, o, name);
	if (name)
		lh_on_name(&CALL, name);
}

LH_EXPORT void __itt_sync_destroy(void *o)
{
	LH_FORWARD(__itt_sync_destroy, o);
	lh_on_announced_destroyed(&CALL, false);
}

LH_EXPORT void __itt_sync_prepare(void *o)
{
	LH_FORWARD(__itt_sync_prepare, o);
	lh_on_announced_wait(&CALL, lh_announced_is_known(o) ? 0 : UNKNOWN);
}

LH_EXPORT void __itt_sync_cancel(void *o)
{
	LH_FORWARD(__itt_sync_cancel, o);
	lh_on_announced_quit(&CALL);
}

/* Without a `prepare` before it this is a try, or the lock was free. */
LH_EXPORT void __itt_sync_acquired(void *o)
{
	LH_FORWARD(__itt_sync_acquired, o);
	lh_on_announced_acquired(&CALL, LH_LOCK_MAY_TRY | (lh_announced_is_known(o) ? 0 : UNKNOWN));
}

LH_EXPORT void __itt_sync_releasing(void *o)
{
	LH_FORWARD(__itt_sync_releasing, o);
	lh_on_announced_release(&CALL, lh_announced_is_known(o) ? 0 : UNKNOWN);
}

/* ---- the table of the static part ---- */

struct itt_function {
	const char *name;
	void **at; /* the pointer through which the program calls the function */
	void *first, *without_collector;
	int group;
};

struct itt_global {
	unsigned char magic[8];
	unsigned long version[3];
	volatile long initialized[3];
	pthread_mutex_t mutex;
	void *library, *error_handler;
	const char **path;
	struct itt_function *functions;
};

static const struct {
	const char *name;
	void (*function)(void);
} ours[] = {
#define OURS(fn) {#fn, (void (*)(void))fn},
	OURS(__itt_sync_create) OURS(__itt_sync_rename) OURS(__itt_sync_destroy)
		OURS(__itt_sync_prepare) OURS(__itt_sync_cancel) OURS(__itt_sync_acquired)
			OURS(__itt_sync_releasing)};

static void *function_of(const char *name)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (lh_text_equal(name, ours[i].name))
			return (void *)ours[i].function;
	return NULL;
}

/* The table ends with a row without a name. Another function than ours is what it is without a
 * collector; so are all functions of libomp, whose locks are a family of their own. */
static void fill(struct itt_function *table, bool ours_too)
{
	enum { FUNCTIONS_MAX = 1000 };
	struct itt_function f;
	char name[64];

	for (int i = 0; i < FUNCTIONS_MAX && lh_sys_copy(&f, &table[i], sizeof(f)) && f.name; i++) {
		__builtin_memset(name, 0, sizeof(name));
		if (!lh_sys_copy(name, f.name, sizeof("__itt_") - 1) ||
		    !lh_text_equal(name, "__itt_"))
			return;
		void *function = ours_too ? function_of(f.name) : NULL;
		*f.at = function ? function : f.without_collector;
	}
}

LH_EXPORT void __itt_api_init(void *global, int groups)
{
	static const unsigned char magic[8] = {0xed, 0xab, 0xab, 0xec, 0x0d, 0xee, 0xda, 0x30};
	struct itt_global g;

	LH_FORWARD(__itt_api_init, global, groups);
	const void *of_libomp = (const void *)(uintptr_t)LH_OUTSIDE(__kmpc_critical);
	bool is_libomp = of_libomp && lh_outside_is_beside(global, of_libomp);
	if (!LH_OUTSIDE(__itt_api_init) && lh_sys_copy(&g, global, sizeof(g)) &&
	    __builtin_memcmp(g.magic, magic, sizeof(magic)) == 0)
		fill(g.functions, !is_libomp);
}
