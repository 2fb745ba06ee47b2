/*
 * A semaphore, a condition, a barrier and a spinlock are used after they were destroyed. A
 * spinlock's bytes do not show it, so that is a warning.
 * EXPECT: invalid-lock s
 * EXPECT: invalid-lock
 * EXPECT: invalid-lock b
 * EXPECT: invalid-lock(warning) p
 * EXPECT-STACK: posts, signals, meets, spins
 */
#include "case.h"

static sem_t s;
static pthread_cond_t c;
static pthread_barrier_t b;
static pthread_spinlock_t p;

static void posts(void)
{
	sem_post(&s);
}

static void signals(void)
{
	pthread_cond_signal(&c);
}

static void meets(void)
{
	pthread_barrier_wait(&b);
}

static void spins(void)
{
	pthread_spin_lock(&p);
	pthread_spin_unlock(&p);
}

int main(void)
{
	sem_init(&s, 0, 0);
	sem_destroy(&s);
	posts();
	pthread_cond_init(&c, NULL);
	pthread_cond_destroy(&c);
	signals();
	pthread_barrier_init(&b, NULL, 1);
	pthread_barrier_destroy(&b);
	meets();
	pthread_spin_init(&p, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_destroy(&p);
	spins();
	return 0;
}
