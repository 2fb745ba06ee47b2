/*
 * An initializer is left by a jump: glibc resets the control, as for a cancellation, so the thread
 * holds nothing while it acquires a lock and when it ends.
 * EXPECT: nothing
 */
#include "case.h"
#include <setjmp.h>

MUTEX(a);
static pthread_once_t flag = PTHREAD_ONCE_INIT;
static jmp_buf out;

static void initialise(void)
{
	longjmp(out, 1);
}

static void does_nothing(void)
{
}

static void jumps(void)
{
	if (!setjmp(out))
		pthread_once(&flag, initialise);
	lock(&a);
	unlock(&a);
}

static void under(void)
{
	lock(&a);
	pthread_once(&flag, does_nothing);
	unlock(&a);
}

int main(void)
{
	in_turn(jumps, under);
	return 0;
}
