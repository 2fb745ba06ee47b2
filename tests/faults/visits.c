/*
 * visits.c — many threads, one after the other, acquire many locks in the same order: more visits
 * of dependencies than the table of a small ledger holds. It prints one line and ends with 3.
 */
#include "../faithful/observe.h"

enum { LOCKS = 20000, THREADS = 20 };
static pthread_mutex_t outer[LOCKS], inner = PTHREAD_MUTEX_INITIALIZER;
static long wrong;

static void *worker(void *unused)
{
	for (int i = 0; i < LOCKS; i++) {
		wrong += pthread_mutex_lock(&outer[i]) + pthread_mutex_lock(&inner);
		wrong += pthread_mutex_unlock(&inner) + pthread_mutex_unlock(&outer[i]);
	}
	return unused;
}

int main(void)
{
	for (int i = 0; i < THREADS; i++) {
		pthread_t t;
		wrong += pthread_create(&t, NULL, worker, NULL);
		wrong += pthread_join(t, NULL);
	}
	say("visits, %ld wrong\n", wrong);
	return 3;
}
