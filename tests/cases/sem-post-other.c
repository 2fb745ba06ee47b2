/*
 * Another thread posts a semaphore, which is allowed.
 * EXPECT: nothing
 */
#include "case.h"

static sem_t s;

static void posts(void)
{
	sem_post(&s);
}

int main(void)
{
	sem_init(&s, 0, 1);
	sem_wait(&s);
	in_thread(posts);
	sem_wait(&s);
	sem_post(&s);
	sem_post(&s);
	return 0;
}
