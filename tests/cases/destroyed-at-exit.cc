/*
 * Static objects destroy their locks at exit; other objects, an exit handler and a thread that
 * still runs use them later.
 * EXPECT: nothing
 */
#include <cstdlib>
#include <pthread.h>
#include <sched.h>

struct locks {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	pthread_cond_t c;
	locks()
	{
		pthread_mutex_init(&m, nullptr);
		pthread_rwlock_init(&r, nullptr);
		pthread_cond_init(&c, nullptr);
	}
	void use()
	{
		pthread_mutex_lock(&m);
		pthread_mutex_unlock(&m);
		pthread_rwlock_rdlock(&r);
		pthread_rwlock_unlock(&r);
		pthread_cond_broadcast(&c);
	}
	~locks()
	{
		pthread_mutex_destroy(&m);
		pthread_rwlock_destroy(&r);
		pthread_cond_destroy(&c);
	}
};

static locks *early;
static volatile int step;

static void *worker(void *arg)
{
	while (step != 1)
		sched_yield();
	early->use();
	step = 2;
	return arg;
}

/* Destroyed after `made_late`, which it uses. */
struct user {
	~user()
	{
		early->use();
		step = 1;
		while (step != 2)
			sched_yield();
	}
} made_first;

static locks made_late;

static void at_exit()
{
	early->use();
}

int main()
{
	pthread_t t;

	early = &made_late;
	early->use();
	std::atexit(at_exit);
	pthread_create(&t, nullptr, worker, nullptr);
	pthread_detach(t);
	return 0;
}
