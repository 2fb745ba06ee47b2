/*
 * tsan-annotated — a program of ThreadSanitizer with a lock that only annotations explain. If its
 * runtime did not hear them, it would report a data race and change the status.
 * FLAGS: -fsanitize=thread -O1
 */
#include "observe.h"
#include <sanitizer/tsan_interface.h>

static int word;
static long protected;

/* no atomic operation that ThreadSanitizer sees */
__attribute__((no_sanitize_thread, noinline)) static void acquire(void)
{
	__tsan_mutex_pre_lock(&word, 0);
	while (1) {
		int old = 1;
		__asm__ volatile("xchg %0, %1" : "+r"(old), "+m"(word)::"memory");
		if (!old)
			break;
		sched_yield();
	}
	__tsan_mutex_post_lock(&word, 0, 0);
}

__attribute__((no_sanitize_thread, noinline)) static void release(void)
{
	__tsan_mutex_pre_unlock(&word, 0);
	__asm__ volatile("movl $0, %0" : "+m"(word)::"memory");
	__tsan_mutex_post_unlock(&word, 0);
}

static void *adds(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		acquire();
		protected++;
		release();
	}
	return unused;
}

int main(void)
{
	pthread_t t, u;

	__tsan_mutex_create(&word, 0);
	pthread_create(&t, NULL, adds, NULL);
	pthread_create(&u, NULL, adds, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	__tsan_mutex_destroy(&word, 0);
	say("%ld\n", protected);
	return 0;
}
