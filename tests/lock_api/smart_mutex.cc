/*
 * smart_mutex.cc — recursive mutexes, templates over them and their guards, as in LLVM: the
 * functions of every instance of the template have one row.
 *
 * RUN: right nothing
 * RUN: recursive nothing
 * RUN: order lock-order: passes, types
 * RUN: hang deadlock: passes, types
 * RUN: readers nothing
 * RUN: writer lock-order: table, types
 */
#include "turn.h"

namespace llvm
{
namespace sys
{
class MutexImpl
{
	pthread_mutex_t data_;

      public:
	explicit MutexImpl(bool recursive = true);
	~MutexImpl();
	bool acquire();
	bool release();
	bool tryacquire();
};

CALLED MutexImpl::MutexImpl(bool recursive)
{
	pthread_mutexattr_t kind;
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind,
				  recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
	pthread_mutex_init(&data_, &kind);
	pthread_mutexattr_destroy(&kind);
}
CALLED MutexImpl::~MutexImpl()
{
	pthread_mutex_destroy(&data_);
}
CALLED bool MutexImpl::acquire()
{
	return pthread_mutex_lock(&data_) == 0;
}
CALLED bool MutexImpl::release()
{
	return pthread_mutex_unlock(&data_) == 0;
}
CALLED bool MutexImpl::tryacquire()
{
	return pthread_mutex_trylock(&data_) == 0;
}

template <bool multithreaded> class SmartMutex
{
	MutexImpl impl_;
	int acquired_ = 0;

      public:
	CALLED bool lock()
	{
		if (multithreaded)
			return impl_.acquire();
		acquired_++;
		return true;
	}
	CALLED bool unlock()
	{
		if (multithreaded)
			return impl_.release();
		acquired_--;
		return true;
	}
	CALLED bool try_lock()
	{
		return multithreaded ? impl_.tryacquire() : true;
	}
};

template <bool multithreaded> class SmartScopedLock
{
	SmartMutex<multithreaded> &mutex_;

      public:
	explicit SmartScopedLock(SmartMutex<multithreaded> &mutex) : mutex_(mutex)
	{
		mutex_.lock();
	}
	~SmartScopedLock()
	{
		mutex_.unlock();
	}
};

using Mutex = SmartMutex<true>;
using ScopedLock = SmartScopedLock<true>;

class RWMutexImpl
{
	pthread_rwlock_t data_ = PTHREAD_RWLOCK_INITIALIZER;

      public:
	bool lock_shared();
	bool unlock_shared();
	bool lock();
	bool unlock();
};
CALLED bool RWMutexImpl::lock_shared()
{
	return pthread_rwlock_rdlock(&data_) == 0;
}
CALLED bool RWMutexImpl::unlock_shared()
{
	return pthread_rwlock_unlock(&data_) == 0;
}
CALLED bool RWMutexImpl::lock()
{
	return pthread_rwlock_wrlock(&data_) == 0;
}
CALLED bool RWMutexImpl::unlock()
{
	return pthread_rwlock_unlock(&data_) == 0;
}
} // namespace sys
} // namespace llvm

using namespace llvm::sys;

static Mutex passes, types;
static RWMutexImpl table;

static void forward(void)
{
	ScopedLock a(passes);
	turn();
	ScopedLock b(types);
}

static void backward(void)
{
	ScopedLock b(types);
	turn();
	ScopedLock a(passes);
}

static void again(void)
{
	ScopedLock a(passes), b(passes), c(types), d(passes);
}

static void tries(void)
{
	ScopedLock b(types);
	if (passes.try_lock())
		passes.unlock();
}

static void read_first(void)
{
	table.lock_shared();
	types.lock();
	types.unlock();
	table.unlock_shared();
}

static void read_second(void)
{
	ScopedLock a(types);
	table.lock_shared();
	table.unlock_shared();
}

static void write_second(void)
{
	ScopedLock a(types);
	table.lock();
	table.unlock();
}

int main(int argc, char **argv)
{
	if (is_run(argc, argv, "right"))
		in_turn(forward, tries);
	if (is_run(argc, argv, "recursive"))
		in_turn(again, again);
	if (is_run(argc, argv, "order"))
		in_turn(forward, backward);
	if (is_run(argc, argv, "hang"))
		at_once(forward, backward);
	if (is_run(argc, argv, "readers"))
		in_turn(read_first, read_second);
	if (is_run(argc, argv, "writer"))
		in_turn(read_first, write_second);
	return 0;
}
