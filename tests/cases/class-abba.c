/*
 * Two accounts, one journal: no pair of locks is acquired in both orders, but the pair of lock
 * classes is.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) journal accounts[1]
 * EXPECT-STACK: account_then_journal, journal_then_account
 */
#include "case.h"

MUTEX(journal);
static pthread_mutex_t accounts[4];

static void account_then_journal(void)
{
	lock(&accounts[0]), lock(&journal), unlock(&journal), unlock(&accounts[0]);
}

static void journal_then_account(void)
{
	lock(&journal), lock(&accounts[1]), unlock(&accounts[1]), unlock(&journal);
}

int main(void)
{
	in_turn(account_then_journal, journal_then_account);
	return 0;
}
