/* Held for long, and given back by a condition wait: that is the end of the hold.
 * TELLS: T2 has held 'accounts' for .*\[long-hold\]
 * LATER: long-hold [0-9a-f]+: released after
 * AFTER: released 'accounts' after
 * AFTER: gives_way */
#include "long.h"

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done;

NOINLINE static void gives_way(void)
{
	while (!done)
		pthread_cond_wait(&changed, &accounts);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	sleep_long();
	gives_way();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t t = in_thread(holder);
	until_go();
	for (int is = 0; !is;) { /* until it has given the mutex back */
		pthread_kill(t, SIGUSR1);
		usleep(1000);
		is = !pthread_mutex_trylock(&accounts);
	}
	done = 1;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&accounts);
	pthread_join(t, NULL);
}
