/*
 * thread.h — starts a thread of the front end, with a small stack.
 *
 * The default of 8 MiB counts against a limit on the address space (`ulimit -v`), of which the
 * checked program has the same.
 */
#ifndef LH_UTIL_THREAD_H
#define LH_UTIL_THREAD_H

#include <pthread.h>

/* 0, or an error number. */
static inline int lh_start_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
	enum { STACK_BYTES = 1 << 20 };
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);

	if (error)
		return error;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	error = pthread_create(thread, &attributes, run, argument);
	pthread_attr_destroy(&attributes);
	return error;
}

#endif
