/*
 * Local static objects, std::call_once and std::condition_variable.
 * ONLY: *-[Of]*, libc++ has a std::call_once of its own
 * RUN: static deadlock
 * RUN: static-before nothing
 * RUN: call-once lock-order
 * RUN: call-once-free nothing
 * RUN: condition cond-wait-holding
 * RUN: condition-alone nothing
 * GATE: call-once condition
 */
#include "turn.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

static std::mutex config_mutex;
static std::atomic<int> step;
static bool slow;

static void reach(int n)
{
	while (step < n)
		sched_yield();
}

class Registry
{
      public:
	static Registry &get()
	{
		// AT static: holds Registry::get::registry in Registry::get()
		// AT static: wants Registry::get::registry in Registry::get()
		static Registry registry;
		return registry;
	}
	void add(const std::string &name)
	{
		std::lock_guard lock(mutex_);
		names_.push_back(name);
	}

      private:
	Registry()
	{
		step = 1;
		if (slow)
			reach(2);
		// AT static: wants config_mutex in Registry::Registry()
		std::lock_guard lock(config_mutex);
		names_.push_back("config");
	}
	std::mutex mutex_;
	std::vector<std::string> names_;
};

static void use_registry()
{
	Registry::get().add("use");
}

static void configure()
{
	reach(1);
	std::lock_guard lock(config_mutex); // AT static: holds config_mutex in configure()
	step = 2;
	Registry::get();
}

class Pool
{
      public:
	void open()
	{
		// AT call-once: holds Pool::once_ in Pool::open()
		std::call_once(once_, [this] {
			// AT call-once: wants Pool::mutex_ in Pool::open()::{lambda#1}
			std::scoped_lock lock(mutex_);
			size_ = 8;
		});
	}
	void resize()
	{
		// AT call-once: holds Pool::mutex_ in Pool::resize()
		std::scoped_lock lock(mutex_);
		// AT call-once: wants Pool::once_ in Pool::resize()
		std::call_once(once_, [this] { size_ = 4; });
	}
	void open_first()
	{
		std::call_once(once_, [this] { size_ = 8; });
		std::scoped_lock lock(mutex_);
	}

	std::mutex mutex_;
	std::once_flag once_;
	int size_ = 0;
};

class Channel
{
      public:
	void send(int n)
	{
		{
			std::lock_guard lock(mutex_);
			items_.push_back(n);
		}
		ready_.notify_one(); // AT condition: calls Channel::ready_ in Channel::send(int)
		sent_++;
	}
	int receive()
	{
		std::unique_lock lock(mutex_);
		step = 1;
		// AT condition: wants Channel::ready_ in Channel::receive()
		ready_.wait(lock, [&] { return !items_.empty(); });
		int n = items_.back();
		items_.pop_back();
		return n;
	}

	std::mutex mutex_;
	std::condition_variable ready_;
	std::vector<int> items_;
	std::atomic<int> sent_ = 0;
};

template <typename F, typename G> static void together(F &&f, G &&g)
{
	std::thread t(f), u(g);
	t.join();
	u.join();
}

int main(int, char **argv)
{
	const char *run = argv[1];
	Pool pool;
	Channel channel;
	auto in_turn = [&](auto &&f, auto &&g) {
		together(
			[&f] {
				turn mine(0);
				f();
			},
			[&g] {
				turn mine(1);
				g();
			});
	};

	slow = is(run, "static");
	if (is(run, "static"))
		together(use_registry, configure);
	else if (is(run, "static-before"))
		in_turn(use_registry, configure);
	else if (is(run, "call-once"))
		in_turn([&] { pool.open(); }, [&] { pool.resize(); });
	else if (is(run, "call-once-free"))
		in_turn([&] { pool.open_first(); }, [&] { pool.resize(); });
	else if (is(run, "condition-alone"))
		together(
			[&] {
				reach(1);
				channel.send(1);
			},
			[&] { channel.receive(); });
	else if (is(run, "condition"))
		together(
			[&] {
				// AT condition: wants config_mutex in main::{lambda#8}
				config_mutex.lock();
				config_mutex.unlock();
				++turn_now;
				reach(1);
				channel.send(1);
			},
			[&] {
				turn mine(1);
				// AT condition: holds config_mutex in main::{lambda#9}
				std::lock_guard lock(config_mutex);
				channel.receive();
			});
}
