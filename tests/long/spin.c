/* A spinlock.
 * REPORTS: T2 has held 'ticket' for .*\[long-hold\]
 * AFTER: released 'ticket' after */
#include "long.h"

static pthread_spinlock_t ticket;

static void *holder(void *none)
{
	pthread_spin_lock(&ticket);
	sleep_long();
	pthread_spin_unlock(&ticket);
	return none;
}

int main(void)
{
	let_wake();
	pthread_spin_init(&ticket, 0);
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
