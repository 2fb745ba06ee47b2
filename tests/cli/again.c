/* A thread acquires two locks in both orders, which is filtered; later another thread does the
 * same, which is a finding. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int whose;

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *both(void *number)
{
	pthread_mutex_lock(&turn);
	while (whose != *(int *)number)
		pthread_cond_wait(&changed, &turn);
	pthread_mutex_unlock(&turn);
	take(&a, &b);
	take(&b, &a);
	usleep(300000); /* long enough for a report, if a filtered cycle were reported */
	pthread_mutex_lock(&turn);
	whose++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&turn);
	return NULL;
}

int main(void)
{
	int number[] = {0, 1};
	pthread_t t[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, both, &number[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
