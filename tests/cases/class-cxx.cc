/*
 * A std::mutex has no init call: locks that were first acquired on the same stack are one class.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) account::m journal
 * EXPECT-STACK: account_then_journal(), journal_then_account()
 */
#include "case.h"
#include <memory>
#include <mutex>
#include <vector>

struct account {
	int balance = 0;
	std::mutex m;
	account()
	{
		std::lock_guard<std::mutex> l(m);
	}
};

static std::mutex *journal;
static std::vector<std::unique_ptr<account>> accounts;

static void account_then_journal(void)
{
	std::lock_guard<std::mutex> a(accounts[0]->m);
	std::lock_guard<std::mutex> j(*journal);
}

static void journal_then_account(void)
{
	std::lock_guard<std::mutex> j(*journal);
	std::lock_guard<std::mutex> a(accounts[1]->m);
}

int main()
{
	journal = new std::mutex;
	volatile int n = 3; /* a loop that is unrolled would acquire each lock at another place */
	for (int i = 0; i < n; i++)
		accounts.push_back(std::make_unique<account>());
	in_turn(account_then_journal, journal_then_account);
	return 0;
}
