/*
 * A C++ class around a GMutex, and exceptions through its guard: the guard releases it.
 * EXPECT: lock-order Account::mutex
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

#include <stdexcept>

class Guard
{
	GMutex *mutex_;

      public:
	explicit Guard(GMutex *mutex) : mutex_(mutex)
	{
		g_mutex_lock(mutex_);
	}
	~Guard()
	{
		g_mutex_unlock(mutex_);
	}
	Guard(const Guard &) = delete;
};

struct Account {
	GMutex mutex;
	int balance = 0;

	Account()
	{
		g_mutex_init(&mutex);
	}
	~Account()
	{
		g_mutex_clear(&mutex);
	}
	void move(Account &to, int n)
	{
		Guard mine(&mutex);
		Guard other(&to.mutex);
		balance -= n;
		to.balance += n;
		if (balance < 0)
			throw std::runtime_error("no money");
	}
};

static Account *x, *y;

static void there()
{
	try {
		x->move(*y, 1);
	} catch (const std::exception &) {
	}
}

static void back()
{
	y->move(*x, 1);
}

int main()
{
	x = new Account;
	y = new Account;
	in_turn(there, back);
	delete x;
	delete y;
}
