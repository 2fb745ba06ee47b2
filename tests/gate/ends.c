/*
 * ends — a cycle of three through the end of a thread: main holds a and joins the worker, which
 * wants b, which a third thread holds while it wants a. Usage: ends first|last: the third thread
 * comes before the join, or after it, so that another dependency closes the cycle.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static volatile int work, go_on, done;

static void wait_for(volatile int *flag)
{
	while (!*flag)
		sched_yield();
}

static void *worker(void *p)
{
	wait_for(&work);
	pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b);
	done = 1;
	return p;
}

static void *third(void *p)
{
	wait_for(&go_on);
	pthread_mutex_lock(&b);
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&b);
	work = 1;
	return p;
}

static void join_worker(pthread_t t)
{
	pthread_mutex_lock(&a);
	pthread_join(t, NULL);
	pthread_mutex_unlock(&a);
}

int main(int argc, char **argv)
{
	pthread_t t, u;

	pthread_create(&t, NULL, worker, NULL);
	pthread_create(&u, NULL, third, NULL);
	*(argc > 1 && !strcmp(argv[1], "first") ? &go_on : &work) = 1;
	wait_for(&done);
	join_worker(t);
	go_on = 1;
	pthread_join(u, NULL);
	return 0;
}
