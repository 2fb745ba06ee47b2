/*
 * sighold and similar calls do not return what they changed: this thread's mask is unknown then.
 * EXPECT: nothing
 */
#include "case.h"
#include <signal.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
MUTEX(m);

static void on_signal(int n UNUSED)
{
	lock(&m), unlock(&m);
}

int main(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	sighold(SIGUSR1);
	lock(&m), unlock(&m);
	sigrelse(SIGUSR1);
	return 0;
}
