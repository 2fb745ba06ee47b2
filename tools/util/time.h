/* time.h — the monotonic clock and a thread's processor time, in nanoseconds. */
#ifndef LH_UTIL_TIME_H
#define LH_UTIL_TIME_H

#include <stdint.h>
#include <time.h>

#define LH_MS 1000000ull

static inline uint64_t lh_time_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The processor time of the calling thread: on a busy machine the other clock says little of a
 * cost. */
static inline uint64_t lh_time_own(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* From `earlier` to `later`; 0 if it is not. */
static inline uint64_t lh_time_between(uint64_t later, uint64_t earlier)
{
	return later > earlier ? later - earlier : 0;
}

#endif
