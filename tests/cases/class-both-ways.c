/*
 * Two locks of one class, by ascending address in one thread, by descending in another.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) accounts[1] accounts[2]
 */
#include "case.h"

static pthread_mutex_t accounts[8];

static void upwards(void)
{
	lock(&accounts[0]), lock(&accounts[1]), unlock(&accounts[1]), unlock(&accounts[0]);
}

static void downwards(void)
{
	lock(&accounts[3]), lock(&accounts[2]), unlock(&accounts[2]), unlock(&accounts[3]);
}

int main(void)
{
	in_turn(upwards, downwards);
	return 0;
}
