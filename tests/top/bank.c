/*
 * bank.c — a program with known locks, which `top` must show.
 *
 * T2 'holder' holds `accounts` and waits for a word; two threads wait for `accounts`. `journal` was
 * acquired 1,000 times, a lock with an odd name 10 times; two threads hold a read lock. A semaphore
 * that signals, a condition and a lock that was never acquired are no locks in use. Prints "ready"
 * when all threads sleep in their calls. Words on standard input: "more" acquires the journal 500
 * times, "go" lets the holder continue, "exec PATH" executes a program, the end of input ends it.
 */
#include "lockhound.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LIFE_S = 120 };

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER,
		       unused = PTHREAD_MUTEX_INITIALIZER, odd = PTHREAD_MUTEX_INITIALIZER,
		       work = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rates = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t bell;
static int word[2];
static volatile pid_t tid[6];

static void begin(int n, const char *name)
{
	pthread_setname_np(pthread_self(), name);
	__atomic_store_n(&tid[n], (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void wait_for_word(void)
{
	char c;

	while (read(word[0], &c, 1) < 0)
		;
}

static void *hold(void *unused_argument)
{
	begin(0, "holder");
	pthread_mutex_lock(&accounts);
	wait_for_word();
	pthread_mutex_unlock(&accounts);
	return unused_argument;
}

static void *want(void *n)
{
	begin((int)(long)n, "\033[31mwant\xe4"); /* a name that would turn a terminal red */
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
	return NULL;
}

static void *read_rates(void *n)
{
	begin((int)(long)n, "reader");
	pthread_rwlock_rdlock(&rates);
	for (;;)
		pause();
	return NULL;
}

static void *idle(void *n)
{
	begin((int)(long)n, "idle");
	pthread_mutex_lock(&work);
	for (;;)
		pthread_cond_wait(&cond, &work);
	return NULL;
}

/* Waits until the thread sleeps in this call, on this word if the word is not NULL. */
static void wait_asleep(int n, long call, const void *word_of_lock)
{
	char path[64], text[256], *at;
	pid_t t;

	while (!(t = __atomic_load_n(&tid[n], __ATOMIC_ACQUIRE)))
		usleep(100);
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", t);
	for (;; usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t got = read(fd, text, sizeof(text) - 1);

		close(fd);
		text[got > 0 ? got : 0] = 0;
		if (got > 0 && text[0] != 'r' && strtol(text, &at, 10) == call &&
		    (!word_of_lock || strtoul(at, NULL, 0) == (unsigned long)word_of_lock))
			return;
	}
}

static void take(pthread_mutex_t *m, int n)
{
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(m);
		pthread_mutex_unlock(m);
	}
}

static void start(void *(*what)(void *), long n)
{
	pthread_t t;

	if (pthread_create(&t, NULL, what, (void *)n))
		exit(3);
}

static void set_up(void)
{
	start(hold, 0);
	wait_asleep(0, SYS_read, NULL);
	start(want, 1);
	start(want, 2);
	start(read_rates, 3);
	start(read_rates, 4);
	start(idle, 5);
	wait_asleep(1, SYS_futex, &accounts);
	wait_asleep(2, SYS_futex, &accounts);
	wait_asleep(3, SYS_pause, NULL);
	wait_asleep(4, SYS_pause, NULL);
	wait_asleep(5, SYS_futex, NULL);
	take(&odd, 1);
	lockhound_name(&odd, "\xe9\x8e\x96\xe9\x8e\x96\xe9\x8e\x96\033[2Jx");
	take(&odd, 9);
	take(&journal, 1000);
	sem_init(&bell, 0, 0);
	sem_post(&bell);
	sem_wait(&bell);
	(void)unused;
}

int main(void)
{
	char line[300];

	alarm(LIFE_S);
	if (pipe(word))
		return 3;
	set_up();
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "more"))
			take(&journal, 500);
		else if (!strcmp(line, "go") && write(word[1], "x", 1) != 1)
			return 3;
		else if (!strncmp(line, "exec ", 5))
			execl(line + 5, line + 5, (char *)NULL);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
