/*
 * As dead-not-inherited, but s is wanted under the second lock too, at the place where it was
 * wanted under the first one.
 * EXPECT: lock-order s second
 */
#include "case.h"

MUTEX(s);
static pthread_mutex_t first, second;

static void init(pthread_mutex_t *m)
{
	pthread_mutex_init(m, NULL);
}

static void acquire(pthread_mutex_t *m)
{
	lock(m);
	lock(&s);
	unlock(&s);
	unlock(m);
}

static void make(void)
{
	for (int i = 0; i <= 5; i++) {
		pthread_mutex_t *m = i < 5 ? &first : &second;
		init(m);
		acquire(m);
		if (i < 5)
			pthread_mutex_destroy(m);
	}
}

IN_ORDER(under_s, s, second)

int main(void)
{
	in_turn(make, under_s);
	return 0;
}
