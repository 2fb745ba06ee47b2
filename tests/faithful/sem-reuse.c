/*
 * sem-reuse.c — semaphores initialized and destroyed at the same addresses all the time, posted by
 * others, as an interpreter's condition variables do.
 */
#include "observe.h"

static sem_t *handed;
static sem_t ready;
static volatile int stop;

static void *poster(void *arg)
{
	for (;;) {
		sem_wait(&ready);
		if (stop)
			return arg;
		sem_post(handed);
	}
}

int main(void)
{
	pthread_t t;
	int wrong = 0;
	observe("start");
	sem_init(&ready, 0, 0);
	pthread_create(&t, NULL, poster, NULL);
	for (int i = 0; i < 5000; i++) {
		sem_t *s = malloc(sizeof(*s));
		wrong += sem_init(s, 0, 1);
		wrong += sem_trywait(s);
		wrong += sem_trywait(s) != -1 || errno != EAGAIN;
		handed = s;
		sem_post(&ready);
		wrong += sem_wait(s);
		wrong += sem_destroy(s);
		free(s);
	}
	stop = 1;
	sem_post(&ready);
	pthread_join(t, NULL);
	show(wrong);
	observe("end");
	return 0;
}
