/* wrapper.h — a mutex and a guard of a project's own, in a header. */
#ifndef WRAPPER_H
#define WRAPPER_H

#include <pthread.h>

namespace base
{

class Mutex
{
      public:
	Mutex()
	{
		pthread_mutex_init(&mutex_, nullptr);
	}
	~Mutex()
	{
		pthread_mutex_destroy(&mutex_);
	}
	Mutex(const Mutex &) = delete;
	void lock()
	{
		pthread_mutex_lock(&mutex_);
	}
	bool try_lock()
	{
		return pthread_mutex_trylock(&mutex_) == 0;
	}
	void unlock()
	{
		pthread_mutex_unlock(&mutex_);
	}

      private:
	pthread_mutex_t mutex_;
};

class Guard
{
      public:
	explicit Guard(Mutex &mutex) : mutex_(mutex)
	{
		mutex_.lock();
	}
	~Guard()
	{
		mutex_.unlock();
	}

      private:
	Mutex &mutex_;
};

} // namespace base

#endif
