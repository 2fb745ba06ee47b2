/* Held by a writer, with a reader behind it.
 * REPORTS: T2 has held 'table' for [0-9.]+ m?s so far \[long-hold\]
 * REPORTS: acquired 'table' to write
 * AFTER: waited for 'table' to read for */
#include "long.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void *holder(void *none)
{
	pthread_rwlock_wrlock(&table);
	is_ready();
	sleep_long();
	pthread_rwlock_unlock(&table);
	return none;
}

static void *reader(void *none)
{
	until_ready(1);
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_unlock(&table);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder), b = in_thread(reader);
	until_go();
	wake_and_join(a);
	pthread_join(b, NULL);
}
