/* Taken in one function, given back in another one.
 * TELLS: T2 has held 'accounts' for .*\[long-hold\]
 * TELLS: take_it
 * AFTER: released 'accounts' after
 * AFTER: give_it_back */
#include "long.h"

NOINLINE static void take_it(void)
{
	pthread_mutex_lock(&accounts);
}

NOINLINE static void give_it_back(void)
{
	pthread_mutex_unlock(&accounts);
}

static void *holder(void *none)
{
	take_it();
	sleep_long();
	give_it_back();
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
