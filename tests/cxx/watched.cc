/*
 * Locks of the program's own in lockhound::watched, used through the guards of the C++ library: a
 * spinlock, a lock for readers, a std::mutex, which is one lock and not two, and a recursive one.
 * RUN: orders lock-order lock-order
 * RUN: shared lock-order
 * RUN: itself self-deadlock
 * RUN: fine nothing
 */
#include "turn.h"

#include "lockhound.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

class SpinLock
{
	std::atomic<bool> taken_{false};

      public:
	void lock()
	{
		while (taken_.exchange(true, std::memory_order_acquire))
			sched_yield();
	}
	bool try_lock()
	{
		return !taken_.exchange(true, std::memory_order_acquire);
	}
	template <class Time> bool try_lock_for(Time)
	{
		return try_lock();
	}
	void unlock()
	{
		taken_.store(false, std::memory_order_release);
	}
};

template <class M> using watched = lockhound::watched<M>;
using Spin = watched<SpinLock>;
static_assert(sizeof(Spin) == sizeof(SpinLock), "zero size");
static_assert(sizeof(watched<std::mutex>) == sizeof(std::mutex), "zero size");

struct Account {
	Spin spin;
	watched<std::mutex> mutex_;
};

static Spin accounts, journal;
static watched<std::mutex> rates;
static watched<std::shared_mutex> table{lockhound::name("the table of all customers")};
static Account account;

static void accounts_then_journal()
{
	turn now(0);
	std::lock_guard<Spin> a(accounts); // AT orders: holds accounts in accounts_then_journal()
	std::unique_lock<Spin> j(journal); // AT orders: wants journal in accounts_then_journal()
}
static void journal_then_accounts()
{
	turn now(1);
	std::scoped_lock j(journal); // AT orders: holds journal in journal_then_accounts()
	accounts.lock();             // AT orders: wants accounts in journal_then_accounts()
	accounts.unlock();
}
static void rates_then_account()
{
	turn now(2);
	std::lock_guard r(rates); // AT orders: holds rates in rates_then_account()
	// AT orders: wants account.mutex_ in rates_then_account()
	std::lock_guard a(account.mutex_);
}
static void account_then_rates()
{
	turn now(3);
	// AT orders: holds account.mutex_ in account_then_rates()
	std::lock_guard a(account.mutex_);
	std::lock_guard r(rates); // AT orders: wants rates in account_then_rates()
}

static void read_then_spin()
{
	turn now(0);
	// AT shared: holds the table of all customers in read_then_spin()
	std::shared_lock t(table);
	std::lock_guard s(account.spin); // AT shared: wants account.spin in read_then_spin()
}
static void spin_then_write()
{
	turn now(1);
	std::lock_guard s(account.spin); // AT shared: holds account.spin in spin_then_write()
	// AT shared: wants the table of all customers in spin_then_write()
	std::unique_lock t(table);
}

/* It waits for itself, but the lock throws instead. */
struct Refuses {
	bool taken = false;
	void lock()
	{
		if (taken)
			throw std::runtime_error("taken");
		taken = true;
	}
	void unlock()
	{
		taken = false;
	}
};
static watched<Refuses> refuses;

static void itself()
{
	std::lock_guard once(refuses); // AT itself: holds refuses in itself()
	try {
		refuses.lock(); // AT itself: wants refuses in itself()
		std::abort();
	} catch (const std::runtime_error &) {
	}
}

template <class A, class B> static void in_turn(A a, B b)
{
	turn_now = 0;
	std::thread t(a), u(b);
	t.join();
	u.join();
}

static void try_orders()
{
	in_turn(
		[] {
			turn now(0);
			std::lock_guard a(accounts);
			std::lock_guard j(journal);
		},
		[] {
			turn now(1);
			std::lock_guard j(journal);
			std::unique_lock a(accounts, std::try_to_lock);
			if (!a.owns_lock() || accounts.try_lock())
				std::abort();
			a.unlock();
			if (!accounts.try_lock_for(std::chrono::seconds(1)))
				std::abort();
			accounts.unlock();
		});
}

/* std::lock tries the second lock; a thread that waits on a condition holds no lock. */
static void waits()
{
	static std::condition_variable_any changed;
	static watched<std::timed_mutex> state;
	static bool is_changed;

	in_turn(
		[] {
			std::unique_lock s(state);
			turn_now = 1;
			changed.wait(s, [] { return is_changed; });
			std::scoped_lock both(accounts, rates);
		},
		[] {
			turn now(1);
			std::lock_guard s(state);
			is_changed = true;
			changed.notify_all();
		});
	std::scoped_lock both(rates, accounts);
	std::unique_lock timed(state, std::chrono::milliseconds(1));
}

static void recursive()
{
	static lockhound::watched<std::recursive_mutex, LOCKHOUND_RECURSIVE> again;

	for (int i = 0; i < 2; i++)
		again.lock();
	std::lock_guard j(journal);
	for (int i = 0; i < 2; i++)
		again.unlock();
}

/* One lock after the other in the same memory. */
static void reused()
{
	static std::aligned_storage_t<sizeof(Spin), alignof(Spin)> memory;

	in_turn(
		[] {
			turn now(0);
			auto *spin = new (&memory) Spin;
			{
				std::lock_guard s(*spin);
				std::lock_guard r(rates);
			}
			spin->~Spin();
		},
		[] {
			turn now(1);
			auto *spin = new (&memory) Spin;
			{
				std::lock_guard r(rates);
				std::lock_guard s(*spin);
			}
			spin->~Spin();
		});
}

static void fine()
{
	try_orders();
	waits();
	recursive();
	reused();
}

int main(int, char **argv)
{
	if (is(argv[1], "orders")) {
		std::thread t[] = {
			std::thread(accounts_then_journal), std::thread(journal_then_accounts),
			std::thread(rates_then_account), std::thread(account_then_rates)};
		for (auto &x : t)
			x.join();
	} else if (is(argv[1], "shared")) {
		in_turn(read_then_spin, spin_then_write);
	} else if (is(argv[1], "itself")) {
		itself();
	} else {
		fine();
	}
}
