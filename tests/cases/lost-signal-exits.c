/* All threads wait for a condition, until a signal handler ends the program.
 * EXPECT: lost-signal(warning)
 * EXPECT-STACK: main
 * OPTIONS: --lost-signal=100ms */
#include "case.h"

#include <signal.h>
#include <sys/time.h>

MUTEX(m);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void ends(int number)
{
	(void)number;
	_exit(0);
}

int main(void)
{
	struct itimerval late = {.it_value = {1, 0}};

	signal(SIGALRM, ends);
	setitimer(ITIMER_REAL, &late, NULL);
	lock(&m);
	for (;;)
		pthread_cond_wait(&c, &m);
}
