/*
 * paths.c — one mistake on many call paths, for the gate. Usage: paths [FIRST]. enter() acquires
 * `outer` and under it `inner`, and keeps `inner`; leave() acquires `outer` again. Two threads, one
 * after the other, call both through six functions, beginning with number FIRST (0).
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline, noclone))

enum { CALLS = 6 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static int first, turn;

KEEP static void enter(void)
{
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(&inner);
	pthread_mutex_unlock(&outer);
	__asm__ volatile("");
}

KEEP static void leave(void)
{
	pthread_mutex_lock(&outer);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&outer);
	__asm__ volatile("");
}

#define CALL(n)                                                                                    \
	KEEP static void call_##n(void)                                                            \
	{                                                                                          \
		enter();                                                                           \
		leave();                                                                           \
		__asm__ volatile("" : : "i"(n));                                                   \
	}
CALL(0)
CALL(1)
CALL(2)
CALL(3)
CALL(4)
CALL(5)

static void *work(void *number)
{
	static void (*const call[CALLS])(void) = {call_0, call_1, call_2, call_3, call_4, call_5};

	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != *(int *)number)
		sched_yield();
	for (int i = 0; i < CALLS; i++)
		call[(first + i) % CALLS]();
	__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(int argc, char **argv)
{
	static int number[2] = {0, 1};
	pthread_t thread[2];

	first = argc > 1 ? atoi(argv[1]) : 0;
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, work, &number[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
