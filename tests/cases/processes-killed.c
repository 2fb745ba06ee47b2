/*
 * A child is killed while it holds a robust lock; the parent makes it consistent and continues.
 * EXPECT: nothing
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();
	pid_t child;

	pthread_mutex_destroy(&s->m[0]);
	make_shared(&s->m[0], 1);
	child = fork();
	if (!child) {
		lock(&s->m[0]);
		s->turn = 1;
		pause();
	}
	await(s, 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (lock(&s->m[0]) != EOWNERDEAD)
		return 1;
	pthread_mutex_consistent(&s->m[0]);
	lock(&s->m[1]);
	unlock(&s->m[1]);
	unlock(&s->m[0]);
	return 0;
}
