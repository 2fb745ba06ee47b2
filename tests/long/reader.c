/* Held by a reader.
 * REPORTS: T2 has held 'table' for [0-9.]+ m?s so far \[long-hold\]
 * REPORTS: acquired 'table' to read
 * AFTER: released 'table' to read after */
#include "long.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void *holder(void *none)
{
	pthread_rwlock_rdlock(&table);
	sleep_long();
	pthread_rwlock_unlock(&table);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
