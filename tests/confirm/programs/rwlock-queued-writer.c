/*
 * A reader of `table` wants `row`; the owner of `row` reads `table`. The lock prefers writers: a
 * writer that waits makes the second reader wait behind it.
 * CAN: the writer comes between the two readers.
 */
#include "scene.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
MUTEX(row);

static void table_row(void)
{
	pthread_rwlock_rdlock(&table);
	ms(1);
	lock(row);
	unlock(row);
	pthread_rwlock_unlock(&table);
}

static void row_table(void)
{
	ms(6);
	lock(row);
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_unlock(&table);
	unlock(row);
}

static void write_table(void)
{
	for (int i = 0; i < 4; i++) {
		pthread_rwlock_wrlock(&table);
		pthread_rwlock_unlock(&table);
		ms(0.5);
	}
}

int main(void)
{
	side_by_side(table_row, row_table, write_table);
}
