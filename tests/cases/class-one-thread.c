/*
 * Two orders of lock classes, but one thread uses both.
 * OPTIONS: --by-class
 * EXPECT: nothing
 * EXPECT-FILTERED: threads journal accounts[1]
 */
#include "case.h"

MUTEX(journal);
static pthread_mutex_t accounts[4];

static void both(void)
{
	lock(&accounts[0]), lock(&journal), unlock(&journal), unlock(&accounts[0]);
	lock(&journal), lock(&accounts[1]), unlock(&accounts[1]), unlock(&journal);
}

int main(void)
{
	in_thread(both);
	return 0;
}
