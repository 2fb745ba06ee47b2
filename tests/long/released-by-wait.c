/* Held for long, and released by a condition wait, which ends the hold.
 * REPORTS: T2 has held 'accounts' for .*\[long-hold\]
 * LATER: long-hold [0-9a-f]+: released after
 * AFTER: released 'accounts' after
 * AFTER: waits_on_cond */
#include "long.h"

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done;

NOINLINE static void waits_on_cond(void)
{
	while (!done)
		pthread_cond_wait(&changed, &accounts);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	sleep_long();
	waits_on_cond();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t t = in_thread(holder);
	until_go();
	for (int is = 0; !is;) { /* until the wait has released the mutex */
		pthread_kill(t, SIGUSR1);
		usleep(1000);
		is = !pthread_mutex_trylock(&accounts);
	}
	done = 1;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&accounts);
	pthread_join(t, NULL);
}
