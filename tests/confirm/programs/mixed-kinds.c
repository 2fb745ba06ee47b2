/*
 * A cycle of three through a mutex, an rwlock and a spinlock.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(m);
RWLOCK(rw);
static pthread_spinlock_t spin;

static void mutex_rwlock(void)
{
	lock(m);
	pthread_rwlock_wrlock(&rw);
	pthread_rwlock_unlock(&rw);
	unlock(m);
}

static void rwlock_spinlock(void)
{
	ms(3);
	pthread_rwlock_rdlock(&rw);
	pthread_spin_lock(&spin);
	pthread_spin_unlock(&spin);
	pthread_rwlock_unlock(&rw);
}

static void spinlock_mutex(void)
{
	ms(6);
	pthread_spin_lock(&spin);
	lock(m);
	unlock(m);
	pthread_spin_unlock(&spin);
}

int main(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	side_by_side(mutex_rwlock, rwlock_spinlock, spinlock_mutex);
}
