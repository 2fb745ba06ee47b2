/*
 * openmp_team.c — parallel regions and barriers of OpenMP, which order the threads of a team.
 *
 * A region is a function of the program that each thread of the team calls. A function of ours is
 * passed in its place, so that the thread can say when it begins and ends its part; the region lies
 * on the stack of the thread that begins it, which waits for the others before it goes on.
 */
#include "libcheck/base/outside.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

#include <stdarg.h>

struct region {
	void *first; /* the data's first word, for GOMP_parallel_reductions, which reads it */
	void (*fn)(void *);
	void *data;
	/* a function of the library that runs the region; NULL: do not ask for its threads */
	const void *runtime;
	struct lh_team team;
};

#define CALL() LH_CALL(NULL, OMP_CRITICAL, EXCLUSIVE, BLOCKING)

/* omp_get_num_threads of the library that has this function. The places are filled once, and serve
 * all regions that begin by one function. */
static int (*threads_of(const void *runtime))(void)
{
	enum { PLACES = 32, BUSY = 1 };
	static struct {
		uintptr_t runtime;
		int (*threads)(void);
	} known[PLACES];
	uintptr_t key = (uintptr_t)runtime, none = 0;
	__typeof__(known[0]) *k = &known[key / 16 % PLACES];

	if (LH_LIKELY(__atomic_load_n(&k->runtime, __ATOMIC_ACQUIRE) == key))
		return k->threads;
	int (*threads)(void) =
		(int (*)(void))lh_outside_find_beside(runtime, "omp_get_num_threads");
	if (__atomic_compare_exchange_n(&k->runtime, &none, BUSY, false, __ATOMIC_ACQ_REL,
					__ATOMIC_RELAXED)) {
		k->threads = threads;
		__atomic_store_n(&k->runtime, key, __ATOMIC_RELEASE);
	}
	return threads;
}

/* A nested region often has one thread only. The library of the region must say so, because another
 * one does not know the region. */
static bool is_alone(const void *runtime)
{
	int (*threads)(void) = runtime ? threads_of(runtime) : NULL;

	return threads && threads() == 1;
}

static void run(void *region)
{
	struct region *r = region;
	struct lh_call call = CALL();
	uint32_t outer = lh_on_team_begin(&call, &r->team, is_alone(r->runtime));

	r->fn(r->data);
	lh_on_team_end(&call, outer);
}

static void fork_team(const struct lh_call *call, struct region *r, const void *runtime,
		      void (*fn)(void *), void *data)
{
	r->fn = fn;
	r->data = data;
	r->runtime = runtime;
	lh_on_team_fork(call, &r->team);
}

/* Without the library, the calling thread is the team. */
#define REGION(name, params, args)                                                                 \
	LH_EXPORT void name params                                                                 \
	{                                                                                          \
		__typeof__(name) *real = LH_OUTSIDE(name);                                         \
		struct lh_call call = CALL();                                                      \
		struct region r;                                                                   \
		if (LH_UNLIKELY(!real)) {                                                          \
			fn(data);                                                                  \
			return;                                                                    \
		}                                                                                  \
		fork_team(&call, &r, (const void *)real, fn, data);                                \
		real args;                                                                         \
		lh_on_team_join(&call, &r.team);                                                   \
	}

REGION(GOMP_parallel, (LH_GOMP_REGION, unsigned flags), (run, &r, threads, flags))
REGION(GOMP_parallel_sections, (LH_GOMP_REGION, unsigned count, unsigned flags),
       (run, &r, threads, count, flags))
#define LOOP(name)                                                                                 \
	REGION(name, (LH_GOMP_LOOP, long chunk, unsigned flags),                                   \
	       (run, &r, threads, start, end, step, chunk, flags))
LOOP(GOMP_parallel_loop_static)
LOOP(GOMP_parallel_loop_dynamic)
LOOP(GOMP_parallel_loop_guided)
LOOP(GOMP_parallel_loop_nonmonotonic_dynamic)
LOOP(GOMP_parallel_loop_nonmonotonic_guided)
#define RUNTIME_LOOP(name)                                                                         \
	REGION(name, (LH_GOMP_LOOP, unsigned flags), (run, &r, threads, start, end, step, flags))
RUNTIME_LOOP(GOMP_parallel_loop_runtime)
RUNTIME_LOOP(GOMP_parallel_loop_nonmonotonic_runtime)
RUNTIME_LOOP(GOMP_parallel_loop_maybe_nonmonotonic_runtime)

LH_EXPORT unsigned GOMP_parallel_reductions(LH_GOMP_REGION, unsigned flags)
{
	__typeof__(GOMP_parallel_reductions) *real = LH_OUTSIDE(GOMP_parallel_reductions);
	struct lh_call call = CALL();
	struct region r = {.first = *(void **)data};

	if (LH_UNLIKELY(!real)) {
		fn(data);
		return 1;
	}
	fork_team(&call, &r, (const void *)real, fn, data);
	unsigned n = real(run, &r, threads, flags);
	lh_on_team_join(&call, &r.team);
	return n;
}

/* ---- gcc before 4.9: the caller calls the function itself, between two calls ---- */

/* The outermost region of the calling thread that has begun so; one inside it orders nothing. NULL:
 * this is another, or the thread is not recorded. */
static struct region *outermost(struct lh_self *self)
{
	_Static_assert(sizeof(struct region) <= sizeof(self->team_region), "it fits");
	return self->team_started == 1 ? (struct region *)(void *)self->team_region : NULL;
}

static void start_team(const struct lh_call *call, const void *runtime, void (**fn)(void *),
		       void **data)
{
	struct lh_self *self = lh_self_get();

	if (!self->live)
		return;
	self->team_started++;
	struct region *r = outermost(self);
	if (!r)
		return;
	fork_team(call, r, runtime, *fn, *data);
	*fn = run;
	*data = r;
}

static void team_started(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct region *r = outermost(self);

	if (r)
		self->team_outer = lh_on_team_begin(call, &r->team, is_alone(r->runtime));
}

#define START(name, params, args)                                                                  \
	LH_EXPORT void name params                                                                 \
	{                                                                                          \
		__typeof__(name) *real = LH_OUTSIDE(name);                                         \
		struct lh_call call = CALL();                                                      \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		start_team(&call, (const void *)real, &fn, &data);                                 \
		real args;                                                                         \
		team_started(&call);                                                               \
	}

START(GOMP_parallel_start, (LH_GOMP_REGION), (fn, data, threads))
START(GOMP_parallel_sections_start, (LH_GOMP_REGION, unsigned count), (fn, data, threads, count))
START(GOMP_parallel_loop_static_start, (LH_GOMP_LOOP, long chunk),
      (fn, data, threads, start, end, step, chunk))
START(GOMP_parallel_loop_dynamic_start, (LH_GOMP_LOOP, long chunk),
      (fn, data, threads, start, end, step, chunk))
START(GOMP_parallel_loop_guided_start, (LH_GOMP_LOOP, long chunk),
      (fn, data, threads, start, end, step, chunk))
START(GOMP_parallel_loop_runtime_start, (LH_GOMP_LOOP), (fn, data, threads, start, end, step))

LH_EXPORT void GOMP_parallel_end(void)
{
	__typeof__(GOMP_parallel_end) *real = LH_OUTSIDE(GOMP_parallel_end);
	struct lh_call call = CALL();
	struct lh_self *self = lh_self_get();
	struct region *r = outermost(self);

	if (r)
		lh_on_team_end(&call, self->team_outer);
	if (LH_LIKELY(real != NULL))
		real();
	if (r)
		lh_on_team_join(&call, &r->team);
	if (self->team_started)
		self->team_started--;
}

/* ---- clang: the function gets its arguments one by one ---- */

/*
 * The caller of a function removes the arguments, so a function may be called with more than it
 * takes. No compiler passes more than ARGUMENTS_MAX.
 */
enum { ARGUMENTS_FEW = 14, ARGUMENTS_MANY = 62, ARGUMENTS_MAX = 1022 };

struct micro_region {
	struct region region;
	void **argument;
	int n;
};

typedef void microtask(int *, int *, ...);

#define A2(i) a[i], a[(i) + 1]
#define A4(i) A2(i), A2((i) + 2)
#define A16(i) A4(i), A4((i) + 4), A4((i) + 8), A4((i) + 12)
#define A64(i) A16(i), A16((i) + 16), A16((i) + 32), A16((i) + 48)
#define A256(i) A64(i), A64((i) + 64), A64((i) + 128), A64((i) + 192)

static __attribute__((noinline)) void call_many(microtask *fn, int *thread, int *bound, void **a)
{
	fn(thread, bound, A16(0), A16(16), A16(32), A4(48), A4(52), A4(56), A2(60));
}

static __attribute__((noinline)) void call_max(microtask *fn, int *thread, int *bound, void **a)
{
	fn(thread, bound, A256(0), A256(256), A256(512), A64(768), A64(832), A64(896), A16(960),
	   A16(976), A16(992), A4(1008), A4(1012), A4(1016), A2(1020));
}

static void call_microtask(const struct micro_region *r, int *thread, int *bound)
{
	microtask *fn = (microtask *)(void *)r->region.fn;
	void **a = r->argument;

	if (r->n <= ARGUMENTS_FEW)
		fn(thread, bound, A4(0), A4(4), A4(8), A2(12));
	else if (r->n <= ARGUMENTS_MANY)
		call_many(fn, thread, bound, a);
	else
		call_max(fn, thread, bound, a);
}

static void run_microtask(int *thread, int *bound, struct micro_region *r)
{
	struct lh_call call = CALL();
	uint32_t outer = lh_on_team_begin(&call, &r->region.team, is_alone(r->region.runtime));

	call_microtask(r, thread, bound);
	lh_on_team_end(&call, outer);
}

typedef void fork_function(void *place, int n, void *fn, ...);

static void fork_microtask(const struct lh_call *call, fork_function *real, void *place,
			   struct micro_region *r, va_list arguments)
{
	for (int i = 0; i < r->n; i++)
		r->argument[i] = va_arg(arguments, void *);
	fork_team(call, &r->region, r->region.runtime, r->region.fn, NULL);
	real(place, 1, (void *)run_microtask, r);
	lh_on_team_join(call, &r->region.team);
}

/* Each uses as much of the stack as it needs. */
#define FORK_UP_TO(name, max)                                                                      \
	static __attribute__((noinline)) void name(const struct lh_call *call,                     \
						   fork_function *real, void *place,               \
						   struct micro_region *r, va_list arguments)      \
	{                                                                                          \
		void *argument[max] = {0};                                                         \
		r->argument = argument;                                                            \
		fork_microtask(call, real, place, r, arguments);                                   \
	}
FORK_UP_TO(fork_few, ARGUMENTS_FEW)
FORK_UP_TO(fork_many, ARGUMENTS_MANY)
FORK_UP_TO(fork_max, ARGUMENTS_MAX)

#define FORK(name, asked)                                                                          \
	LH_EXPORT void name(void *place, int n, void *fn, ...)                                     \
	{                                                                                          \
		fork_function *real = LH_OUTSIDE(name);                                            \
		struct lh_call call = CALL();                                                      \
		struct micro_region r = {.n = n};                                                  \
		va_list arguments;                                                                 \
		if (LH_UNLIKELY(!real || n > ARGUMENTS_MAX))                                       \
			return;                                                                    \
		r.region.fn = (void (*)(void *))fn;                                                \
		r.region.runtime = (asked) ? (const void *)real : NULL;                            \
		va_start(arguments, fn);                                                           \
		(n <= ARGUMENTS_FEW    ? fork_few                                                  \
		 : n <= ARGUMENTS_MANY ? fork_many                                                 \
				       : fork_max)(&call, real, place, &r, arguments);             \
		va_end(arguments);                                                                 \
	}
FORK(__kmpc_fork_call, true)
/* each thread of a league is a team of its own, which has one thread */
FORK(__kmpc_fork_teams, false)

/* ---- barriers ---- */

#define BARRIER(name, params, args)                                                                \
	LH_EXPORT void name params                                                                 \
	{                                                                                          \
		__typeof__(name) *real = LH_OUTSIDE(name);                                         \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		real args;                                                                         \
		lh_on_team_barrier(CALL());                                                        \
	}
/* Returns whether the region was cancelled: 0 without the library. */
#define CANCEL_BARRIER(type, name, params, args)                                                   \
	LH_EXPORT type name params                                                                 \
	{                                                                                          \
		__typeof__(name) *real = LH_OUTSIDE(name);                                         \
		type cancelled = real ? real args : 0;                                             \
		lh_on_team_barrier(CALL());                                                        \
		return cancelled;                                                                  \
	}

BARRIER(GOMP_barrier, (void), ())
BARRIER(GOMP_loop_end, (void), ())
BARRIER(GOMP_sections_end, (void), ())
CANCEL_BARRIER(bool, GOMP_barrier_cancel, (void), ())
CANCEL_BARRIER(bool, GOMP_loop_end_cancel, (void), ())
CANCEL_BARRIER(bool, GOMP_sections_end_cancel, (void), ())
BARRIER(__kmpc_barrier, (void *place, int thread), (place, thread))
CANCEL_BARRIER(int, __kmpc_cancel_barrier, (void *place, int thread), (place, thread))
BARRIER(__kmpc_copyprivate,
	(void *place, int thread, size_t size, void *data, void (*copy)(void *, void *),
	 int single),
	(place, thread, size, data, copy, single))

/* One thread gets NULL and ends the barrier by the other call; the others get its data. */
LH_EXPORT void *GOMP_single_copy_start(void)
{
	__typeof__(GOMP_single_copy_start) *real = LH_OUTSIDE(GOMP_single_copy_start);
	void *data = real ? real() : NULL;

	if (data)
		lh_on_team_barrier(CALL());
	return data;
}

BARRIER(GOMP_single_copy_end, (void *data), (data))
