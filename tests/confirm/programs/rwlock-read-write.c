/*
 * Each thread reads one rwlock and writes the other; readers come and go beside them.
 * CAN: nothing orders the two threads.
 */
#include "scene.h"

RWLOCK(a);
RWLOCK(b);

static void read_a_write_b(void)
{
	pthread_rwlock_rdlock(&a);
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_unlock(&b);
	pthread_rwlock_unlock(&a);
}

static void read_b_write_a(void)
{
	ms(6);
	pthread_rwlock_rdlock(&b);
	pthread_rwlock_wrlock(&a);
	pthread_rwlock_unlock(&a);
	pthread_rwlock_unlock(&b);
}

static void readers(void)
{
	for (int i = 0; i < 40; i++) {
		pthread_rwlock_t *each = i % 2 ? &a : &b;
		pthread_rwlock_rdlock(each);
		pthread_rwlock_unlock(each);
		ms(0.2);
	}
}

int main(void)
{
	side_by_side(read_a_write_b, read_b_write_a, readers);
}
