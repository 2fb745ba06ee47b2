/*
 * A try-lock of a spinlock that the thread holds returns EBUSY.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_spinlock_t s;

int main(void)
{
	pthread_spin_init(&s, 0);
	pthread_spin_lock(&s);
	if (pthread_spin_trylock(&s) != EBUSY)
		return 1;
	pthread_spin_unlock(&s);
	pthread_spin_destroy(&s);
	return 0;
}
