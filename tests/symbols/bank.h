/* bank.h — a program of two units whose locks are taken in inlined functions, lambdas and templates. */
#include <atomic>
#include <mutex>
#include <pthread.h>
#include <sched.h>

struct Account {
	std::mutex lock;
	long money = 0;
};

struct Bank {
	Account first, second, third;
	template <class F> void with(Account &account, F f)
	{
		std::lock_guard guard(account.lock);
		f(account);
	}
};

extern Bank bank;
void forward(int amount);
void reverse(int amount);

/* The thread runs while the function object lives; the caller joins it. */
template <class F> pthread_t in_thread(F &f)
{
	pthread_t thread;

	pthread_create(
		&thread, nullptr,
		[](void *arg) -> void * {
			(*static_cast<F *>(arg))();
			return nullptr;
		},
		&f);
	return thread;
}
