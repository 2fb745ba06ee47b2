/* Two locks in two orders, one thread after the other; with a word, in one order. */
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void *take(void *second)
{
	pthread_mutex_t *first = second == &a ? &b : &a;

	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t one, two;

	(void)argv;
	pthread_create(&one, NULL, take, &b);
	pthread_create(&two, NULL, take, argc > 1 ? &b : &a);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	return 0;
}
