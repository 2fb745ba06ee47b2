/* Waits on a condition while it holds another lock than the condition's mutex.
 * REPORTS: in a condition wait while it held 'accounts' \[blocking-call\] */
#include "long.h"

static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	pthread_mutex_lock(&inner);
	while (!go)
		pthread_cond_wait(&changed, &inner);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	pthread_t a = in_thread(holder);
	until_go();
	pthread_mutex_lock(&inner);
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&inner);
	pthread_join(a, NULL);
}
