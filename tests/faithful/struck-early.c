/*
 * struck-early.c — a signal handler that acquires locks interrupts a thread before its first
 * function has begun: while pthread_create continues in its creator, or after it has returned.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static volatile int created, struck, wait_for_creator;
static volatile pthread_t in;

static void on_signal(int n)
{
	(void)n;
	while (wait_for_creator && !created)
		sched_yield();
	pthread_mutex_lock(&m);
	struck++;
	in = pthread_self();
	pthread_mutex_unlock(&m);
}

static void *work(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return (void *)(long)(pthread_equal(in, pthread_self()) && arg == &m);
}

int main(void)
{
	sigset_t one, none;
	pthread_attr_t a;
	int right = 0;

	observe("start");
	signal(SIGUSR1, on_signal);
	sigemptyset(&none), sigemptyset(&one), sigaddset(&one, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	pthread_attr_init(&a);
	pthread_attr_setsigmask_np(&a, &none);
	for (int i = 0; i < 200; i++) {
		pthread_t t;
		void *result;

		wait_for_creator = i % 2;
		created = 0;
		/* pending until a thread unblocks it: the new thread, at its first instruction */
		kill(getpid(), SIGUSR1);
		pthread_attr_setstacksize(&a, i % 3 ? 8 << 20 : 256 << 10);
		if (pthread_create(&t, &a, work, &m))
			return 1;
		created = 1;
		pthread_join(t, &result);
		right += result != NULL;
	}
	printf("struck %d, right %d\n", struck, right);
	observe("end");
	return 0;
}
