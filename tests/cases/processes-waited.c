/*
 * The parent waits for one child before it creates the next: this wait is not visible to us, only
 * that the two did not live at the same time.
 * EXPECT: lock-order(warning) <unnamed>
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	for (int i = 0; i < 2; i++) {
		if (!fork()) {
			nest(&s->m[i], &s->m[!i]);
			_exit(0);
		}
		wait(NULL);
	}
	return 0;
}
