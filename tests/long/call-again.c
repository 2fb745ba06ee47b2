/* Two threads sleep in the same code, each with one of two locks that one line initialized: one finding, seen twice.
 * A third thread, with a third lock of that line, blocks in other code: another finding.
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * REPORTS: in pause while it held .* \[blocking-call\]
 * REPORTS: in read \(a pipe\) while it held .* \[blocking-call\]
 * AFTER: seen 2 times
 * NOT: seen [3-9] times
 * FLAGS: --long-hold=0 */
#include "long.h"

#include <sys/syscall.h>

enum { ALIKE = 2, ALL };
static pthread_mutex_t *lock[ALL];
static int ends[2];
static pid_t tid[ALL];

NOINLINE static void *same_place(void *mine)
{
	pthread_mutex_lock(mine);
	while (!go)
		pause();
	pthread_mutex_unlock(mine);
	return NULL;
}

NOINLINE static void *other_place(void *mine)
{
	char c;
	pthread_mutex_lock(mine);
	while (read(ends[0], &c, 1) != 1)
		;
	pthread_mutex_unlock(mine);
	return NULL;
}

static void *run(void *number)
{
	int i = *(int *)number;
	__atomic_store_n(&tid[i], (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	return i < ALIKE ? same_place(lock[i]) : other_place(lock[i]);
}

/* How often the thread has slept. */
static long sleeps_of(int i)
{
	char name[64], line[256];
	long n = 0;
	snprintf(name, sizeof(name), "/proc/self/task/%d/status", tid[i]);
	FILE *f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	if (f)
		fclose(f);
	return n;
}

/* Waits until both threads were sampled: a sample stops the thread, which then sleeps again. */
static void until_sampled(const long *before)
{
	for (int i = 0; i < ALIKE; i++)
		for (int n = 0; n < 10000 && sleeps_of(i) == before[i]; n++)
			usleep(3000);
}

int main(void)
{
	static int number[ALL] = {0, 1, 2};
	pthread_t t[ALL];
	long before[ALIKE];

	let_wake();
	if (pipe(ends))
		return 3;
	for (int i = 0; i < ALL; i++) {
		lock[i] = malloc(sizeof(*lock[i]));
		pthread_mutex_init(lock[i], NULL);
	}
	for (int i = 0; i < ALL; i++) {
		pthread_create(&t[i], NULL, run, &number[i]);
		until_asleep(&tid[i]);
		if (i < ALIKE)
			before[i] = sleeps_of(i);
	}
	canary(0);
	until_sampled(before);
	if (write(ends[1], "", 1) != 1)
		return 3;
	for (int i = 0; i < ALL; i++)
		wake_and_join(t[i]);
}
