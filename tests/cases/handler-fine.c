/*
 * Handlers that use only try-locks, timed waits, posts, locks of their own, or mutexes that know
 * their owner; and a handler that a fault called.
 * EXPECT: nothing
 */
#include "case.h"
#include <signal.h>

MUTEX(tried);
MUTEX(timed);
MUTEX(own);
MUTEX(at_fault);
static pthread_mutex_t again, checked;
static sem_t post;
static char *page;

static void on_signal(int n UNUSED)
{
	struct timespec t = in_ms(CLOCK_REALTIME, 1000);

	if (pthread_mutex_trylock(&tried) == 0)
		unlock(&tried);
	if (pthread_mutex_timedlock(&timed, &t) == 0)
		unlock(&timed);
	lock(&own), unlock(&own);
	lock(&again), unlock(&again);
	lock(&checked), unlock(&checked);
	sem_post(&post);
}

static void on_fault(int n UNUSED)
{
	lock(&at_fault), unlock(&at_fault);
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
	mutex_of_type(&again, PTHREAD_MUTEX_RECURSIVE);
	mutex_of_type(&checked, PTHREAD_MUTEX_ERRORCHECK);
	sem_init(&post, 0, 0);
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	signal(SIGUSR1, on_signal);
	signal(SIGSEGV, on_fault);
	raise(SIGUSR1);
	*(volatile char *)page = 1;
	for (int i = 0; i < 2; i++) {
		lock(&tried), unlock(&tried);
		lock(&timed), unlock(&timed);
		lock(&again), unlock(&again);
		lock(&checked), unlock(&checked);
		lock(&at_fault), unlock(&at_fault);
		raise(SIGUSR1);
	}
	sem_wait(&post);
	return 0;
}
