/*
 * closes.c — a cycle that happens or not, for the gate. Usage: closes [happens]. Two threads
 * acquire two locks in opposite orders: one after the other, or, with "happens", each its first
 * lock before either its second.
 */
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static int happens, arrived;

/* Waits until `n` threads have come here. */
static void meet(int n)
{
	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < n)
		sched_yield();
}

static __attribute__((noinline)) void *there(void *p)
{
	pthread_mutex_lock(&left);
	if (happens)
		meet(2);
	pthread_mutex_lock(&right);
	pthread_mutex_unlock(&right);
	pthread_mutex_unlock(&left);
	meet(1);
	return p;
}

static __attribute__((noinline)) void *back(void *p)
{
	if (!happens)
		meet(2);
	pthread_mutex_lock(&right);
	if (happens)
		meet(2);
	pthread_mutex_lock(&left);
	pthread_mutex_unlock(&left);
	pthread_mutex_unlock(&right);
	return p;
}

int main(int argc, char **argv)
{
	pthread_t t[2];

	(void)argv;
	happens = argc > 1;
	pthread_create(&t[0], NULL, there, NULL);
	pthread_create(&t[1], NULL, back, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
