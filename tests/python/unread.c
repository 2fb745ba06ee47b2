/*
 * unread.c — a program that locks as CPython does, and that lockhound takes for a CPython of an
 * unknown version. The argument: orders: two locks in two orders, and no thread waits; signals:
 * semaphores that another thread releases.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

/* What the library knows a CPython by. */
extern char _PyRuntime[];
extern unsigned long Py_Version;
void PyEval_RestoreThread(void *state);
char _PyRuntime[1024];
unsigned long Py_Version = 0x030c01f0;
void PyEval_RestoreThread(void *state)
{
	(void)state;
}

static sem_t a, b, started, done;

static void acquire(sem_t *lock)
{
	if (sem_trywait(lock) == 0)
		return;
	while (sem_wait(lock) && errno == EINTR)
		;
}

static void take(sem_t *first, sem_t *second)
{
	acquire(first);
	acquire(second);
	sem_post(second);
	sem_post(first);
}

/* Both threads live all the time, and run in turn: `turn` says whose it is. */
static volatile int turn;

static void *second_order(void *unused)
{
	while (turn != 1)
		usleep(1000);
	take(&b, &a);
	turn = 2;
	return unused;
}

static void *first_order(void *unused)
{
	take(&a, &b);
	turn = 1;
	while (turn != 2)
		usleep(1000);
	return unused;
}

static void orders(void)
{
	pthread_t thread[2];

	pthread_create(&thread[0], NULL, first_order, NULL);
	pthread_create(&thread[1], NULL, second_order, NULL);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
}

static void *poster(void *unused)
{
	for (int i = 0; i < 10; i++) {
		acquire(&started);
		acquire(&a);
		sem_post(&a);
		sem_post(&done);
	}
	return unused;
}

/* A lock that says "go on": acquired by one thread, and released by the other. */
static void signals(void)
{
	pthread_t thread;

	acquire(&started);
	acquire(&done);
	pthread_create(&thread, NULL, poster, NULL);
	for (int i = 0; i < 10; i++) {
		sem_post(&started);
		acquire(&done);
		acquire(&a);
		sem_post(&a);
	}
	pthread_join(thread, NULL);
}

int main(int arguments, char **argument)
{
	sem_init(&a, 0, 1);
	sem_init(&b, 0, 1);
	sem_init(&started, 0, 1);
	sem_init(&done, 0, 1);
	if (arguments > 1 && strcmp(argument[1], "signals") == 0)
		signals();
	else
		orders();
	return 0;
}
