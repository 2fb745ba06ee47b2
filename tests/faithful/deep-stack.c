/*
 * deep-stack.c — locks below thousands of frames, in the main thread and in others.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) long down(long depth)
{
	long below = 0;
	if (depth % 100 == 0) {
		below += pthread_mutex_lock(&m) + pthread_mutex_lock(&n);
		below += pthread_mutex_unlock(&n) + pthread_mutex_unlock(&m);
	}
	if (depth)
		below += down(depth - 1) + 1;
	__asm__ volatile("" : "+r"(below));
	return below;
}

static void *thread(void *arg)
{
	return (void *)down((long)arg);
}

int main(void)
{
	observe("start");
	for (long depth = 10; depth <= 100000; depth *= 10)
		show(down(depth));
	show(in_thread(thread, (void *)50000));
	observe("end");
	return 0;
}
