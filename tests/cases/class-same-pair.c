/*
 * One pair of locks is acquired in both orders: an error. The same code on other pairs gives no
 * second finding by class.
 * OPTIONS: --by-class
 * EXPECT: lock-order journal accounts[0]
 */
#include "case.h"

MUTEX(journal);
static pthread_mutex_t accounts[4];

static void account_then_journal(int i)
{
	lock(&accounts[i]), lock(&journal), unlock(&journal), unlock(&accounts[i]);
}

static void journal_then_account(int i)
{
	lock(&journal), lock(&accounts[i]), unlock(&accounts[i]), unlock(&journal);
}

static void one(void)
{
	account_then_journal(0), account_then_journal(2);
}

static void other(void)
{
	journal_then_account(1), journal_then_account(0);
}

int main(void)
{
	in_turn(one, other);
	return 0;
}
