/*
 * atfork.c — the program's own fork handlers lock before and unlock after the fork, in parent and
 * child, in their order, and see nothing of ours.
 */
#include "observe.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static char text[64];

static void note(char c)
{
	text[strlen(text)] = c;
}
static void before_a(void)
{
	note('a');
	pthread_mutex_lock(&a);
}
static void before_b(void)
{
	note('b');
	pthread_mutex_lock(&b);
}
static void after_a(void)
{
	note('A');
	pthread_mutex_unlock(&a);
}
static void after_b(void)
{
	note('B');
	pthread_mutex_unlock(&b);
}
static void child_a(void)
{
	note('x');
	pthread_mutex_unlock(&a);
}
static void child_b(void)
{
	note('y');
	pthread_mutex_init(&b, NULL);
}

int main(void)
{
	observe("start");
	show(pthread_atfork(before_a, after_a, child_a));
	show(pthread_atfork(before_b, after_b, child_b));
	pid_t pid = fork();
	if (!pid) {
		say("child %s %d %d\n", text, pthread_mutex_trylock(&a), pthread_mutex_trylock(&b));
		_exit(4);
	}
	int status;
	waitpid(pid, &status, 0);
	say("parent %s %x %d %d\n", text, status, pthread_mutex_trylock(&a),
	    pthread_mutex_trylock(&b));
	observe("end");
	return 0;
}
