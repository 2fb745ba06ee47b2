/*
 * a short-lived lock lies between two others: a thread takes s1, then a fresh lock, then s2. When
 * s2 and s1 are taken the other way round, all fresh locks are destroyed.
 * EXPECT: lock-order s1 s2
 * EXPECT-STACK: through_fresh, other_way
 */
#include "case.h"

MUTEX(s1);
MUTEX(s2);

static void through_fresh(void)
{
	for (int i = 0; i < 50; i++) {
		pthread_mutex_t *fresh = malloc(sizeof(*fresh) + (size_t)(i * 37 & 255));
		pthread_mutex_init(fresh, NULL);
		if (i < 49) { /* the last one has the row and acquires nothing */
			lock(&s1);
			lock(fresh);
			lock(&s2);
			unlock(&s2);
			unlock(fresh);
			unlock(&s1);
		}
		pthread_mutex_destroy(fresh);
		free(fresh);
	}
}

IN_ORDER(other_way, s2, s1)

int main(void)
{
	in_turn(through_fresh, other_way);
	return 0;
}
