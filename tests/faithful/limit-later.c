/*
 * limit-later.c — a process whose address space or data is limited after its start, by itself or by
 * another process: threads start, memory is allocated and locks are used as without the library.
 *
 * STEERED: no, its lowest limit leaves no room for the memory of steering
 */
#include "observe.h"

enum { THREADS = 4, LOCKS = 20000, BIG = 24 << 20 };
static pthread_mutex_t lock[LOCKS];

static void *use(void *arg)
{
	int *wrong = arg;

	for (int i = 0; i < LOCKS; i++)
		*wrong += pthread_mutex_lock(&lock[i]) + pthread_mutex_unlock(&lock[i]);
	return NULL;
}

static void work(const char *what)
{
	pthread_t t[THREADS];
	int wrong[THREADS] = {0}, failed = 0, n = 0;

	for (; n < THREADS && !failed; n += !failed)
		failed = pthread_create(&t[n], NULL, use, &wrong[n]);
	for (int i = 0; i < n; i++)
		failed += pthread_join(t[i], NULL) + wrong[i];
	char *big = malloc(BIG);
	if (big)
		memset(big, 1, BIG);
	say("%s: %d threads, %d failed, memory %s\n", what, n, failed, big ? "yes" : "no");
	free(big);
}

static void under(int resource, const char *name, unsigned mib)
{
	char what[40];

	snprintf(what, sizeof(what), "%s %u", name, mib);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit r = {(rlim_t)mib << 20, (rlim_t)mib << 20};
		int ignored = 0;
		use(&ignored); /* as many locks as before the limit */
		show(setrlimit((__rlimit_resource_t)resource, &r));
		work(what);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* The limit comes from outside, at a moment that the program does not know. */
static void from_outside(void)
{
	const struct rlimit r = {200u << 20, 200u << 20};
	int ready[2], done[2];
	char c;

	show(pipe(ready) + pipe(done));
	pid_t child = fork();
	if (child == 0) {
		int ignored = 0;
		use(&ignored);
		if (write(ready[1], "", 1) == 1 && read(done[0], &c, 1) == 1)
			work("from outside");
		_exit(0);
	}
	show(read(ready[0], &c, 1));
	show(prlimit(child, RLIMIT_AS, &r, NULL));
	show(write(done[1], "", 1));
	waitpid(child, NULL, 0);
	show(close(ready[0]) + close(ready[1]) + close(done[0]) + close(done[1]));
}

int main(void)
{
	observe("start");
	under(RLIMIT_AS, "address space", 800);
	under(RLIMIT_AS, "address space", 200);
	under(RLIMIT_AS, "address space", 100);
	under(RLIMIT_DATA, "data", 200);
	under(RLIMIT_DATA, "data", 100);
	from_outside();
	observe("end");
	return 0;
}
