/*
 * A lock comes and goes at one place. A second thread has acquired an earlier one by the same call;
 * the first thread holds the next one while it joins the second. What the second thread has
 * acquired is gone.
 * EXPECT: nothing
 */
#include "joined.h"

enum { ROUNDS = 8 };
static pthread_mutex_t m;
static pthread_t second;
static volatile int there, taken;

/* Both threads acquire the lock by the same call on the same stack. */
static void *run(void *first)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (first)
			pthread_mutex_init(&m, NULL);
		else
			wait_until(&there);
		lock(&m);
		if (first && i == ROUNDS - 1)
			pthread_join(second, NULL);
		unlock(&m);
		if (!first) {
			taken = 1;
			break;
		}
		if (i == ROUNDS - 2) {
			there = 1;
			wait_until(&taken);
		}
		pthread_mutex_destroy(&m);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&second, NULL, run, NULL);
	pthread_create(&thread, NULL, run, &m);
	pthread_join(thread, NULL);
	return 0;
}
