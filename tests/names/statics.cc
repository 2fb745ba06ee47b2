/*
 * Locks in variables: members, elements, base classes, unions, statics of functions and classes.
 * NAME: mutex shards[0].lock
 * NAME: mutex shards[17].lock
 * NAME: mutex shards[159].lock
 * NAME: mutex ring[0]
 * NAME: mutex ring[1]
 * NAME: mutex ring[2]
 * NAME: mutex main::s.sessions
 * NAME: mutex main::s.config
 * NAME: mutex arr[0]
 * NAME: mutex arr[1]
 * NAME: mutex arr[2]
 * NAME: mutex arr[3]
 * NAME: mutex grid[1][2]
 * NAME: mutex grid[0][1]
 * NAME: mutex d.base_
 * NAME: mutex d.own_
 * NAME: mutex w
 * NAME: mutex deep.in[1].anon.w2
 * NAME: mutex hidden
 * NAME: mutex S::count
 * NAME: mutex ns::c11
 * NAME: mutex ns::q.b
 * NAME: mutex fs::guard_m
 * NAME: mutex ft<int>::m
 * NAME: mutex ft<char>::m
 * NAME: mutex u.m
 * NAME: rwlock deep.in[0].anon.rw
 * NAME: rwlock s0.sh
 */
#include <array>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <pthread.h>
#include <threads.h>
#include <condition_variable>
struct shard {
	int n;
	pthread_mutex_t lock;
};
static shard shards[160];
static pthread_mutex_t ring[3] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
				  PTHREAD_MUTEX_INITIALIZER};
struct Sessions {
	std::mutex sessions;
	std::recursive_mutex config;
};
std::array<std::mutex, 4> arr;
static std::mutex grid[2][3];
union U {
	std::mutex m;
	long n[6];
	U() : m()
	{
	}
	~U()
	{
	}
};
static U u;
class Base
{
      public:
	std::mutex base_;
	int x;
};
class Derived : public Base
{
      public:
	int y;
	std::timed_mutex own_;
};
static Derived d;
class Wrapped
{
      public:
	void lock()
	{
		m_.lock();
	}
	void unlock()
	{
		m_.unlock();
	}

      private:
	std::mutex m_;
	int k;
};
static Wrapped w;
struct Deep {
	int a;
	struct In {
		int q;
		struct {
			Wrapped w2;
			pthread_rwlock_t rw;
		} anon;
	} in[2];
};
static Deep deep;
namespace
{
std::mutex hidden;
struct S {
	static inline std::mutex count;
	std::shared_mutex sh;
	int n;
} s0;
} // namespace
namespace ns
{
mtx_t c11;
struct Q {
	mtx_t a, b;
} q;
} // namespace ns
std::mutex &fs()
{
	static std::mutex guard_m;
	return guard_m;
}
template <class T> std::mutex &ft(T)
{
	static std::mutex m;
	return m;
}
extern "C" void take(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
}
int main()
{
	static Sessions s;
	for (int i : {0, 17, 159})
		take(&shards[i].lock);
	for (auto &r : ring)
		take(&r);
	s.sessions.lock();
	s.config.lock();
	s.config.unlock();
	s.sessions.unlock();
	for (auto &a : arr) {
		a.lock();
		a.unlock();
	}
	grid[1][2].lock();
	grid[0][1].lock();
	grid[0][1].unlock();
	grid[1][2].unlock();
	u.m.lock();
	u.m.unlock();
	d.base_.lock();
	d.own_.lock();
	d.own_.unlock();
	d.base_.unlock();
	w.lock();
	w.unlock();
	deep.in[1].anon.w2.lock();
	deep.in[1].anon.w2.unlock();
	pthread_rwlock_rdlock(&deep.in[0].anon.rw);
	pthread_rwlock_unlock(&deep.in[0].anon.rw);
	hidden.lock();
	hidden.unlock();
	S::count.lock();
	S::count.unlock();
	s0.sh.lock();
	s0.sh.unlock();
	mtx_init(&ns::c11, mtx_plain);
	mtx_init(&ns::q.b, mtx_plain);
	mtx_lock(&ns::q.b);
	mtx_lock(&ns::c11);
	mtx_unlock(&ns::c11);
	mtx_unlock(&ns::q.b);
	fs().lock();
	fs().unlock();
	ft(1).lock();
	ft(1).unlock();
	ft('c').lock();
	ft('c').unlock();
}
