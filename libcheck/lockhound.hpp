/*
 * lockhound.hpp — lockhound.h for C++: a lock of the program's own that announces what it does.
 *
 *	lockhound::watched<SpinLock> lock;
 *	lockhound::watched<SpinLock> named{lockhound::name("accounts")};
 *
 * watched<Mutex> has the constructors of Mutex, and those of its functions lock, unlock, try_lock,
 * try_lock_for and _until and their _shared forms that Mutex has. So it is Lockable, TimedLockable,
 * SharedLockable where Mutex is, and works with std::lock_guard, scoped_lock, unique_lock,
 * shared_lock and condition_variable_any. It is as large as Mutex.
 *
 * Flags of the second parameter: LOCKHOUND_RECURSIVE if Mutex is.
 *
 * What Mutex is made of is not reported beside it, so that watched<std::mutex> is one lock.
 * Nothing to link; without the checker each call costs a test. C++11 and later, also without
 * exceptions. The wrapper does not lock, allocate or throw.
 *
 * Copyright (c) 2026 the lockhound authors. SPDX-License-Identifier: MIT
 */
#ifndef LOCKHOUND_HPP
#define LOCKHOUND_HPP

#include "lockhound.h"

#include <type_traits>
#include <utility>

#define LOCKHOUND_INLINE __attribute__((always_inline)) inline

namespace lockhound
{

/* A name for a lock, at most 55 bytes of it. */
struct name {
	const char *text;
	constexpr explicit name(const char *t) noexcept : text(t)
	{
	}
};

namespace detail
{

/* An acquisition that may fail, by an exception too. */
class attempt
{
	const void *lock_;
	int flags_;
	bool acquired_;

    public:
	LOCKHOUND_INLINE attempt(const void *lock, int flags) noexcept
		: lock_(lock), flags_(flags | LOCKHOUND_COVERS), acquired_(false)
	{
		lockhound_wants(lock_, flags_);
	}
	attempt(const attempt &) = delete;
	attempt &operator=(const attempt &) = delete;
	LOCKHOUND_INLINE bool done(bool acquired) noexcept
	{
		acquired_ = acquired;
		if (acquired)
			lockhound_got(lock_, flags_);
		return acquired;
	}
	LOCKHOUND_INLINE ~attempt()
	{
		if (!acquired_)
			lockhound_quits(lock_, flags_);
	}
};

/* A release; the lock may be gone when it has ended. */
class release
{
	const void *lock_;

    public:
	LOCKHOUND_INLINE explicit release(const void *lock) noexcept : lock_(lock)
	{
		lockhound_gives(lock_);
	}
	release(const release &) = delete;
	release &operator=(const release &) = delete;
	LOCKHOUND_INLINE ~release()
	{
		lockhound_gave(lock_);
	}
};

} // namespace detail

template <class Mutex, int Flags = 0> class watched
{
	Mutex mutex_;

	template <class M>
	using try_result = decltype(static_cast<bool>(std::declval<M &>().try_lock()));
	template <class M>
	using try_shared_result =
		decltype(static_cast<bool>(std::declval<M &>().try_lock_shared()));
	template <class M, class Time>
	using for_result = decltype(static_cast<bool>(
		std::declval<M &>().try_lock_for(std::declval<const Time &>())));
	template <class M, class Time>
	using until_result = decltype(static_cast<bool>(
		std::declval<M &>().try_lock_until(std::declval<const Time &>())));
	template <class M, class Time>
	using for_shared_result = decltype(static_cast<bool>(
		std::declval<M &>().try_lock_shared_for(std::declval<const Time &>())));
	template <class M, class Time>
	using until_shared_result = decltype(static_cast<bool>(
		std::declval<M &>().try_lock_shared_until(std::declval<const Time &>())));

    public:
	template <class M = Mutex,
		  class = typename std::enable_if<std::is_default_constructible<M>::value>::type>
	constexpr watched() noexcept(std::is_nothrow_default_constructible<Mutex>::value)
		: mutex_()
	{
	}
	template <class... Arguments>
	explicit watched(name n, Arguments &&...arguments)
		: mutex_(std::forward<Arguments>(arguments)...)
	{
		lockhound_makes(this, Flags | LOCKHOUND_COVERS, n.text);
	}
	template <class First, class... Arguments,
		  class = typename std::enable_if<
			  !std::is_same<typename std::decay<First>::type, name>::value &&
			  !std::is_same<typename std::decay<First>::type, watched>::value>::type>
	constexpr explicit watched(First &&first, Arguments &&...arguments)
		: mutex_(std::forward<First>(first), std::forward<Arguments>(arguments)...)
	{
	}
	watched(const watched &) = delete;
	watched &operator=(const watched &) = delete;
	~watched()
	{
		lockhound_ends(this);
	}

	LOCKHOUND_INLINE void lock()
	{
		detail::attempt attempt(this, Flags);
		mutex_.lock();
		attempt.done(true);
	}
	LOCKHOUND_INLINE void unlock()
	{
		detail::release release(this);
		mutex_.unlock();
	}
	template <class M = Mutex> LOCKHOUND_INLINE try_result<M> try_lock()
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_TRY);
		return attempt.done(static_cast<M &>(mutex_).try_lock());
	}
	template <class Time, class M = Mutex>
	LOCKHOUND_INLINE for_result<M, Time> try_lock_for(const Time &time)
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_TIMED);
		return attempt.done(static_cast<M &>(mutex_).try_lock_for(time));
	}
	template <class Time, class M = Mutex>
	LOCKHOUND_INLINE until_result<M, Time> try_lock_until(const Time &time)
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_TIMED);
		return attempt.done(static_cast<M &>(mutex_).try_lock_until(time));
	}

	template <class M = Mutex>
	LOCKHOUND_INLINE decltype(std::declval<M &>().lock_shared()) lock_shared()
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_SHARED);
		static_cast<M &>(mutex_).lock_shared();
		attempt.done(true);
	}
	template <class M = Mutex>
	LOCKHOUND_INLINE decltype(std::declval<M &>().unlock_shared()) unlock_shared()
	{
		detail::release release(this);
		static_cast<M &>(mutex_).unlock_shared();
	}
	template <class M = Mutex> LOCKHOUND_INLINE try_shared_result<M> try_lock_shared()
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_SHARED | LOCKHOUND_TRY);
		return attempt.done(static_cast<M &>(mutex_).try_lock_shared());
	}
	template <class Time, class M = Mutex>
	LOCKHOUND_INLINE for_shared_result<M, Time> try_lock_shared_for(const Time &time)
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_SHARED | LOCKHOUND_TIMED);
		return attempt.done(static_cast<M &>(mutex_).try_lock_shared_for(time));
	}
	template <class Time, class M = Mutex>
	LOCKHOUND_INLINE until_shared_result<M, Time> try_lock_shared_until(const Time &time)
	{
		detail::attempt attempt(this, Flags | LOCKHOUND_SHARED | LOCKHOUND_TIMED);
		return attempt.done(static_cast<M &>(mutex_).try_lock_shared_until(time));
	}

	/* The lock itself, for what this class does not have. Its calls are not announced. */
	Mutex &get() noexcept
	{
		return mutex_;
	}
};

} // namespace lockhound

#undef LOCKHOUND_INLINE

#endif
