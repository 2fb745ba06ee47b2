/*
 * Names are given to locks before their first use: a static mutex, a mutex that is initialized
 * later, an rwlock, a semaphore.
 * EXPECT: lock-order accounts journal
 * EXPECT: lock-order audit rates
 * FLAGS: -Ilibcheck
 */
#include "case.h"
#include "lockhound.h"

MUTEX(a);
static pthread_mutex_t b;
RWLOCK(c);
static sem_t d;

static void abba(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
	pthread_rwlock_wrlock(&c);
	sem_wait(&d);
	sem_post(&d);
	pthread_rwlock_unlock(&c);
}
static void baab(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	sem_wait(&d);
	pthread_rwlock_wrlock(&c);
	pthread_rwlock_unlock(&c);
	sem_post(&d);
}

int main(void)
{
	lockhound_name(&a, "accounts");
	lockhound_name(&b, "journal");
	lockhound_name(&c, "rates");
	lockhound_name(&d, "audit");
	pthread_mutex_init(&b, NULL);
	sem_init(&d, 0, 1);
	in_turn(abba, baab);
	return 0;
}
