/* An initialiser that takes long: everybody else waits in pthread_once.
 * TELLS: T2 holds 'started', for .*\[long-hold\]
 * TELLS: initialise */
#include "long.h"

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	sleep_long();
}

static void *first(void *none)
{
	pthread_once(&started, initialise);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(first);
	until_go();
	wake_and_join(a);
}
