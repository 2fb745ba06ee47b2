/*
 * Two spinlocks in two orders.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

static pthread_spinlock_t a, b;

static void a_b(void)
{
	pthread_spin_lock(&a);
	pthread_spin_lock(&b);
	pthread_spin_unlock(&b);
	pthread_spin_unlock(&a);
}

static void b_a(void)
{
	ms(5);
	pthread_spin_lock(&b);
	pthread_spin_lock(&a);
	pthread_spin_unlock(&a);
	pthread_spin_unlock(&b);
}

int main(void)
{
	pthread_spin_init(&a, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_init(&b, PTHREAD_PROCESS_PRIVATE);
	side_by_side(a_b, b_a);
}
