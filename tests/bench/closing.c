/*
 * closing.c — makes a deadlock at a known moment: `closing mutex|shared|semaphore`.
 *
 * Prints the monotonic clock in nanoseconds just before the last wait; the other thread or process
 * sleeps in the kernel by then.
 */
#include "../cases/case.h"

#include <inttypes.h>
#include <stdbool.h>

struct shared {
	pthread_mutex_t a, b;
	sem_t sem;
	volatile int tid, taken;
};
static struct shared *s;
static bool with_sem;

static void say_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("%" PRId64 "\n", (int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
	fflush(stdout);
}

static void *first(void *arg)
{
	with_sem ? (void)sem_wait(&s->sem) : (void)lock(&s->a);
	s->tid = my_tid();
	lock(&s->b);
	return arg;
}

/* Waits until the other thread sleeps. case.h has this only for threads of the own process. */
static void sleeps(void)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", s->tid);
	for (char *at = text; !(at = strrchr(text, ')')) || at[2] != 'S'; usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = 0;
		close(fd);
	}
}

/* Begins when the parent holds the second lock. */
static void first_of_process(void)
{
	while (!s->taken)
		sched_yield();
	first(NULL);
}

/* Closes the cycle when the other thread holds the first lock and waits for the second. */
static void *closes(void *arg)
{
	pthread_t t;
	lock(&s->b);
	s->taken = 1;
	if (arg)
		pthread_create(&t, NULL, first, NULL);
	while (!s->tid)
		sched_yield();
	sleeps();
	say_now();
	with_sem ? (void)sem_wait(&s->sem) : (void)lock(&s->a);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;
	bool across = argc > 1 && !strcmp(argv[1], "shared");

	alarm(30);
	with_sem = argc > 1 && !strcmp(argv[1], "semaphore");
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	if (across)
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->a, &attr);
	pthread_mutex_init(&s->b, &attr);
	sem_init(&s->sem, 0, 1);
	if (!across) {
		closes(s);
		return 0;
	}
	if (fork())
		closes(NULL);
	else
		first_of_process();
	return 0;
}
