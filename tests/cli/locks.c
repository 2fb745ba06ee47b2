/* Two threads acquire one lock a few times; then the program ends as its argument says: a number is
 * its status, "kill" sends SIGKILL to itself, "spawn N" first starts the program N times, "wait"
 * first reads to the end of its input. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *arg)
{
	for (int i = 0; i < 10; i++) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void spawn(const char *self, int n)
{
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			execl(self, self, "0", (char *)NULL);
			_exit(1);
		}
	}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	pthread_t t;
	if (argc > 2 && !strcmp(argv[1], "spawn"))
		spawn(argv[0], atoi(argv[2]));
	while (argc > 1 && !strcmp(argv[1], "wait") && getchar() != EOF)
		;
	pthread_create(&t, NULL, work, NULL);
	work(NULL);
	pthread_join(t, NULL);
	puts("locks: done");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "kill"))
		kill(getpid(), SIGKILL);
	return argc == 2 ? atoi(argv[1]) : 0;
}
