/*
 * Fork handlers acquire 358 locks before each fork, and release them in the parent and in the
 * child.
 * EXPECT: nothing
 */
#include "deep.h"

static void takes(void)
{
	go_down(0);
	go_down(1);
}

static void gives(void)
{
	come_up(1);
	come_up_by_age(0);
}

static void works(void)
{
	go_down(1);
	come_up(1);
}

int main(void)
{
	pthread_atfork(takes, gives, gives);
	in_thread(works);
	for (int i = 0; i < 3; i++)
		if (!fork()) {
			works();
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	return 0;
}
