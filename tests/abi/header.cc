/* header.cc — lockhound.hpp: a lock has the functions of what it is made of and no other, and its
 * size; nothing is linked for it. */
#include "lockhound.hpp"

struct Time {
};

struct Basic {
	int taken = 0;
	void lock()
	{
		taken++;
	}
	void unlock()
	{
		taken--;
	}
};

struct Full : Basic {
	explicit Full(int)
	{
	}
	Full(const Full &) = delete;
	bool try_lock()
	{
		lock();
		return true;
	}
	bool try_lock_for(const Time &)
	{
		return try_lock();
	}
	bool try_lock_until(const Time &)
	{
		return false;
	}
	void lock_shared()
	{
		lock();
	}
	void unlock_shared()
	{
		unlock();
	}
	int try_lock_shared()
	{
		return try_lock();
	}
	bool try_lock_shared_for(const Time &)
	{
		return false;
	}
	bool try_lock_shared_until(const Time &)
	{
		return try_lock();
	}
};

using Watched = lockhound::watched<Basic>;
using WatchedFull = lockhound::watched<Full, LOCKHOUND_RECURSIVE>;

static_assert(sizeof(Watched) == sizeof(Basic) && alignof(Watched) == alignof(Basic), "size");
static_assert(sizeof(WatchedFull) == sizeof(Full), "size");
static_assert(!std::is_copy_constructible<Watched>::value &&
		      !std::is_move_assignable<Watched>::value,
	      "a lock");
static_assert(std::is_nothrow_default_constructible<Watched>::value, "constructors");
static_assert(!std::is_default_constructible<WatchedFull>::value, "constructors");
static_assert(std::is_constructible<WatchedFull, int>::value, "constructors");
static_assert(std::is_constructible<WatchedFull, lockhound::name, int>::value, "constructors");

#define HAS(function, ...)                                                                         \
	template <class M, class = void> struct has_##function : std::false_type {                 \
	};                                                                                         \
	template <class M>                                                                         \
	struct has_##function<M, decltype(void(std::declval<M &>().function(__VA_ARGS__)))>        \
	    : std::true_type {                                                                     \
	};                                                                                         \
	static_assert(has_##function<WatchedFull>::value, #function);                              \
	static_assert(!has_##function<Watched>::value, #function)

HAS(try_lock, );
HAS(try_lock_for, Time());
HAS(try_lock_until, Time());
HAS(lock_shared, );
HAS(unlock_shared, );
HAS(try_lock_shared, );
HAS(try_lock_shared_for, Time());
HAS(try_lock_shared_until, Time());

static Watched basic; /* needs no constructor at run time */
static WatchedFull full{lockhound::name("full"), 1};

int main()
{
	int wrong = 0;
	basic.lock();
	wrong += basic.get().taken != 1;
	basic.unlock();
	full.lock();
	full.unlock();
	wrong += !full.try_lock() + !full.try_lock_for(Time()) + full.try_lock_until(Time());
	full.lock_shared();
	wrong += !full.try_lock_shared() + full.try_lock_shared_for(Time()) +
		 !full.try_lock_shared_until(Time());
	wrong += full.get().taken != 5;
	for (int i = 0; i < 3; i++)
		full.unlock_shared();
	full.unlock();
	full.unlock();
	return wrong + full.get().taken;
}
