/*
 * sigpost.c — sem_post in a signal handler, at a high rate, while the thread itself locks.
 */
#include "observe.h"
#include <sys/time.h>

static sem_t s;
static volatile sig_atomic_t posts, errno_changed;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void handler(int sig UNUSED)
{
	errno = 1234;
	sem_post(&s);
	if (errno != 1234)
		errno_changed = 1;
	posts++;
}

int main(void)
{
	observe("start");
	sem_init(&s, 0, 0);
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &act, NULL);
	struct itimerval every = {{0, 100}, {0, 100}};
	setitimer(ITIMER_REAL, &every, NULL);
	while (posts < 5000) {
		for (int i = 0; i < 50; i++) {
			pthread_mutex_lock(&a);
			pthread_mutex_lock(&b);
			pthread_mutex_unlock(&b);
			pthread_mutex_unlock(&a);
		}
	}
	struct itimerval never = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &never, NULL);
	int n = posts, value;
	sem_getvalue(&s, &value);
	show(value == n);
	for (int i = 0; i < n; i++)
		sem_wait(&s);
	show(sem_trywait(&s));
	show(errno_changed);
	signal(SIGALRM, SIG_DFL);
	observe("end");
	return 0;
}
