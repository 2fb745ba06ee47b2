/*
 * entries.cc — near misses: functions that acquire a lock and do a little of the user's work under
 * it, which the machine code shows in one instruction: they read, or change an object of somebody
 * else, a variable of the thread or an atomic one.
 */
#include <atomic>
#include <mutex>
#include <thread>

namespace
{
struct Account {
	std::mutex mutex;
	int balance = 0;
};

Account cash, card;
thread_local int depth;
std::atomic<int> total;

int balance_of(Account &account)
{
	account.mutex.lock(); // acquired here
	return account.balance;
}

struct Deposit {
	explicit Deposit(Account &account)
	{
		account.mutex.lock(); // acquired here
		account.balance++;
	}
};

void enter(Account &account)
{
	account.mutex.lock(); // acquired here
	depth++;
}

void count(Account &account)
{
	account.mutex.lock(); // acquired here
	total++;
}

void leave()
{
	cash.mutex.unlock();
	card.mutex.unlock();
}
} // namespace

/* The second thread begins when the first is done; neither waits for a lock. */
int main()
{
	std::atomic<bool> done{false};
	std::thread first([&] {
		if (balance_of(cash) < 0)
			return;
		Deposit deposit(card);
		leave();
		done = true;
	});
	std::thread second([&] {
		while (!done)
			std::this_thread::yield();
		enter(card);
		count(cash);
		leave();
	});

	first.join();
	second.join();
}
