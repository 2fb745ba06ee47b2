/*
 * Locks of C++ on the heap and on the stack: the class that declares the member, and the member.
 * NAME: mutex Queue<int>::mutex_
 * NAME: mutex Queue<long>::mutex_
 * NAME: mutex Base::base_
 * NAME: mutex Derived::own_
 * NAME: mutex Book::wrapped_
 * NAME: rwlock Book::shared_
 * NAME: mutex Book::timed_
 * NAME: mutex Book::shared_pointer_
 * NAME: mutex main::a
 * NAME: mutex main::pointer
 * NAME: mutex in_function::kept
 * NAME: mutex Node::mutex_
 * NAME: mutex the journal
 * WITHOUT: *-O0 mutex Book::shared_pointer_
 * WITHOUT: *-O0 mutex main::pointer
 * WITHOUT: gcc-O[23] mutex Book::shared_pointer_
 */
#include "lockhound.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

template <typename T> class Queue
{
      public:
	[[gnu::noinline]] void push(T t)
	{
		std::lock_guard lock(mutex_);
		list_.push_back(t);
	}

      private:
	std::vector<T> list_;
	std::mutex mutex_;
};
class Base
{
      public:
	virtual ~Base() = default;
	[[gnu::noinline]] void use_base()
	{
		std::lock_guard lock(base_);
		n_++;
	}

      protected:
	int n_ = 0;
	std::mutex base_;
};
class Derived : public Base
{
      public:
	[[gnu::noinline]] void use()
	{
		std::scoped_lock lock(own_);
		n_++;
		use_base();
	}

      private:
	std::mutex own_;
};
class Mutex /* a lock of the program */
{
      public:
	void lock()
	{
		m_.lock();
		holds_++;
	}
	void unlock()
	{
		m_.unlock();
	}

      private:
	std::mutex m_;
	long holds_ = 0;
};
class Guard
{
      public:
	explicit Guard(Mutex &m) : m_(m)
	{
		m_.lock();
	}
	~Guard()
	{
		m_.unlock();
	}

      private:
	Mutex &m_;
};
class Book
{
      public:
	[[gnu::noinline]] void use()
	{
		{
			Guard guard(wrapped_);
			n_++;
		}
		{
			std::shared_lock lock(shared_);
			n_++;
		}
		if (timed_.try_lock_for(std::chrono::seconds(1)))
			timed_.unlock();
		std::lock_guard lock(*shared_pointer_);
	}

      private:
	long n_ = 0;
	Mutex wrapped_;
	std::shared_mutex shared_;
	std::timed_mutex timed_;
	std::shared_ptr<std::mutex> shared_pointer_ = std::make_shared<std::mutex>();
};
struct Node {
	int n = 0;
	std::mutex mutex_;
	std::unique_ptr<Node> next;
};

[[gnu::noinline]] static void use_node(Node &node)
{
	node.next->mutex_.lock();
	node.next->mutex_.unlock();
}

[[gnu::noinline]] static void use_pointer(std::unique_ptr<std::mutex> &pointer)
{
	pointer->lock();
	pointer->unlock();
}

static void in_function()
{
	static std::mutex kept;
	std::lock_guard lock(kept);
}

int main()
{
	auto ints = std::make_unique<Queue<int>>();
	auto longs = std::make_shared<Queue<long>>();
	auto derived = std::make_unique<Derived>();
	auto book = std::make_unique<Book>();
	auto node = std::make_unique<Node>();
	auto pointer = std::make_unique<std::mutex>();
	std::mutex a, journal;

	lockhound_name(&journal, "the journal");
	ints->push(1);
	longs->push(1);
	derived->use();
	book->use();
	node->next = std::make_unique<Node>();
	use_node(*node);
	std::thread([&a, &journal] {
		std::lock_guard x(a);
		std::lock_guard y(journal);
	}).join();
	use_pointer(pointer);
	in_function();
}
