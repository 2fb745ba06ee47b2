/*
 * A spinlock is released after it was destroyed: no thread holds it, and that is certain.
 * EXPECT: unlock-not-held p
 */
#include "case.h"

static pthread_spinlock_t p;

int main(void)
{
	pthread_spin_init(&p, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_lock(&p);
	pthread_spin_unlock(&p);
	pthread_spin_destroy(&p);
	pthread_spin_unlock(&p);
	return 0;
}
