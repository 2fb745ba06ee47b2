/*
 * full.c — exceeds every bound: more locks held at once, more live locks, threads, stacks and
 * dependencies than the tables hold. It prints one line and ends with 3.
 */
#include "../faithful/observe.h"

enum { HELD = 300, LIVE = 300000, THREADS = 600, ORDERS = 400 };
static pthread_mutex_t *many;
static sem_t go, there;
static volatile long wrong;

static __attribute__((noinline)) void deep(int bits, int depth)
{
	/* 2^depth different stacks to one call */
	if (!depth) {
		wrong += pthread_mutex_lock(&many[bits & 1023]) +
			 pthread_mutex_unlock(&many[bits & 1023]);
		return;
	}
	if (bits >> depth & 1)
		deep(bits, depth - 1);
	else
		deep(bits, depth - 1);
	__asm__ volatile("" ::: "memory");
}

static void *waits(void *arg)
{
	sem_post(&there);
	sem_wait(&go);
	return arg;
}

int main(void)
{
	static pthread_t t[THREADS];
	pthread_attr_t a;
	many = calloc(LIVE, sizeof(*many));
	for (int i = 0; i < LIVE; i++)
		wrong += pthread_mutex_lock(&many[i]) + pthread_mutex_unlock(&many[i]);
	for (int i = 0; i < HELD; i++)
		wrong += pthread_mutex_lock(&many[i]);
	for (int i = 0; i < HELD; i++)
		wrong += pthread_mutex_unlock(&many[i * 7 % HELD]);
	for (int i = 0; i < 1 << 14; i++)
		deep(i, 14);
	for (int i = 0; i < ORDERS; i++)
		for (int k = i + 1; k < ORDERS; k++) {
			wrong += pthread_mutex_lock(&many[i]) + pthread_mutex_lock(&many[k]);
			wrong += pthread_mutex_unlock(&many[k]) + pthread_mutex_unlock(&many[i]);
		}
	sem_init(&go, 0, 0);
	sem_init(&there, 0, 0);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	for (long i = 0; i < THREADS; i++)
		wrong += pthread_create(&t[i], &a, waits, NULL);
	for (int i = 0; i < THREADS; i++)
		sem_wait(&there);
	for (int i = 0; i < THREADS; i++)
		sem_post(&go);
	for (int i = 0; i < THREADS; i++)
		wrong += pthread_join(t[i], NULL);
	say("full, %ld wrong\n", wrong);
	return 3;
}
