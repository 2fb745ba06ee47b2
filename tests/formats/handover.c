/* handover.c — two threads acquire two locks in opposite orders: the second one when a condition or
 * (argument `semaphore`) a semaphore says that the first one is done; with the argument "it's free"
 * after some time. */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static sem_t posted;
static bool done, is_free, by_semaphore;

static void tell(void)
{
	if (by_semaphore) {
		sem_post(&posted);
		return;
	}
	pthread_mutex_lock(&m);
	done = true;
	pthread_cond_signal(&ready);
	pthread_mutex_unlock(&m);
}

static void *first(void *unused)
{
	pthread_mutex_lock(&a);
	pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b);
	pthread_mutex_unlock(&a);
	tell();
	return unused;
}

static void *second(void *unused)
{
	if (is_free)
		usleep(50000); /* so that the threads do not meet in the run that predicts */
	if (by_semaphore)
		sem_wait(&posted);
	pthread_mutex_lock(&m);
	while (!done && !is_free && !by_semaphore)
		pthread_cond_wait(&ready, &m);
	pthread_mutex_unlock(&m);
	pthread_mutex_lock(&b);
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&b);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t one, two;

	is_free = argc > 1 && strcmp(argv[1], "it's free") == 0;
	by_semaphore = argc > 1 && strcmp(argv[1], "semaphore") == 0;
	sem_init(&posted, 0, 0);
	pthread_create(&one, NULL, first, NULL);
	pthread_create(&two, NULL, second, NULL);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	return 0;
}
