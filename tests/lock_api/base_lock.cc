/*
 * base_lock.cc — a Lock class over another one, and its scoped form, as in Chromium.
 *
 * RUN: right nothing
 * RUN: order lock-order: cache, queue
 * RUN: hang deadlock: cache, queue
 * RUN: throws nothing
 * RUN: wait nothing
 * LIBRARY
 */
#include "turn.h"

#include <cerrno>

namespace base
{
namespace internal
{
class LockImpl
{
	pthread_mutex_t native_ = PTHREAD_MUTEX_INITIALIZER;

      public:
	bool Try();
	void Lock();
	void Unlock();
	pthread_mutex_t *native()
	{
		return &native_;
	}
};
} // namespace internal

class Lock
{
	friend class ConditionVariable;
	internal::LockImpl lock_;

      public:
	Lock();
	~Lock();
	void Acquire();
	void Release();
	bool Try();
};

class AutoLock
{
	Lock &lock_;

      public:
	explicit AutoLock(Lock &lock) : lock_(lock)
	{
		lock_.Acquire();
	}
	~AutoLock()
	{
		lock_.Release();
	}
};

class ConditionVariable
{
	pthread_cond_t cond_ = PTHREAD_COND_INITIALIZER;
	Lock &lock_;

      public:
	explicit ConditionVariable(Lock &lock) : lock_(lock)
	{
	}
	void Wait();
	void Signal();
};
} // namespace base

#if defined(LIBRARY) || !defined(USES_LIBRARY)
namespace base
{
CALLED bool internal::LockImpl::Try()
{
	return pthread_mutex_trylock(&native_) == 0;
}
CALLED void internal::LockImpl::Lock()
{
	pthread_mutex_lock(&native_);
}
CALLED void internal::LockImpl::Unlock()
{
	pthread_mutex_unlock(&native_);
}
CALLED Lock::Lock()
{
}
CALLED Lock::~Lock()
{
}
CALLED void Lock::Acquire()
{
	lock_.Lock();
}
CALLED void Lock::Release()
{
	lock_.Unlock();
}
CALLED bool Lock::Try()
{
	return lock_.Try();
}
CALLED void ConditionVariable::Wait()
{
	pthread_cond_wait(&cond_, lock_.lock_.native());
}
CALLED void ConditionVariable::Signal()
{
	pthread_cond_signal(&cond_);
}
} // namespace base
#endif

#ifndef LIBRARY
static base::Lock cache, queue;
static base::ConditionVariable filled(queue);
static bool full;

static void forward(void)
{
	base::AutoLock a(cache);
	turn();
	base::AutoLock b(queue);
}

static void backward(void)
{
	base::AutoLock b(queue);
	turn();
	base::AutoLock a(cache);
}

static void throws(void)
{
	try {
		base::AutoLock a(cache);
		base::AutoLock b(queue);
		throw 1;
	} catch (int) {
	}
	if (cache.Try())
		cache.Release();
}

/* The queue's lock is not held while its condition is waited for. */
static void consume(void)
{
	base::AutoLock b(queue);
	while (!full) {
		turn();
		filled.Wait();
	}
}

static void produce(void)
{
	turn();
	base::AutoLock b(queue);
	full = true;
	filled.Signal();
}

int main(int argc, char **argv)
{
	if (is_run(argc, argv, "right"))
		in_turn(forward, forward);
	if (is_run(argc, argv, "order"))
		in_turn(forward, backward);
	if (is_run(argc, argv, "hang"))
		at_once(forward, backward);
	if (is_run(argc, argv, "throws"))
		in_turn(throws, throws);
	if (is_run(argc, argv, "wait"))
		at_once(consume, produce);
	return 0;
}
#endif
