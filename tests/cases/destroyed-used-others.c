/*
 * A semaphore, a condition and a barrier are used after they were destroyed.
 * EXPECT: invalid-lock s
 * EXPECT: invalid-lock
 * EXPECT: invalid-lock b
 * EXPECT-STACK: posts, signals, meets
 */
#include "case.h"

static sem_t s;
static pthread_cond_t c;
static pthread_barrier_t b;

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
	return 0;
}
