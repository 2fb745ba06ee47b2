/*
 * Two orders of lock classes, but the first thread ends before the second begins.
 * OPTIONS: --by-class
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered journal accounts[1]
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
	in_thread(account_then_journal);
	in_thread(journal_then_account);
	return 0;
}
