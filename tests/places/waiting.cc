/* waiting.cc — two threads that deadlock in wrappers, and do something else before they wait. */
#include <atomic>
#include <pthread.h>
#include <thread>

class Mutex {
public:
	void lock() { pthread_mutex_lock(&mutex_); }
	void unlock() { pthread_mutex_unlock(&mutex_); }

private:
	pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

class Guard {
public:
	explicit Guard(Mutex &mutex) : mutex_(mutex) { mutex_.lock(); }
	~Guard() { mutex_.unlock(); }

private:
	Mutex &mutex_;
};

static Mutex a, b;
static std::atomic<int> holders;

__attribute__((noinline)) static void wait_for(Mutex &second)
{
	holders++;
	while (holders < 2)
		std::this_thread::yield();
	Guard guard(second); // acquired here

	holders--;
}

static void one()
{
	Guard guard(a);
	wait_for(b);
}

static void two()
{
	Guard guard(b);
	wait_for(a);
}

int main()
{
	std::thread first(one), second(two);

	first.join();
	second.join();
}
