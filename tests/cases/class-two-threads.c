/*
 * Two threads acquire account and journal on one path, and the second also acquires them in the
 * other order: the first thread is part of the cycle.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) journal accounts[1]
 * EXPECT-STACK: account_then_journal, journal_then_account
 */
#include "case.h"

MUTEX(journal);
static pthread_mutex_t accounts[4];
static int runs;

static void account_then_journal(void)
{
	lock(&accounts[0]), lock(&journal), unlock(&journal), unlock(&accounts[0]);
}

static void journal_then_account(void)
{
	lock(&journal), lock(&accounts[1]), unlock(&accounts[1]), unlock(&journal);
}

static void work(void)
{
	account_then_journal();
	if (++runs == 2)
		journal_then_account();
}

int main(void)
{
	in_turn(work, work);
	return 0;
}
