/*
 * lost.c — two threads that never run at the same time acquire two locks in opposite orders, and
 * the happens-before edge between them is lost: the library cannot get its internal lock while the
 * first thread is joined, or the second is created. The program itself marks that lock as held, as
 * if a thread hung inside the library: LOST_AT is the offset of lh_own_ledger.lock in the library.
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
