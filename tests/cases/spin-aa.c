/*
 * A thread acquires a spinlock twice and spins forever.
 * EXPECT: self-deadlock s
 */
#include "case.h"

static pthread_spinlock_t s;

int main(void)
{
	pthread_spin_init(&s, 0);
	pthread_spin_lock(&s);
	pthread_spin_lock(&s);
	return 0;
}
