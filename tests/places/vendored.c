/* vendored.c — the part of a program that is kept outside of its checkout: a queue with its own
 * lock. */
#include <pthread.h>

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static int length;

void queue_push(int by)
{
	pthread_mutex_lock(&queue); /* acquired there */
	length += by;
	pthread_mutex_unlock(&queue);
}

void queue_apply(void (*f)(int))
{
	pthread_mutex_lock(&queue); /* acquired there */
	f(length);
	pthread_mutex_unlock(&queue);
}
