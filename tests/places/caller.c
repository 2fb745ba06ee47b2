/* caller.c — the part of the same program that is in the checkout. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

void queue_push(int by);
void queue_apply(void (*f)(int));

static atomic_bool done;
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void *push(void *unused)
{
	pthread_mutex_lock(&table); /* acquired here, acquired there */
	queue_push(1);              /* acquired here */
	pthread_mutex_unlock(&table);
	done = true;
	return unused;
}

static void count(int n)
{
	pthread_mutex_lock(&table); /* acquired here, acquired there */
	if (n < 0)
		abort();
	pthread_mutex_unlock(&table);
}

static void *apply(void *unused)
{
	while (!done)
		sched_yield();
	queue_apply(count); /* acquired here */
	return unused;
}

int main(void)
{
	pthread_t first, second;

	pthread_create(&first, NULL, push, NULL);
	pthread_create(&second, NULL, apply, NULL);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
}
