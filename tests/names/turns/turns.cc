/* Two accounts are locked in both orders, and one of them with a journal; the argument says which
 * thread comes first. */
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

static std::atomic<int> turn{0};

class Account
{
      public:
	void move_to(Account &to)
	{
		std::lock_guard lock(mutex_);
		std::lock_guard other(to.mutex_);
		to.balance_ += balance_--;
	}
	template <typename F> void locked(F f)
	{
		std::lock_guard lock(mutex_);
		f();
	}

      private:
	long balance_ = 0;
	std::mutex mutex_;
};

static void when(int n)
{
	while (turn != n)
		std::this_thread::yield();
}

int main(int argc, char **)
{
	auto one = std::make_unique<Account>(), two = std::make_unique<Account>();
	std::mutex journal;
	int first = argc > 1;

	std::thread left([&] {
		when(first);
		one->move_to(*two);
		one->locked([&] { std::lock_guard lock(journal); });
		turn++;
		turn = turn % 2;
	});
	std::thread right([&] {
		when(!first);
		two->move_to(*one);
		std::lock_guard lock(journal);
		one->locked([] {});
		turn++;
		turn = turn % 2;
	});
	left.join();
	right.join();
}
