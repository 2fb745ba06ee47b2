/* abba.c — acquires two locks in both orders, several calls deep, one thread after the other. */
#include <pthread.h>
#include <sched.h>

#define NOINLINE __attribute__((noinline))
#define NO_TAIL_CALL __asm__ volatile("")

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;

NOINLINE static void acquire_both(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
	pthread_mutex_lock(outer);
	pthread_mutex_lock(inner);
	pthread_mutex_unlock(inner);
	pthread_mutex_unlock(outer);
	NO_TAIL_CALL;
}

NOINLINE static void call_deeper(pthread_mutex_t *outer, pthread_mutex_t *inner, int calls)
{
	if (calls)
		call_deeper(outer, inner, calls - 1);
	else
		acquire_both(outer, inner);
	NO_TAIL_CALL;
}

/* No call orders the two threads, but the first is ready before the second begins. */
static int first_is_ready;

static void *left_first(void *unused)
{
	call_deeper(&left, &right, 2);
	__atomic_store_n(&first_is_ready, 1, __ATOMIC_RELEASE);
	return unused;
}

static void *right_first(void *unused)
{
	while (!__atomic_load_n(&first_is_ready, __ATOMIC_ACQUIRE))
		sched_yield();
	call_deeper(&right, &left, 3);
	return unused;
}

int main(void)
{
	pthread_t thread[2];

	pthread_create(&thread[0], NULL, left_first, NULL);
	pthread_create(&thread[1], NULL, right_first, NULL);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	return 0;
}
