/*
 * An exchange: orders are matched under a book's lock, money moves under the lock of the balances,
 * and closing an account goes the other way, through a function that runs a lambda under the lock.
 * RUN: close lock-order
 * RUN: close-first nothing
 * RUN: transfer nothing
 * RUN: prices lock-order
 * RUN: prices-read nothing
 * RUN: journal lock-order
 * RUN: journal-again nothing
 * RUN: timed nothing
 * WITHOUT: clang-libc++ prices, whose std::shared_mutex is not the C library's
 * GATE: close prices
 * GATE: prices journal
 */
#include "turn.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace trading
{

struct Order {
	int account, amount;
	long price;
};

class Balances
{
      public:
	void debit(int account, long money)
	{
		// AT close: wants Balances::mutex_ in trading::Balances::debit(int, long)
		std::lock_guard<std::mutex> lock(mutex_);
		money_[account] -= money;
	}

	template <typename F> auto with_locked(F &&f)
	{
		// AT close: holds Balances::mutex_ in trading::Balances::with_locked<trading::Exchange::close_accounts(int)::{lambda#1}>(trading::Exchange::close_accounts(int)::{lambda#1}&&)
		std::unique_lock lock(mutex_);
		return f(money_);
	}

	/* std::scoped_lock of two backs off: no order follows. */
	void transfer(Balances &to, int account, long money)
	{
		std::scoped_lock lock(mutex_, to.mutex_);
		money_[account] -= money;
		to.money_[account] += money;
	}

      private:
	std::mutex mutex_;
	std::map<int, long> money_;
};

class Book
{
      public:
	explicit Book(Balances &balances) : balances_(balances)
	{
	}

	void match(const Order &order)
	{
		// AT close: holds Book::mutex_ in trading::Book::match(trading::Order const&)
		std::scoped_lock lock(mutex_);
		orders_.push_back(order);
		balances_.debit(order.account, order.amount * order.price);
	}

	void drop_account(int account)
	{
		// AT close: wants Book::mutex_ in trading::Book::drop_account(int)
		std::scoped_lock lock(mutex_);
		std::erase_if(orders_, [=](const Order &o) { return o.account == account; });
	}

	long value(std::shared_mutex &prices, const long &price)
	{
		// AT prices: holds Book::mutex_ in trading::Book::value(std::shared_mutex&, long const&)
		std::lock_guard lock(mutex_);
		// AT prices: wants Prices::mutex_ in trading::Book::value(std::shared_mutex&, long const&)
		std::shared_lock read(prices);
		return price * static_cast<long>(orders_.size());
	}

      private:
	friend class Prices;
	friend class Journal;
	Balances &balances_;
	std::mutex mutex_;
	std::vector<Order> orders_;
};

class Prices
{
      public:
	void set(Book &book, long price)
	{
		// AT prices: holds Prices::mutex_ in trading::Prices::set(trading::Book&, long)
		std::unique_lock write(mutex_);
		// AT prices: wants Book::mutex_ in trading::Prices::set(trading::Book&, long)
		std::lock_guard lock(book.mutex_);
		price_ = price;
	}

	/* Readers do not exclude each other. */
	long worth(Book &book)
	{
		std::shared_lock read(mutex_);
		std::lock_guard lock(book.mutex_);
		return price_;
	}

	std::shared_mutex mutex_;
	long price_ = 1;
};

class Journal
{
      public:
	void append(const std::string &line)
	{
		// AT journal: wants Journal::mutex_ in trading::Journal::append(std::string const&)
		std::lock_guard lock(mutex_);
		lines_.push_back(line);
	}

	void append_all(const std::vector<std::string> &lines)
	{
		std::lock_guard lock(mutex_);
		for (const auto &line : lines)
			append(line);
	}

	void dump(Book &book)
	{
		// AT journal: holds Journal::mutex_ in trading::Journal::dump(trading::Book&)
		std::lock_guard lock(mutex_);
		append("begin");
		// AT journal: wants Book::mutex_ in trading::Journal::dump(trading::Book&)
		std::lock_guard orders(book.mutex_);
		lines_.push_back(std::to_string(book.orders_.size()));
	}

	void note(Book &book)
	{
		// AT journal: holds Book::mutex_ in trading::Journal::note(trading::Book&)
		std::lock_guard orders(book.mutex_);
		append("order");
	}

	/* An attempt that gives up cannot wait forever. */
	void try_note(Book &book, std::timed_mutex &slow)
	{
		std::lock_guard orders(book.mutex_);
		if (slow.try_lock_for(std::chrono::milliseconds(1)))
			slow.unlock();
	}
	void slow_note(Book &book, std::timed_mutex &slow)
	{
		std::lock_guard lock(slow);
		std::lock_guard orders(book.mutex_);
	}

      private:
	std::recursive_mutex mutex_;
	std::vector<std::string> lines_;
};

class Exchange
{
      public:
	void trade(const Order &order)
	{
		book_->match(order);
	}

	void close_accounts(int below)
	{
		balances_->with_locked([&](auto &money) {
			for (auto it = money.begin(); it != money.end(); ++it)
				if (it->first < below)
					book_->drop_account(it->first);
		});
	}

	Balances &balances()
	{
		return *balances_;
	}
	Book &book()
	{
		return *book_;
	}
	Prices &prices()
	{
		return prices_;
	}
	Journal &journal()
	{
		return journal_;
	}

      private:
	std::unique_ptr<Balances> balances_ = std::make_unique<Balances>();
	std::unique_ptr<Book> book_ = std::make_unique<Book>(*balances_);
	Prices prices_;
	Journal journal_;
};

template <typename F, typename G> void in_turn(F &&first, G &&second)
{
	std::thread t([&] {
		turn mine(0);
		first();
	});
	std::thread u([&] {
		turn mine(1);
		second();
	});
	t.join();
	u.join();
}

} // namespace trading

using namespace trading;

int main(int, char **argv)
{
	const char *run = argv[1];
	Exchange exchange;
	Balances other;
	std::timed_mutex slow;
	Book &book = exchange.book();

	exchange.trade({1, 2, 3});
	if (is(run, "close"))
		in_turn([&] { exchange.trade({1, 10, 100}); }, [&] { exchange.close_accounts(5); });
	else if (is(run, "close-first"))
		in_turn([&] { exchange.trade({1, 10, 100}); }, [&] { book.drop_account(5); });
	else if (is(run, "transfer"))
		in_turn([&] { exchange.balances().transfer(other, 1, 5); },
			[&] { other.transfer(exchange.balances(), 1, 5); });
	else if (is(run, "prices"))
		in_turn([&] { book.value(exchange.prices().mutex_, exchange.prices().price_); },
			[&] { exchange.prices().set(book, 7); });
	else if (is(run, "prices-read"))
		in_turn([&] { exchange.prices().worth(book); },
			[&] { exchange.prices().set(book, 7); });
	else if (is(run, "journal"))
		in_turn([&] { exchange.journal().dump(book); },
			[&] { exchange.journal().note(book); });
	else if (is(run, "journal-again"))
		in_turn(
			[&] {
				exchange.journal().append_all({"a", "b"});
			},
			[&] { exchange.journal().dump(book); });
	else if (is(run, "timed"))
		in_turn([&] { exchange.journal().try_note(book, slow); },
			[&] { exchange.journal().slow_note(book, slow); });
	else
		return 3;
}
