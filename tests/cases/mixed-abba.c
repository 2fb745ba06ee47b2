/*
 * A mutex, a spinlock, an rwlock and a semaphore in a cycle.
 * EXPECT: lock-order m r s t
 */
#include "case.h"

MUTEX(m);
RWLOCK(r);
static pthread_spinlock_t s;
static sem_t t;

static void m_s(void)
{
	lock(&m);
	pthread_spin_lock(&s);
	pthread_spin_unlock(&s);
	unlock(&m);
}

static void s_r(void)
{
	pthread_spin_lock(&s);
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_spin_unlock(&s);
}

static void r_t(void)
{
	for (int i = 0; i < 3; i++) {
		pthread_rwlock_wrlock(&r);
		sem_wait(&t);
		sem_post(&t);
		pthread_rwlock_unlock(&r);
	}
}

static void t_m(void)
{
	for (int i = 0; i < 3; i++) {
		sem_wait(&t);
		lock(&m);
		unlock(&m);
		sem_post(&t);
	}
}

int main(void)
{
	pthread_spin_init(&s, 0);
	sem_init(&t, 0, 1);
	in_turn(m_s, s_r, r_t, t_m);
	return 0;
}
