/* warns.c — holds two locks for long, one after the other. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
	pthread_mutex_lock(&first);
	usleep(200000);
	pthread_mutex_unlock(&first);
	pthread_mutex_lock(&second);
	usleep(200000);
	pthread_mutex_unlock(&second);
}
