/* contend.c — a thread holds `journal` in a sleep, one waits for it with `accounts` held, and one
 * waits for that. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER, accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begun, next;

static void *owner(void *x)
{
	pthread_mutex_lock(&journal);
	pthread_barrier_wait(&begun);
	usleep(300000);
	if (x)
		pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&journal);
	return x;
}

static void *waiter(void *x)
{
	pthread_barrier_wait(&begun);
	pthread_mutex_lock(&accounts);
	pthread_barrier_wait(&next);
	pthread_mutex_lock(&journal);
	pthread_mutex_unlock(&journal);
	pthread_mutex_unlock(&accounts);
	return x;
}

static void *last(void *x)
{
	pthread_barrier_wait(&next);
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
	return x;
}

int main(int argc, char **argv)
{
	pthread_t t[3];

	pthread_barrier_init(&begun, NULL, 2);
	pthread_barrier_init(&next, NULL, 2);
	pthread_create(&t[0], NULL, owner, argc > 1 ? argv : NULL);
	pthread_setname_np(t[0], "owner");
	pthread_create(&t[1], NULL, waiter, NULL);
	pthread_setname_np(t[1], "waiter");
	pthread_create(&t[2], NULL, last, NULL);
	pthread_setname_np(t[2], "last");
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
