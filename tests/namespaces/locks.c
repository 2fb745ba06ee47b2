/*
 * locks.c — locks in two orders, or in one.
 *
 *   locks inverted         two threads, one after the other, in opposite orders
 *   locks ordered          the same in one order
 *   locks inverted wait    then prints a line, and reads stdin until its end
 *   locks inverted killed  then ends by SIGKILL
 *   locks forks            the same, then a forked child prints its mappings of run files
 *   locks deadlock         two threads wait for each other
 *   locks descriptors      prints its open descriptors
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static int done;

static void acquire(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(b);
	pthread_mutex_unlock(a);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

static void *forwards(void *arg)
{
	acquire(&first, &second);
	return arg;
}

static void *backwards(void *arg)
{
	acquire(&second, &first);
	return arg;
}

/* The second thread begins after the first has released, without an order that counts. */
static void run(const char *order)
{
	pthread_t a, b;
	pthread_create(&a, NULL, forwards, NULL);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		sched_yield();
	pthread_create(&b, NULL, strcmp(order, "inverted") ? forwards : backwards, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
}

static pthread_barrier_t both_hold;

static void *hold_and_acquire(void *is_second)
{
	pthread_mutex_lock(is_second ? &second : &first);
	pthread_barrier_wait(&both_hold);
	pthread_mutex_lock(is_second ? &first : &second);
	return is_second;
}

static int deadlock(void)
{
	pthread_t thread;
	pthread_barrier_init(&both_hold, NULL, 2);
	pthread_create(&thread, NULL, hold_and_acquire, NULL);
	return hold_and_acquire(&thread) == NULL;
}

static int show_descriptors(void)
{
	char path[32];
	for (int i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		if (access(path, F_OK) == 0)
			printf("%d\n", i);
	}
	return 0;
}

static int count_mappings(void)
{
	char line[4096];
	int n = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps))
		n += strstr(line, "memfd:lockhound") != NULL;
	printf("%d\n", n);
	return 0;
}

static void wait_for_end(void)
{
	char byte;
	if (write(1, "waits\n", 6) == 6)
		while (read(0, &byte, 1) > 0)
			;
}

static int run_forked(void)
{
	int status;
	wait_for_end();
	pid_t child = fork();
	if (child == 0) {
		run("ordered");
		exit(count_mappings());
	}
	return child < 0 || waitpid(child, &status, 0) != child || status;
}

int main(int argc, char **argv)
{
	const char *then = argc > 2 ? argv[2] : "";
	if (!strcmp(argv[1], "descriptors"))
		return show_descriptors();
	if (!strcmp(argv[1], "deadlock"))
		return deadlock();
	if (!strcmp(argv[1], "forks"))
		return run_forked();
	run(argv[1]);
	if (!strcmp(then, "killed"))
		raise(SIGKILL);
	if (!strcmp(then, "wait"))
		wait_for_end();
	return 0;
}
