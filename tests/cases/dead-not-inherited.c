/*
 * The row of a destroyed lock serves the next one that the same line initializes. That s was wanted
 * under the first one says nothing about the second one.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(s);
static pthread_mutex_t first, second;

static void init(pthread_mutex_t *m)
{
	pthread_mutex_init(m, NULL);
}

static void acquire(pthread_mutex_t *m, int and_s)
{
	lock(m);
	if (and_s) {
		lock(&s);
		unlock(&s);
	}
	unlock(m);
}

static void make(void)
{
	for (int i = 0; i <= 5; i++) {
		pthread_mutex_t *m = i < 5 ? &first : &second;
		init(m);
		acquire(m, i < 5);
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
