/*
 * held.c — acquires more locks than one thread can be seen to hold, and releases them. It prints
 * one line and ends with 3.
 */
#include "../faithful/observe.h"

enum { HELD = 16500 };

int main(void)
{
	static pthread_mutex_t m[HELD];
	long wrong = 0;

	for (int i = 0; i < HELD; i++)
		wrong += pthread_mutex_lock(&m[i]);
	for (int i = HELD; i-- > 0;)
		wrong += pthread_mutex_unlock(&m[i]);
	say("held, %ld wrong\n", wrong);
	return 3;
}
