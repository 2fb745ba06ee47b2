/*
 * daemon.c — double fork, setsid, closefrom(0), then work with threads and locks; the daemon has
 * exactly the descriptors that it opens, and the grandparent reads the result from a file.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&m);
		pthread_mutex_unlock(&m);
	}
	return arg;
}

static void serve(void)
{
	alarm(8);
	pthread_mutex_lock(&m);
	closefrom(0);
	chdir("/");
	pthread_mutex_unlock(&m);
	int in = open("/dev/null", O_RDONLY), out = open("/dev/null", O_WRONLY);
	pthread_t t[3];
	int rc = 0;
	for (int i = 0; i < 3; i++)
		rc += pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < 3; i++)
		rc += pthread_join(t[i], NULL);
	_exit(in == 0 && out == 1 && open("/dev/null", O_RDONLY) == 2 && !rc ? 0 : 1);
}

int main(void)
{
	observe("start");
	/* As a subreaper this process reaps the daemon itself, and so learns how it ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pthread_mutex_lock(&m);
	pid_t pid = fork();
	if (!pid) {
		pthread_mutex_unlock(&m);
		setsid();
		if (!fork())
			serve();
		_exit(9);
	}
	pthread_mutex_unlock(&m);
	int status;
	show(waitpid(pid, &status, 0) == pid);
	show(WEXITSTATUS(status));
	show(wait(&status) > 0);
	show(status);
	observe("end");
	return 0;
}
