/*
 * A thread may end while it holds a robust mutex: the next owner gets EOWNERDEAD.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a;

static void leaves(void)
{
	lock(&a);
}

int main(void)
{
	pthread_mutexattr_t attr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&a, &attr);
	in_thread(leaves);
	if (lock(&a) != EOWNERDEAD)
		return 1;
	pthread_mutex_consistent(&a);
	unlock(&a);
	return 0;
}
