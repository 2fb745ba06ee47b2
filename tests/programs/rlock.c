/*
 * rlock — a function that takes a lock and calls itself.
 *
 * A recursive mutex knows its owner and counts: the owner may acquire it again, and it is free
 * when the owner has released it as often. A plain mutex does not check which thread calls: the
 * owner waits for itself. An error-checking mutex returns an error to the program, so the
 * checker has nothing to report.
 *
 * RUN: rlock recursive
 * EXPECT-OUTPUT: depth 3
 * EXPECT-OUTPUT: depth 2
 * EXPECT-OUTPUT: depth 1
 * EXPECT-OUTPUT: depth 0
 * EXPECT-OUTPUT: free again
 *
 * RUN: rlock plain
 * EXPECT-OUTPUT: depth 3
 * EXPECT-HANG: yes
 * EXPECT-FINDING: self-deadlock plain
 * EXPECT-STATUS: 66
 *
 * RUN: rlock errorcheck
 * EXPECT-OUTPUT: depth 3
 * EXPECT-OUTPUT: refused: Resource deadlock avoided
 * EXPECT-OUTPUT: free again
 *
 * RUN: rlock --help
 * EXPECT-MATCH: usage: rlock MODE.*
 */
#include "show.h"

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive, errorcheck;

static void make(pthread_mutex_t *lock, int kind)
{
	pthread_mutexattr_t attributes;

	must(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
	must(pthread_mutexattr_settype(&attributes, kind), "pthread_mutexattr_settype");
	must(pthread_mutex_init(lock, &attributes), "pthread_mutex_init");
	pthread_mutexattr_destroy(&attributes);
}

static NOINLINE void count_down(pthread_mutex_t *lock, int depth)
{
	int rc = pthread_mutex_lock(lock);

	if (rc) {
		say("refused: %s", strerror(rc));
		return;
	}
	say("depth %d", depth);
	if (depth > 0)
		count_down(lock, depth - 1);
	pthread_mutex_unlock(lock);
}

static void *try_it(void *lock)
{
	bool got = pthread_mutex_trylock(lock) == 0;

	say(got ? "free again" : "still taken");
	if (got)
		pthread_mutex_unlock(lock);
	return NULL;
}

/* Another thread tries the lock: the owner would get a recursive lock even if it is not free. */
static void depth_three(pthread_mutex_t *lock)
{
	count_down(lock, 3);
	finish(start(try_it, lock));
}

static void run_recursive(void)
{
	make(&recursive, PTHREAD_MUTEX_RECURSIVE);
	depth_three(&recursive);
}

static void run_plain(void)
{
	depth_three(&plain);
}

static void run_errorcheck(void)
{
	make(&errorcheck, PTHREAD_MUTEX_ERRORCHECK);
	depth_three(&errorcheck);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"recursive", run_recursive, "depth 3, 2, 1, 0 on a recursive mutex"},
		{"plain", run_plain, "the same on a plain mutex: hangs at the second step"},
		{"errorcheck", run_errorcheck, "the same on a mutex that returns an error"},
		{0}};

	(void)argc;
	return show_main(argv, "a function that takes a lock and calls itself", modes,
			 (struct settings){0});
}
