/*
 * observe.h — prints what a program can see of its own process, in a form that is the same
 * from run to run.
 *
 * Every program of this folder calls observe("start") first and observe("end") last;
 * tests/faithful/run compares the output of a bare run with the output of watched runs.
 * Does not acquire a lock, start a thread or change anything that it prints, with one
 * exception: it creates a pthread key to read its number, and deletes the key again.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif
extern char **environ;
#ifdef __cplusplus
}
#endif

#define UNUSED __attribute__((unused))

/* A line of output, written at once, so that a later crash loses none. */
#define say(...) (printf(__VA_ARGS__), (void)fflush(stdout))

/* "name = value" of an expression, and errno with it if it failed with -1. */
#define show(e)                                                                                    \
	do {                                                                                       \
		errno = 0;                                                                         \
		long show_value = (long)(e);                                                       \
		int show_errno = errno;                                                            \
		say("%s = %ld errno %d\n", #e, show_value, show_errno);                            \
	} while (0)

/* A joined thread may not have left the kernel yet. PF_EXITING is set before a join
 * returns. */
static inline bool is_leaving(const char *tid)
{
	char name[64], text[1024];
	snprintf(name, sizeof(name), "/proc/self/task/%s/stat", tid);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	char *at = strrchr(text, ')');
	unsigned flags = 4;
	if (at)
		sscanf(at, ") %*c %*d %*d %*d %*d %*d %u", &flags);
	return flags & 4;
}

static inline int thread_count(void)
{
	char text[4096];
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	long n;
	while ((n = syscall(SYS_getdents64, fd, text, sizeof(text))) > 0) {
		for (long at = 0; at < n; at += *(unsigned short *)(void *)(text + at + 16)) {
			const char *tid = text + at + 19;
			count += *tid != '.' && !is_leaving(tid);
		}
	}
	close(fd);
	return fd < 0 ? -1 : count;
}

/* Open descriptors below 256, each with its file type. */
static inline void observe_fds(void)
{
	printf("fds:");
	for (int fd = 0; fd < 256; fd++) {
		struct stat s;
		if (!fstat(fd, &s))
			printf(" %d:%o:%x", fd, s.st_mode & S_IFMT, fcntl(fd, F_GETFD));
	}
	int first = open("/dev/null", O_RDONLY);
	printf(" first free %d\n", first);
	close(first);
}

static inline void observe_signals(void)
{
	sigset_t mask, pending;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	printf("blocked:");
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&mask, s) == 1)
			printf(" %d", s);
	printf("\npending:");
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&pending, s) == 1)
			printf(" %d", s);
	printf("\nhandled:");
	for (int s = 1; s < NSIG; s++) {
		struct sigaction a;
		if (!sigaction(s, NULL, &a) && a.sa_handler != SIG_DFL)
			printf(" %d%s", s, a.sa_handler == SIG_IGN ? "i" : "");
	}
	stack_t alt;
	sigaltstack(NULL, &alt);
	printf("\naltstack: %d\n", alt.ss_flags);
}

/* The environment without the three variables that made us run. */
static inline void observe_environment(void)
{
	unsigned long sum = 5381, n = 0;
	for (char **e = environ; e && *e; e++) {
		if (!strncmp(*e, "LD_PRELOAD=", 11) || !strncmp(*e, "LOCKHOUND", 9) ||
		    !strncmp(*e, "ASAN_OPTIONS=", 13) || !strncmp(*e, "WAY=", 4) ||
		    !strncmp(*e, "WATCH=", 6) || !strncmp(*e, "_=", 2))
			continue;
		n++;
		for (char *c = *e; *c; c++)
			sum = sum * 33 + (unsigned char)*c;
	}
	printf("environment: %lu variables, sum %lx\n", n, sum);
}

static inline void observe_limits(void)
{
	printf("limits:");
	for (int r = 0; r < (int)RLIMIT_NLIMITS; r++) {
		struct rlimit l;
		getrlimit((__rlimit_resource_t)r, &l);
		printf(" %llx/%llx", (unsigned long long)l.rlim_cur,
		       (unsigned long long)l.rlim_max);
	}
	mode_t m = umask(0);
	umask(m);
	char cwd[PATH_MAX];
	printf("\numask %o, cwd %s, alarm %u, nice %d, dumpable %d, subreaper ", m,
	       getcwd(cwd, sizeof(cwd)), alarm(0), getpriority(PRIO_PROCESS, 0),
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	int sub = -1, death = -1;
	prctl(PR_GET_CHILD_SUBREAPER, &sub, 0, 0, 0);
	prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	char name[17] = "";
	prctl(PR_GET_NAME, name, 0, 0, 0);
	printf("%d, death signal %d, name %s, no_new_privs %d, seccomp %d\n", sub, death, name,
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static inline void observe(const char *when)
{
	int kept = errno;
	printf("--- %s: errno %d, threads %d, dlerror %s\n", when, kept, thread_count(), dlerror());
	observe_fds();
	observe_signals();
	observe_environment();
	observe_limits();
	pthread_key_t key;
	if (!pthread_key_create(&key, NULL)) {
		printf("next key: %u\n", key);
		pthread_key_delete(key);
	}
	int state, type;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	pthread_setcancelstate(state, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
	pthread_setcanceltype(type, NULL);
	int child = waitpid(-1, NULL, WNOHANG);
	printf("cancel %d %d, children %d errno %d\n", state, type, child, child < 0 ? errno : 0);
	fflush(stdout);
	errno = kept;
}

/* Counts steps of several threads: step_wait(n) returns as soon as n steps were made. */
static volatile int observe_steps UNUSED;
static inline void step_made(void)
{
	__atomic_add_fetch(&observe_steps, 1, __ATOMIC_SEQ_CST);
}
static inline void step_wait(int n)
{
	while (__atomic_load_n(&observe_steps, __ATOMIC_SEQ_CST) < n)
		sched_yield();
}

/* Returns when thread `tid` of this process sleeps in the kernel and goes on to: it waits where it
 * should, and is not in a delay of --shake. */
static inline void wait_asleep(int tid)
{
	enum { LOOKS = 25 };
	char path[64], text[512];
	int asleep = 0;
	for (int i = 0; i < 20000 && asleep < LOOKS; i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		char *at = strrchr(text, ')');
		asleep = at && at[2] == 'S' ? asleep + 1 : 0;
		usleep(200);
	}
}

static inline int my_tid(void)
{
	return (int)syscall(SYS_gettid);
}

static inline struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* Milliseconds since `from` on the monotonic clock. */
static inline long since_ms(struct timespec from)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000;
}

static inline struct timespec now_mono(void)
{
	return in_ms(CLOCK_MONOTONIC, 0);
}

/* Runs fn in a thread of its own and returns what fn returned. */
static inline void *in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	void *got = NULL;
	if (!pthread_create(&t, NULL, fn, arg))
		pthread_join(t, &got);
	return got;
}

#endif
