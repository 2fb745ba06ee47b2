/* Near miss: during a condition wait its mutex is not held.
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * NOT: 'accounts' */
#include "long.h"

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *waiter(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	while (!go)
		pthread_cond_wait(&changed, &accounts);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	pthread_t a = in_thread(waiter);
	canary(1);
	pthread_mutex_lock(&accounts);
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&accounts);
	pthread_join(a, NULL);
}
