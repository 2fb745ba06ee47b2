/*
 * A thread ends in an initializer without a word to glibc: no thread can run or pass it any more.
 * EXPECT: exit-holding flag
 */
#include "case.h"

static pthread_once_t flag = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	syscall(SYS_exit, 0);
}

static void call(void)
{
	pthread_once(&flag, initialise);
}

int main(void)
{
	in_thread(call);
	return 0;
}
