/*
 * masks.c — the calls that change a signal mask keep their effects: results, errno, the mask
 * itself, with every combination of arguments, in threads and in a handler.
 */
#include "observe.h"
#include <sys/syscall.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void said(const char *what, int rc)
{
	unsigned long now = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, sizeof(now));
	printf("%s: %d, mask %lx\n", what, rc, now);
}

static void *shows(void *name)
{
	sigset_t set;

	said(name, 0);
	sigfillset(&set);
	said("thread fills", pthread_sigmask(SIG_SETMASK, &set, NULL));
	return NULL;
}

static void on_signal(int n)
{
	sigset_t set;

	(void)n;
	sigemptyset(&set), sigaddset(&set, SIGHUP);
	said("handler", sigprocmask(SIG_BLOCK, &set, NULL));
}

int main(void)
{
	static const int how[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK, 77};
	sigset_t set, old, *same = &set;
	pthread_attr_t a;
	pthread_t t;

	observe("start");
	for (int i = 0; i < 4; i++) {
		sigemptyset(&set), sigaddset(&set, SIGUSR1 + i), sigaddset(&set, SIGKILL);
		memset(&old, 0x55, sizeof(old));
		errno = 0;
		said("sigprocmask", sigprocmask(how[i], &set, &old));
		printf("  before %lx, errno %d\n", *(unsigned long *)&old, errno);
		said("without set", sigprocmask(how[i], NULL, &old));
		said("without old", pthread_sigmask(how[i], &set, NULL));
		said("without both", pthread_sigmask(how[i], NULL, NULL));
		said("in place", pthread_sigmask(how[i], &set, same));
		printf("  before %lx, errno %d\n", *(unsigned long *)&set, errno);
	}
	sigemptyset(&set);
	said("clear", sigprocmask(SIG_SETMASK, &set, NULL));
	said("sighold", sighold(SIGUSR1));
	said("sigrelse", sigrelse(SIGUSR1));
	said("sigblock", sigblock(1 << (SIGUSR2 - 1)));
	said("sigsetmask", sigsetmask(1 << (SIGHUP - 1)));
	said("sigset", sigset(SIGUSR1, SIG_HOLD) == SIG_DFL);
	said("sigset", sigset(SIGUSR1, on_signal) == SIG_HOLD);
	said("bad", sighold(-1));
	raise(SIGUSR1);
	said("after the handler", 0);
	pthread_create(&t, NULL, shows, "thread of mine");
	pthread_join(t, NULL);
	pthread_attr_init(&a);
	sigfillset(&set);
	pthread_attr_setsigmask_np(&a, &set);
	pthread_create(&t, &a, shows, "thread with a mask");
	pthread_join(t, NULL);
	said("main", 0);
	observe("end");
	return 0;
}
