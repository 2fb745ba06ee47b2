/*
 * Spinlocks in two orders.
 * EXPECT: lock-order s t
 */
#include "case.h"

static pthread_spinlock_t s, t;

static void s_t(void)
{
	pthread_spin_lock(&s);
	pthread_spin_lock(&t);
	pthread_spin_unlock(&t);
	pthread_spin_unlock(&s);
}

static void t_s(void)
{
	pthread_spin_lock(&t);
	pthread_spin_lock(&s);
	pthread_spin_unlock(&s);
	pthread_spin_unlock(&t);
}

int main(void)
{
	pthread_spin_init(&s, 0);
	pthread_spin_init(&t, 0);
	in_turn(s_t, t_s);
	return 0;
}
