/*
 * guards.cc — a project's own Mutex and Guard around a pthread mutex. The lines that use them are
 * the user's; Mutex::lock and Guard::Guard do nothing but acquire.
 */
#include <atomic>
#include <pthread.h>
#include <stdexcept>
#include <thread>

class Mutex {
public:
	void lock()
	{
		if (pthread_mutex_lock(&mutex_))
			throw std::runtime_error("lock");
	}
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

class Server {
public:
	void login()
	{
		Guard config(config_);	   // acquired here
		Guard sessions(sessions_); // acquired here

		users_++;
	}
	void reload()
	{
		Guard sessions(sessions_); // acquired here
		Guard config(config_);	   // acquired here

		generation_ += users_;
	}

private:
	Mutex config_, sessions_;
	int users_ = 0, generation_ = 0;
};

/* The second thread begins when the first is done; neither waits for a lock. */
int main()
{
	static Server server;
	std::atomic<bool> done{false};
	std::thread first([&] {
		server.login();
		done = true;
	});
	std::thread second([&] {
		while (!done)
			std::this_thread::yield();
		server.reload();
	});

	first.join();
	second.join();
}
