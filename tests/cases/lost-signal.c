/* The signal comes before the wait, whose thread tests no flag; main joins it.
 * EXPECT: lost-signal <thread>
 * EXPECT-STACK: waits, main
 * OPTIONS: --lost-signal=100ms */
#include "case.h"

MUTEX(m);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void signals(void)
{
	lock(&m);
	pthread_cond_signal(&c);
	unlock(&m);
}
static void waits(void)
{
	lock(&m);
	pthread_cond_wait(&c, &m);
	unlock(&m);
}

int main(void)
{
	in_thread(signals);
	in_thread(waits);
}
