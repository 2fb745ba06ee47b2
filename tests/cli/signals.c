/* Counts SIGUSR1 until SIGTERM comes; prints "ready" first, "user" after each and the count at the
 * end. With "group" it sends one SIGUSR1 to its whole process group, and ends. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t users, ended;

static void on_user(int signal)
{
	(void)signal;
	users++;
}

static void on_end(int signal)
{
	ended = signal;
}

int main(int argc, char **argv)
{
	sigset_t none, both;
	(void)argv;
	sigemptyset(&none);
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, NULL);
	signal(SIGUSR1, on_user);
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	puts("ready");
	fflush(stdout);
	if (argc > 1) {
		kill(0, SIGUSR1);
		sigsuspend(&none);
		usleep(200000); /* the monitor would pass a signal on within one round */
		sigprocmask(SIG_UNBLOCK, &both, NULL);
	}
	for (int printed = users; argc == 1 && !ended; printed = users) {
		sigsuspend(&none);
		if (printed != users) {
			puts("user");
			fflush(stdout);
		}
	}
	printf("users %d, ended by %d\n", (int)users, (int)ended);
	return 0;
}
