/*
 * Two pools of eight workers that count themselves out and are joined under the pool's lock, which
 * they acquire at two places: one finding.
 * EXPECT: lock-order(warning) <thread> pool->mutex
 */
#include "case.h"

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t done;
	int running, started;
	pthread_t worker[8];
};

static void *works(void *arg)
{
	struct pool *p = arg;
	lock(&p->mutex);
	p->started++;
	unlock(&p->mutex);
	lock(&p->mutex);
	p->running--;
	pthread_cond_broadcast(&p->done);
	unlock(&p->mutex);
	return NULL;
}

static void stop(struct pool *p)
{
	lock(&p->mutex);
	while (p->running)
		pthread_cond_wait(&p->done, &p->mutex);
	for (int i = 0; i < 8; i++)
		pthread_join(p->worker[i], NULL);
	unlock(&p->mutex);
}

static void run(struct pool *p)
{
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->done, NULL);
	p->running = 8;
	for (int i = 0; i < 8; i++)
		pthread_create(&p->worker[i], NULL, works, p);
	stop(p);
}

int main(void)
{
	struct pool *pool = calloc(2, sizeof(*pool));
	run(&pool[0]);
	run(&pool[1]);
	free(pool);
	return 0;
}
