/*
 * sig-mutex.c — a handler that locks and waits (as programs do, allowed or not) on its own locks,
 * with SA_ONSTACK and nested handlers, while the thread locks others; EINTR and SA_RESTART work.
 */
#include "observe.h"
#include <sys/time.h>

static pthread_mutex_t theirs = PTHREAD_MUTEX_INITIALIZER, mine = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile sig_atomic_t runs, wrong;

static void inner(int sig UNUSED)
{
	wrong += pthread_mutex_lock(&theirs) + pthread_mutex_unlock(&theirs);
}

static void handler(int sig UNUSED)
{
	int kept = errno;
	wrong += pthread_rwlock_rdlock(&rw) + pthread_rwlock_unlock(&rw);
	if (runs % 7 == 0)
		raise(SIGUSR2);
	runs++;
	errno = kept;
}

int main(void)
{
	static char stack[65536];
	observe("start");
	stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)};
	sigaltstack(&alt, NULL);
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};
	sigaction(SIGALRM, &act, NULL);
	act.sa_handler = inner;
	sigaction(SIGUSR2, &act, NULL);
	struct itimerval every = {{0, 200}, {0, 200}};
	setitimer(ITIMER_REAL, &every, NULL);
	while (runs < 3000)
		for (int i = 0; i < 20; i++)
			wrong += pthread_mutex_lock(&mine) + pthread_mutex_unlock(&mine);
	struct itimerval never = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &never, NULL);
	show(wrong);
	signal(SIGALRM, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	alt.ss_flags = SS_DISABLE;
	sigaltstack(&alt, NULL);
	observe("end");
	return 0;
}
