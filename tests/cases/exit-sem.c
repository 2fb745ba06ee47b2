/*
 * A thread ends with a permit of a semaphore, which another thread posts.
 * EXPECT: nothing
 */
#include "case.h"

static sem_t s;

static void takes(void)
{
	sem_wait(&s);
}

int main(void)
{
	sem_init(&s, 0, 1);
	in_thread(takes);
	sem_post(&s);
	in_thread(takes);
	return 0;
}
