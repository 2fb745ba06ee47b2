/*
 * Orders of lock classes in which one wait is timed, one acquisition is a try-lock, and one reader
 * does not wait for a reader.
 * OPTIONS: --by-class
 * EXPECT: nothing
 * EXPECT-FILTERED: timed journal timed_ones[1]
 * EXPECT-FILTERED: try journal tried_ones[1]
 * EXPECT-FILTERED: readers journal read_ones[1]
 */
#include "case.h"

RWLOCK(journal);
static pthread_mutex_t timed_ones[4], tried_ones[4];
static pthread_rwlock_t read_ones[4];

static void one(void)
{
	lock(&timed_ones[0]), pthread_rwlock_wrlock(&journal);
	pthread_rwlock_unlock(&journal), unlock(&timed_ones[0]);
	lock(&tried_ones[0]), pthread_rwlock_wrlock(&journal);
	pthread_rwlock_unlock(&journal), unlock(&tried_ones[0]);
	pthread_rwlock_rdlock(&read_ones[0]), pthread_rwlock_rdlock(&journal);
	pthread_rwlock_unlock(&journal), pthread_rwlock_unlock(&read_ones[0]);
}

static void other(void)
{
	struct timespec t = in_ms(CLOCK_REALTIME, 1000);

	pthread_rwlock_wrlock(&journal);
	pthread_mutex_timedlock(&timed_ones[1], &t), unlock(&timed_ones[1]);
	pthread_mutex_trylock(&tried_ones[1]), unlock(&tried_ones[1]);
	pthread_rwlock_unlock(&journal);
	pthread_rwlock_rdlock(&journal), pthread_rwlock_rdlock(&read_ones[1]);
	pthread_rwlock_unlock(&read_ones[1]), pthread_rwlock_unlock(&journal);
}

int main(void)
{
	in_turn(one, other);
	return 0;
}
