/*
 * vfork.c — a threaded program creates many children by vfork, each of which locks on its parent's
 * memory and thread pointer, then runs a program or ends; the parent's locks stay valid.
 */
#include "observe.h"

static pthread_mutex_t m[4] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
			       PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

static __attribute__((noinline)) int run(int how)
{
	pid_t pid = vfork();
	if (!pid) {
		pthread_mutex_lock(&m[3]);
		pthread_mutex_unlock(&m[3]);
		if (how == 0)
			_exit(5);
		if (how == 1)
			execl("/bin/sh", "sh", "-c", "exit 6", NULL);
		execl("/no/such", "such", NULL);
		_exit(127);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void *thread(void *arg)
{
	long sum = 0, k = (long)arg;
	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&m[k]);
		pthread_mutex_lock(&m[2]);
		sum += run(i % 3);
		pthread_mutex_unlock(&m[2]);
		pthread_mutex_unlock(&m[k]);
	}
	return (void *)sum;
}

int main(void)
{
	pthread_t t[2];
	void *got;
	observe("start");
	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, thread, (void *)i);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], &got);
		show(got);
	}
	for (int i = 0; i < 4; i++)
		show(pthread_mutex_trylock(&m[i]));
	observe("end");
	return 0;
}
