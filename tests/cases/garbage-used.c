/*
 * Locks in memory that was never initialized and holds other data.
 * EXPECT: invalid-lock m
 * EXPECT: invalid-lock r
 * EXPECT: invalid-lock s
 * EXPECT: invalid-lock
 * EXPECT-STACK: gives, reads, tries, signals
 */
#include "case.h"

static pthread_mutex_t m;
static pthread_rwlock_t r;
static sem_t s;
static pthread_cond_t c;

static void gives(void)
{
	unlock(&m);
}

static void reads(void)
{
	pthread_rwlock_tryrdlock(&r);
}

static void tries(void)
{
	sem_trywait(&s); /* glibc would end the program in a post */
}

static void signals(void)
{
	c.__data.__wrefs = 4; /* other garbage would make the call hang */
	pthread_cond_signal(&c);
}

int main(void)
{
	memset(&m, 0xa5, sizeof(m));
	memset(&r, 0x5a, sizeof(r));
	memset(&s, 0x5a, sizeof(s));
	gives();
	reads();
	tries();
	signals();
	return 0;
}
