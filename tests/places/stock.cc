/*
 * stock.cc — an exchange with two locks that are acquired in both orders, through a generic lambda, a
 * template and inlined members. The lines that acquire them are marked.
 */
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trading {

struct Order {
	int account;
	std::string symbol;
	long quantity, price;
};

class Balances {
public:
	void credit(int account, long amount)
	{
		std::lock_guard<std::mutex> lock(mutex_);
		money_[account] += amount;
	}

	bool debit(int account, long amount)
	{
		std::lock_guard<std::mutex> lock(mutex_); // acquired here
		auto found = money_.find(account);

		if (found == money_.end() || found->second < amount)
			return false;
		found->second -= amount;
		return true;
	}

	template <typename Function> void with_locked(Function f)
	{
		std::unique_lock<std::mutex> lock(mutex_); // acquired here

		f(money_);
	}

	long total()
	{
		long sum = 0;

		with_locked([&](auto &money) {
			for (auto &[account, amount] : money)
				sum += amount;
		});
		return sum;
	}

private:
	std::mutex mutex_;
	std::map<int, long> money_;
};

class Book {
public:
	explicit Book(Balances &balances) : balances_(balances)
	{
	}

	long match(const Order &order)
	{
		std::lock_guard<std::mutex> lock(mutex_); // acquired here

		if (!balances_.debit(order.account, order.price * order.quantity))
			return 0;
		volume_ += order.quantity;
		open_.push_back(order);
		return order.quantity;
	}

	void drop_account(int account)
	{
		std::unique_lock<std::mutex> lock(mutex_); // acquired here
		std::vector<Order> kept;

		for (auto &order : open_)
			if (order.account != account)
				kept.push_back(order);
		open_.swap(kept);
	}

	long volume()
	{
		std::lock_guard<std::mutex> lock(mutex_);

		return volume_;
	}

private:
	std::mutex mutex_;
	Balances &balances_;
	std::vector<Order> open_;
	long volume_ = 0;
};

class Exchange {
public:
	Exchange() : book_(std::make_unique<Book>(balances_))
	{
		for (int i = 0; i < 10; i++)
			balances_.credit(i, 100000);
	}

	void trade(int account)
	{
		for (int i = 0; i < 5; i++)
			book_->match({account, "ABC", 1 + i, 10});
	}

	void close_accounts(int least)
	{
		balances_.with_locked([&](auto &money) {
			for (auto i = money.begin(); i != money.end();) {
				if (i->second >= least) {
					++i;
					continue;
				}
				book_->drop_account(i->first);
				i = money.erase(i);
			}
		});
	}

	void report()
	{
		std::printf("%ld traded, %ld left\n", book_->volume(), balances_.total());
	}

private:
	Balances balances_;
	std::unique_ptr<Book> book_;
};

} // namespace trading

/* The second thread begins when the first is done; neither waits for a lock. */
int main()
{
	trading::Exchange exchange;
	std::atomic<bool> traded{false};
	std::thread trader([&] {
		exchange.trade(3);
		traded = true;
	});
	std::thread closer([&] {
		while (!traded)
			std::this_thread::yield();
		exchange.close_accounts(100000);
	});

	trader.join();
	closer.join();
	exchange.report();
}
