/*
 * A pool of eight workers takes jobs from a queue; all jobs run through the same code. One job in
 * fifty acquires the two locks the other way round.
 * CAN: two workers may have two such jobs at a time.
 */
#include "scene.h"

enum { JOBS = 300, WORKERS = 8 };

MUTEX(a);
MUTEX(b);
MUTEX(queue);
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int made, taken;

static void job(int number)
{
	bool backwards = number % 50 == 20;

	lock(*(backwards ? &b : &a));
	lock(*(backwards ? &a : &b));
	unlock(a);
	unlock(b);
	ms(0.3);
}

static void *worker(void *arg)
{
	for (;;) {
		lock(queue);
		while (taken == made && made < JOBS)
			pthread_cond_wait(&more, &queue);
		int number = taken < made ? taken++ : -1;
		unlock(queue);
		if (number < 0)
			return arg;
		job(number);
	}
}

int main(void)
{
	pthread_t thread[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		pthread_create(&thread[i], NULL, worker, NULL);
	for (int i = 0; i < JOBS; i++) {
		lock(queue);
		made++;
		pthread_cond_broadcast(&more);
		unlock(queue);
		ms(0.05);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
}
