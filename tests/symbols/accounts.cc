/* accounts.cc — one half of bank.h: takes `first`, then `second`. */
#include "bank.h"

Bank bank;

/* five functions, each inlined into the next */
static inline void add(Account &account, int amount)
{
	std::lock_guard guard(account.lock);
	account.money += amount;
}
static inline void add_one(Account &account) { add(account, bank.third.money > 5 ? 2 : 1); }
static inline void add_two(Account &account) { add_one(account), bank.third.money += 2; }
static inline void add_three(Account &account) { add_two(account), bank.third.money += 3; }
static inline void add_four(Account &account) { add_three(account), bank.third.money += 4; }

namespace {
void log(Account &account)
{
	std::scoped_lock both(account.lock, bank.third.lock);
	bank.third.money++;
}
} // namespace

void forward(int amount)
{
	bank.with(bank.first, [&](auto &) {
		add_four(bank.second);
		bank.with(bank.second, [&](auto &inner) { inner.money += amount; });
	});
	log(bank.second);
}
