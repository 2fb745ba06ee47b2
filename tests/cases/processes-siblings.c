/*
 * Two children that live at the same time; their parent acquires no lock.
 * EXPECT: lock-order <unnamed>
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	for (int i = 0; i < 2; i++)
		if (!fork()) {
			__atomic_fetch_add(&s->turn, 1, __ATOMIC_SEQ_CST);
			await(s, 2);
			if (i)
				await(s, 3);
			nest(&s->m[i], &s->m[!i]);
			__atomic_fetch_add(&s->turn, 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	wait(NULL);
	wait(NULL);
	return 0;
}
