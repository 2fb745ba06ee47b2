/*
 * show.h — what these programs share: modes and --help, threads, handshakes, time.
 *
 * Has no lock and calls no lock function: the handshakes spin with sched_yield on purpose.
 * A semaphore or a condition would work as well, but would be one more lock in every report,
 * and the reports are to show the program's own locks. (In a program that is more than an
 * example do not wait like this: see "no busy waiting" in docs/course.md.)
 *
 * Each program is one .c file that includes this header, so everything here is static.
 */
#ifndef SHOW_H
#define SHOW_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 16

/* Never inlined, so that the stacks in reports are the same in every build. */
#define NOINLINE __attribute__((noinline))

struct mode {
	const char *name;
	void (*run)(void);
	const char *help;
};

/* What the command line may set; each program states the defaults it wants. */
struct settings {
	bool hang;    /* --hang: make the threads meet in the order that deadlocks */
	long threads; /* --threads N */
	long times;   /* --times N */
};

static struct settings set;

static inline void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Ends the program if a call failed that cannot fail in a correct program. */
static inline void must(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(rc));
	exit(3);
}

static NOINLINE pthread_t start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, body, argument), "pthread_create");
	return thread;
}

static inline void finish(pthread_t thread)
{
	must(pthread_join(thread, NULL), "pthread_join");
}

/* Starts n threads, the i-th with the number i as its argument, and waits for all of them. */
static inline void run_threads(long n, void *(*body)(void *))
{
	pthread_t threads[THREADS_MAX];

	for (long i = 0; i < n; i++)
		threads[i] = start(body, (void *)i);
	for (long i = 0; i < n; i++)
		finish(threads[i]);
}

/* Waits until n threads have called this function. */
static inline void meet(atomic_int *here, int n)
{
	atomic_fetch_add(here, 1);
	while (atomic_load(here) < n)
		sched_yield();
}

/*
 * Waits until n threads and main have called this function: all threads exist before any
 * acquires a lock, so a report numbers the threads and locks alike in each run.
 */
static inline void begin(int n)
{
	static atomic_int begun;

	meet(&begun, n + 1);
}

/* Waits until it is turn number n. */
static inline void wait_turn(atomic_int *turn, int n)
{
	while (atomic_load(turn) < n)
		sched_yield();
}

static inline void next_turn(atomic_int *turn)
{
	atomic_fetch_add(turn, 1);
}

/* The same as run_threads, for bodies that call begin(n) first. */
static inline void run_together(long n, void *(*body)(void *))
{
	pthread_t threads[THREADS_MAX];

	for (long i = 0; i < n; i++)
		threads[i] = start(body, (void *)i);
	begin((int)n);
	for (long i = 0; i < n; i++)
		finish(threads[i]);
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		;
}

/* The time that is ms milliseconds from now, in the form that the timed calls expect. */
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

static inline void show_help(FILE *out, const char *name, const char *purpose,
			     const struct mode *modes)
{
	fprintf(out, "%s: %s\nusage: %s MODE [--hang] [--threads N] [--times N]\n\n", name, purpose,
		name);
	for (; modes->name; modes++)
		fprintf(out, "  %-20s %s\n", modes->name, modes->help);
	fprintf(out,
		"\n  --hang       let the threads meet in the order that hangs, if a mode has one\n"
		"  --threads N  how many threads, 2 to %d, if a mode lets you choose\n"
		"  --times N    how often each thread does its work\n",
		THREADS_MAX);
}

static inline long number(const char *text, long least, long most)
{
	char *end;
	long n = strtol(text ? text : "", &end, 10);

	if (!text || *end || end == text || n < least || n > most) {
		fprintf(stderr, "not a number from %ld to %ld: %s\n", least, most,
			text ? text : "");
		exit(2);
	}
	return n;
}

static inline void read_settings(char **argv)
{
	for (; *argv; argv++) {
		if (!strcmp(*argv, "--hang")) {
			set.hang = true;
		} else if (!strcmp(*argv, "--threads")) {
			set.threads = number(*++argv, 2, THREADS_MAX);
		} else if (!strcmp(*argv, "--times")) {
			set.times = number(*++argv, 1, 100000000);
		} else {
			fprintf(stderr, "unknown word %s; see --help\n", *argv);
			exit(2);
		}
	}
}

/* The whole main of each program: `program MODE options`. The list of modes ends with {0}. */
static NOINLINE int show_main(char **argv, const char *purpose, const struct mode *modes,
			      struct settings defaults)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	set = defaults;
	setvbuf(stdout, NULL, _IOLBF, 0); /* a hung program's output must be readable */
	if (!argv[1] || !strcmp(argv[1], "--help")) {
		show_help(argv[1] ? stdout : stderr, name, purpose, modes);
		return argv[1] ? 0 : 2;
	}
	for (const struct mode *m = modes; m->name; m++) {
		if (strcmp(m->name, argv[1]) != 0)
			continue;
		read_settings(argv + 2);
		m->run();
		return 0;
	}
	fprintf(stderr, "%s: no mode %s; see --help\n", name, argv[1]);
	return 2;
}

#endif
