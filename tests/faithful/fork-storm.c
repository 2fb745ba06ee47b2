/*
 * fork-storm.c — 300 forks while two threads lock without pause; each child acquires a hundred new
 * locks and its parent's. A child that inherits one of our internal locks as held hangs.
 * LIMIT: 30
 */
#include "observe.h"

static pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
static volatile int stop;

static void *traffic(void *arg)
{
	pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
	while (!stop) {
		pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
		pthread_mutex_lock(&a);
		pthread_mutex_lock(&b);
		pthread_mutex_lock(&fresh);
		pthread_mutex_unlock(&fresh);
		pthread_mutex_unlock(&b);
		pthread_mutex_unlock(&a);
	}
	return arg;
}

static int child(void)
{
	static pthread_mutex_t many[100];
	int wrong = 0;
	for (int i = 0; i < 100; i++)
		wrong += pthread_mutex_init(&many[i], NULL) + pthread_mutex_lock(&many[i]);
	for (int i = 0; i < 100; i++)
		wrong += pthread_mutex_unlock(&many[i]) + pthread_mutex_destroy(&many[i]);
	wrong += pthread_mutex_lock(&mine) + pthread_mutex_unlock(&mine);
	return wrong != 0;
}

int main(void)
{
	pthread_t t[2];
	int hung = 0, wrong = 0;
	observe("start");
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, traffic, NULL);
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();
		if (!pid) {
			alarm(30); /* a busy machine is slow, too */
			_exit(child());
		}
		int status = 0;
		waitpid(pid, &status, 0);
		hung += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
		wrong += status != 0;
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	show(hung);
	show(wrong);
	observe("end");
	return 0;
}
