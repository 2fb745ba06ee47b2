/*
 * Objects of C++ with a constexpr constructor, in memory where locks were destroyed.
 * EXPECT: nothing
 * FLAGS: -std=c++17
 */
#include <condition_variable>
#include <mutex>
#include <new>
#include <pthread.h>
#include <shared_mutex>
#include <thread>

alignas(16) static char place[128];

template <typename T> static T *make()
{
	return new (static_cast<void *>(place)) T();
}

static void destroy_all()
{
	auto *m = reinterpret_cast<pthread_mutex_t *>(place);
	auto *r = reinterpret_cast<pthread_rwlock_t *>(place);
	auto *c = reinterpret_cast<pthread_cond_t *>(place);
	pthread_rwlock_init(r, nullptr);
	pthread_rwlock_rdlock(r);
	pthread_rwlock_unlock(r);
	pthread_rwlock_destroy(r);
	pthread_cond_init(c, nullptr);
	pthread_cond_signal(c);
	pthread_cond_destroy(c);
	pthread_mutex_init(m, nullptr);
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	pthread_mutex_destroy(m);
}

template <typename T> static void once()
{
	destroy_all();
	T *m = make<T>();
	m->lock();
	m->unlock();
	m->~T();
}

static void shared()
{
	auto *r = reinterpret_cast<pthread_rwlock_t *>(place);
	for (int i = 0; i < 3; i++) {
		pthread_rwlock_init(r, nullptr);
		pthread_rwlock_rdlock(r);
		pthread_rwlock_unlock(r);
		pthread_rwlock_destroy(r);
		auto *s = make<std::shared_mutex>();
		s->lock_shared();
		s->unlock_shared();
		s->~shared_mutex();
	}
}

static void condition()
{
	std::mutex m;
	for (int i = 0; i < 3; i++) {
		auto *c = make<std::condition_variable>();
		bool ready = false;
		std::thread t([&] {
			std::lock_guard<std::mutex> lock(m);
			ready = true;
			c->notify_one();
		});
		{
			std::unique_lock<std::mutex> lock(m);
			c->wait(lock, [&] { return ready; });
		}
		t.join();
		c->~condition_variable();
	}
}

int main()
{
	for (int i = 0; i < 3; i++) {
		once<std::mutex>();
		once<std::recursive_mutex>();
		once<std::timed_mutex>();
		once<std::shared_mutex>();
	}
	shared();
	condition();
}
