/*
 * libc-silent.c — stdio, malloc, getaddrinfo, atexit, timers: locks that libc acquires for itself.
 * These calls do not pass through us, and nothing of them may change.
 */
#include "observe.h"
#include <netdb.h>

static int exits;

static void at_exit(void)
{
	if (++exits == 20)
		say("20 exits\n");
}

static void *storm(void *arg)
{
	FILE *f = fopen("/dev/null", "w");
	for (int i = 0; i < 2000; i++) {
		void *p = malloc((size_t)(i % 500) + 1);
		fprintf(f, "%d %p\n", i, p);
		free(p);
	}
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found = NULL;
	int rc = getaddrinfo("127.0.0.1", "80", &hints, &found);
	if (!rc)
		freeaddrinfo(found);
	fclose(f);
	return (char *)arg + rc;
}

int main(void)
{
	pthread_t t[8];
	long sum = 0;
	observe("start");
	for (int i = 0; i < 20; i++)
		atexit(at_exit);
	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, storm, (void *)i);
	for (int i = 0; i < 8; i++) {
		void *got;
		pthread_join(t[i], &got);
		sum += (long)got;
	}
	timer_t timer;
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	show(timer_create(CLOCK_MONOTONIC, &none, &timer));
	show(timer_delete(timer));
	show(sum);
	observe("end");
	return 0;
}
