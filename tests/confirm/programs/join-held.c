/*
 * A thread joins another while it holds the lock that the other one acquires before it ends.
 * CAN: if the other thread is late.
 */
#include "scene.h"

MUTEX(state);

static void *use_state(void *arg)
{
	(void)arg;
	lock(state);
	unlock(state);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, use_state, NULL);
	ms(8);
	lock(state);
	pthread_join(thread, NULL);
	unlock(state);
}
