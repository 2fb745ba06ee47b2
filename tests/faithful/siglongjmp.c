/*
 * siglongjmp.c — a timer's handler jumps out of any code of the main thread, also out of lock
 * calls, thousands of times; another thread works meanwhile and must continue.
 * LIMIT: 20
 */
#include "observe.h"
#include <setjmp.h>
#include <sys/time.h>

static sigjmp_buf back;
static volatile sig_atomic_t armed, jumps, stop;
static pthread_mutex_t theirs = PTHREAD_MUTEX_INITIALIZER;
static long worked;

static void handler(int sig UNUSED)
{
	if (armed)
		siglongjmp(back, 1);
}

static void *other(void *arg)
{
	while (!stop) {
		pthread_mutex_lock(&theirs);
		pthread_mutex_unlock(&theirs);
		worked++;
	}
	return arg;
}

int main(void)
{
	pthread_t t;
	sigset_t alarm_only;
	observe("start");
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	/* the other thread must never get the signal: it would jump to our stack */
	pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
	pthread_create(&t, NULL, other, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
	struct sigaction act = {.sa_handler = handler};
	sigaction(SIGALRM, &act, NULL);
	struct itimerval every = {{0, 300}, {0, 300}};
	setitimer(ITIMER_REAL, &every, NULL);
	while (jumps < 2000) {
		/* After the jump a mutex may be locked or not, so each round has its own mutex. */
		pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
		pthread_rwlock_t too = PTHREAD_RWLOCK_INITIALIZER;
		if (sigsetjmp(back, 1)) {
			armed = 0;
			jumps++;
			continue;
		}
		armed = 1;
		for (;;) {
			pthread_mutex_lock(&mine);
			pthread_rwlock_rdlock(&too);
			pthread_rwlock_unlock(&too);
			pthread_mutex_unlock(&mine);
		}
	}
	struct itimerval never = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &never, NULL);
	armed = 0;
	long before = __atomic_load_n(&worked, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&worked, __ATOMIC_SEQ_CST) < before + 1000)
		sched_yield();
	stop = 1;
	show(pthread_join(t, NULL));
	show(jumps);
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_unlock(&m));
	signal(SIGALRM, SIG_DFL);
	observe("end");
	return 0;
}
