/*
 * A semaphore that other threads post is a signal, whatever it looked like before.
 * EXPECT: nothing
 */
#include "case.h"

static sem_t s;
MUTEX(m);

static void looks_like_a_lock(void)
{
	for (int i = 0; i < 3; i++) {
		sem_wait(&s);
		lock(&m);
		unlock(&m);
		sem_post(&s);
	}
}

static void under(void)
{
	lock(&m);
	sem_wait(&s);
	unlock(&m);
}

static void posts(void)
{
	sem_post(&s);
}

int main(void)
{
	sem_init(&s, 0, 1);
	in_turn(looks_like_a_lock, under, posts);
	return 0;
}
