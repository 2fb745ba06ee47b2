/* Two locks in two orders, one thread after the other; with an argument, in one order. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int turn; /* prevents the deadlock */

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *one(void *none)
{
	take(&a, &b);
	turn = 1;
	return none;
}

static void *other(void *fine)
{
	while (!turn)
		sched_yield();
	if (fine)
		take(&a, &b);
	else
		take(&b, &a);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, one, NULL);
	pthread_create(&t[1], NULL, other, argc > 1 ? argv : NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return 0;
}
