/*
 * Two locks of one class, always acquired by ascending address, which is an order. Also with
 * another lock in between.
 * OPTIONS: --by-class
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t accounts[8];
MUTEX(bank);

static void pair(int low, int high)
{
	lock(&accounts[low]), lock(&accounts[high]);
	unlock(&accounts[high]), unlock(&accounts[low]);
}

static void one(void)
{
	pair(0, 1), pair(2, 5);
	lock(&bank), pair(6, 7), unlock(&bank);
}

static void other(void)
{
	pair(1, 4), pair(0, 3);
	lock(&bank), pair(2, 3), unlock(&bank);
}

int main(void)
{
	in_turn(one, other);
	return 0;
}
