/* All threads wait, and a signal handler posts.
 * EXPECT: nothing
 * OPTIONS: --lost-signal=100ms */
#include "case.h"

#include <signal.h>
#include <sys/time.h>

static sem_t s;

static void posts(int number)
{
	(void)number;
	sem_post(&s);
}

int main(void)
{
	struct itimerval late = {.it_value = {0, 400000}};

	sem_init(&s, 0, 0);
	signal(SIGALRM, posts);
	setitimer(ITIMER_REAL, &late, NULL);
	while (sem_wait(&s))
		;
}
