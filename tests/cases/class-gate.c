/*
 * Two orders of lock classes, but both are under the same gate lock. Under two gate locks of one
 * class the order counts.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) ledger book[1]
 * EXPECT-FILTERED: gate journal accounts[1]
 */
#include "case.h"

MUTEX(journal);
MUTEX(ledger);
static pthread_mutex_t accounts[4], book[4], gate[2];

static void under(pthread_mutex_t *g, pthread_mutex_t *a, pthread_mutex_t *b)
{
	lock(g), lock(a), lock(b);
	unlock(b), unlock(a), unlock(g);
}

static void one(void)
{
	under(&gate[0], &accounts[0], &journal);
	under(&gate[0], &book[0], &ledger);
}

static void other(void)
{
	under(&gate[0], &journal, &accounts[1]);
	under(&gate[1], &ledger, &book[1]);
}

int main(void)
{
	in_turn(one, other);
	return 0;
}
