/*
 * An initializer that pthread_once runs acquires a lock; another thread calls pthread_once with
 * that lock held.
 * CAN: the second thread has the lock when the first one is in the initializer.
 */
#include "scene.h"

MUTEX(table);
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(void)
{
	ms(1);
	lock(table);
	unlock(table);
}

static void first(void)
{
	pthread_once(&made, make);
}

static void second(void)
{
	ms(8);
	lock(table);
	pthread_once(&made, make);
	unlock(table);
}

int main(void)
{
	side_by_side(first, second);
}
