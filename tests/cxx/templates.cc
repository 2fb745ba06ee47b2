/*
 * Instances of one class template with the same member, of a function template, and a base class
 * that has the mutex.
 * RUN: move lock-order
 * RUN: move-same nothing
 * RUN: two-moves lock-order lock-order
 * RUN: base lock-order
 * RUN: base-ordered nothing
 * GATE: move two-moves
 */
#include "turn.h"

#include <map>
#include <mutex>
#include <string>
#include <thread>

template <typename K> class Cache
{
      public:
	void put(const K &key, int value)
	{
		// AT move two-moves: wants Cache<int>::mutex_ in Cache<int>::put(int const&, int)
		// AT move: wants Cache<long>::mutex_ in Cache<long>::put(long const&, int)
		// AT two-moves: wants Cache<long>::mutex_ in Cache<long>::put(long const&, int)
		// AT two-moves: wants Cache<char>::mutex_ in Cache<char>::put(char const&, int)
		std::lock_guard lock(mutex_);
		entries_[key] = value;
	}

	template <typename L> void move_to(Cache<L> &to, const K &key, const L &as)
	{
		// AT move two-moves: holds Cache<int>::mutex_ in Cache<int>::move_to<long>(Cache<long>&, int const&, long const&)
		// AT move two-moves: holds Cache<long>::mutex_ in Cache<long>::move_to<int>(Cache<int>&, long const&, int const&)
		// AT two-moves: holds Cache<long>::mutex_ in Cache<long>::move_to<char>(Cache<char>&, long const&, char const&)
		// AT two-moves: holds Cache<char>::mutex_ in Cache<char>::move_to<long>(Cache<long>&, char const&, long const&)
		std::lock_guard lock(mutex_);
		to.put(as, entries_[key]);
		entries_.erase(key);
	}

      private:
	std::mutex mutex_;
	std::map<K, int> entries_;
};

class Lockable
{
      public:
	virtual ~Lockable() = default;

      protected:
	std::mutex mutex_;
};

class Ledger : public Lockable
{
      public:
	void post(int amount)
	{
		// AT base: wants Lockable::mutex_ in Ledger::post(int)
		std::unique_lock lock(mutex_);
		sum_ += amount;
	}
	template <typename F> void audit(F &&with)
	{
		// AT base: holds Lockable::mutex_ in Ledger::audit<main::{lambda#8}::{lambda#1}>(main::{lambda#8}::{lambda#1}&&)
		std::unique_lock lock(mutex_);
		with(sum_);
	}

      private:
	int sum_ = 0;
};

class Account : public Lockable
{
      public:
	explicit Account(Ledger &ledger) : ledger_(ledger)
	{
	}
	virtual void pay(int amount)
	{
		// AT base: holds Lockable::mutex_ in Account::pay(int)
		std::lock_guard lock(mutex_);
		ledger_.post(amount);
	}
	int balance()
	{
		// AT base: wants Lockable::mutex_ in Account::balance()
		std::lock_guard lock(mutex_);
		return balance_;
	}

      protected:
	Ledger &ledger_;
	int balance_ = 0;
};

class Savings : public Account
{
      public:
	using Account::Account;
	void pay(int amount) override
	{
		Account::pay(2 * amount);
	}
};

template <typename F, typename G> static void in_turn(int first, F &&f, G &&g)
{
	std::thread t([&] {
		turn mine(first);
		f();
	});
	std::thread u([&] {
		turn mine(first + 1);
		g();
	});
	t.join();
	u.join();
}

int main(int, char **argv)
{
	const char *run = argv[1];
	Cache<int> by_id;
	Cache<long> by_time;
	Cache<char> by_letter;
	Ledger ledger;
	Savings savings(ledger);
	Account &account = savings;

	if (is(run, "move") || is(run, "two-moves"))
		in_turn(
			0, [&] { by_id.move_to(by_time, 1, 2L); },
			[&] { by_time.move_to(by_id, 2L, 1); });
	else if (is(run, "move-same"))
		in_turn(
			0, [&] { by_id.move_to(by_time, 1, 2L); },
			[&] { by_id.move_to(by_letter, 3, 'c'); });
	if (is(run, "two-moves"))
		in_turn(
			2, [&] { by_time.move_to(by_letter, 2L, 'c'); },
			[&] { by_letter.move_to(by_time, 'c', 2L); });
	if (is(run, "base"))
		in_turn(
			0, [&] { account.pay(5); },
			[&] { ledger.audit([&](int &sum) { sum += account.balance(); }); });
	else if (is(run, "base-ordered"))
		in_turn(
			0, [&] { account.pay(5); }, [&] { account.balance(); });
}
