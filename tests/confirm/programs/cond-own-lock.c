/*
 * A thread waits on a condition with a lock of the cycle, until the other thread has set a value,
 * which it does while it holds both locks.
 * CANNOT: the other thread wants no lock of the cycle afterwards.
 * NEAR CAN: it does so a second time.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
static pthread_cond_t set = PTHREAD_COND_INITIALIZER;
static int value;

static void reader(void)
{
	lock(a);
	while (!value)
		pthread_cond_wait(&set, &a);
	lock(b);
	unlock(b);
	unlock(a);
}

static void writer(void)
{
	ms(1);
#ifdef NEAR
	for (int i = 0; i < 2; i++)
#endif
	{
		lock(b);
		lock(a);
		value++;
		pthread_cond_signal(&set);
		unlock(a);
		unlock(b);
		ms(4);
	}
}

int main(void)
{
	side_by_side(reader, writer);
}
