/*
 * The process ends while its main thread holds a lock: no thread is left to wait.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);

int main(void)
{
	lock(&a);
	exit(0);
	return 0;
}
