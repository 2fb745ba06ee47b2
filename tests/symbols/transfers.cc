/* transfers.cc — the other half of bank.h: takes `second`, then `first`. */
#include "bank.h"

/* another function of the same name and file scope as in accounts.cc */
static inline void add(Account &account, long amount)
{
	std::lock_guard guard(account.lock);
	account.money += amount;
}

/* gcc moves the way of the exception to a part of its own, "[clone .cold]" */
__attribute__((noinline)) static void check(int amount)
{
	std::lock_guard guard(bank.third.lock);

	if (amount > 5)
		throw amount;
	bank.third.money++;
}

struct Audit {
	long seen = 0;
	template <class T> __attribute__((noinline)) void operator()(T &account)
	{
		auto look = [this](auto &one) {
			std::lock_guard guard(one.lock);
			seen += one.money;
		};

		look(account), look(bank.third);
	}
};

void reverse(int amount)
{
	bank.with(bank.second, [&](auto &) { add(bank.first, amount); });
	try {
		check(amount);
	} catch (int) {
		std::lock_guard guard(bank.third.lock);
		bank.third.money--;
	}
}

int main(int argc, char **)
{
	std::atomic<bool> done = false; /* the threads run one after the other, which orders no locks */
	auto one = [&] { forward(argc), done = true; };
	auto two = [&] {
		while (!done)
			sched_yield();
		reverse(argc);
	};
	pthread_t first = in_thread(one), second = in_thread(two);

	pthread_join(first, nullptr), pthread_join(second, nullptr);
	Audit()(bank.first);
}
