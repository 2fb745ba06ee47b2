/*
 * A recursive mutex is acquired again many times and released as often: nothing is held then. The
 * same with a rwlock that is read again, and a semaphore with several permits.
 * EXPECT: nothing
 */
#include "case.h"

enum { MANY = 20000, DEPTH = 3 };

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
MUTEX(b);
RWLOCK(r);
static sem_t s;

static void a_then_b(void)
{
	for (volatile int i = 0; i < MANY; i++) {
		for (volatile int k = 0; k < DEPTH; k++) {
			lock(&a);
			pthread_rwlock_rdlock(&r);
			sem_wait(&s);
		}
		for (volatile int k = 0; k < DEPTH; k++) {
			sem_post(&s);
			pthread_rwlock_unlock(&r);
			unlock(&a);
		}
	}
	lock(&b);
	unlock(&b);
}

static void b_a(void)
{
	lock(&b);
	lock(&a);
	pthread_rwlock_wrlock(&r);
	sem_wait(&s);
	sem_post(&s);
	pthread_rwlock_unlock(&r);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	sem_init(&s, 0, DEPTH);
	in_turn(a_then_b, b_a);
	return 0;
}
