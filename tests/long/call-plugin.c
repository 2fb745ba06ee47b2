/* Polls in a call from a library that was loaded after the first sample: its rules for stacks are
 * needed to find the callers. The library's own frame has 0 where unoptimized code keeps the
 * caller's frame. REPORTS: while it held 'canary_lock' \[blocking-call\] REPORTS: in poll \(a
 * pipe\) while it held 'accounts' \[blocking-call\] AFTER: #[0-9]+ +calls_library
 * FLAGS: --long-hold=0 */
#include "long.h"

#include <dlfcn.h>
#include <poll.h>
#include <sys/syscall.h>

struct list {
	void *data;
	struct list *next;
};

static void (*each)(struct list *, void (*)(void *, void *), void *); /* g_slist_foreach */
static int ends[2];
static pid_t tid;

static void await_input(void *end, void *none)
{
	struct pollfd p = {.fd = *(int *)end, .events = POLLIN};
	if (none || poll(&p, 1, -1) != 1)
		exit(3);
}

NOINLINE static void calls_library(void)
{
	struct list one = {&ends[0], NULL};
	each(&one, await_input, NULL);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	calls_library();
	pthread_mutex_unlock(&accounts);
	return none;
}

static void *samples_first(void *none)
{
	__atomic_store_n(&tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	return canary_run(none);
}

static long sleeps(void)
{
	char name[64], line[256];
	long n = 0;
	snprintf(name, sizeof(name), "/proc/self/task/%d/status", tid);
	FILE *f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	if (f)
		fclose(f);
	return n;
}

int main(void)
{
	let_wake();
	pthread_t first = in_thread(samples_first);
	until_asleep(&tid);
	/* A sample stops the thread, which then sleeps again. */
	for (long n = 0, before = sleeps(); n < 10000 && sleeps() == before; n++)
		usleep(3000);
	void *library = dlopen("libglib-2.0.so.0", RTLD_NOW);
	each = library ? (__typeof__(each))dlsym(library, "g_slist_foreach") : NULL;
	if (!each || pipe(ends))
		return 3;
	pthread_t t = in_thread(holder);
	until_go();
	if (write(ends[1], "x", 1) != 1)
		return 1;
	pthread_join(t, NULL);
	wake_and_join(first);
}
