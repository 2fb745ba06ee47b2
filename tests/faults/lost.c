/*
 * lost — two threads that cannot meet take two locks in two orders, and what says that they cannot
 * is lost: our own lock is not to be had while the one is joined, or created. We make it so
 * ourselves, as if a thread stood still inside the library: LOST_AT says how far lh_own_ledger.lock
 * lies from the beginning of the library.
 *
 *     lost join | create | nothing
 */
#include "../faithful/observe.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static volatile uint32_t *owner;
static volatile int taken, go;

static void find_owner(void)
{
	unsigned long start, at = strtoul(getenv("LOST_AT") ? getenv("LOST_AT") : "0", NULL, 16);
	char line[4096];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (at && !owner && maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/liblockhound.so") && sscanf(line, "%lx-", &start) == 1)
			owner = (volatile uint32_t *)(start + at);
	fclose(maps);
}

static void hold(int held)
{
	if (owner)
		__atomic_store_n(owner, held ? 99999 : 0, __ATOMIC_SEQ_CST);
}

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *a_b(void *none)
{
	take(&a, &b);
	taken = 1;
	return none;
}

static void *b_a(void *none)
{
	while (!go)
		sched_yield();
	take(&b, &a);
	return none;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pthread_t first, second;

	find_owner();
	pthread_create(&first, NULL, a_b, NULL);
	while (!taken)
		sched_yield();
	hold(strcmp(what, "join") == 0);
	pthread_join(first, NULL);
	hold(0);
	hold(strcmp(what, "create") == 0);
	pthread_create(&second, NULL, b_a, NULL);
	hold(0);
	go = 1;
	pthread_join(second, NULL);
	puts(owner ? "done" : "not watched");
	return 0;
}
