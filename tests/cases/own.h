/* own.h — a spinlock of the program's own, announced by lockhound.h. */
#ifndef OWN_H
#define OWN_H

#include "case.h"
#include "lockhound.h"

typedef int own;

UNUSED static void own_spin(own *o)
{
	while (__atomic_exchange_n(o, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}
UNUSED static void own_lock_as(own *o, int flags)
{
	lockhound_wants(o, flags);
	own_spin(o);
	lockhound_got(o, flags);
}
UNUSED static void own_lock(own *o)
{
	own_lock_as(o, 0);
}
UNUSED static int own_try(own *o)
{
	int busy = __atomic_exchange_n(o, 1, __ATOMIC_ACQUIRE);
	if (busy)
		lockhound_quits(o, LOCKHOUND_TRY);
	else
		lockhound_got(o, LOCKHOUND_TRY);
	return busy;
}
UNUSED static void own_unlock(own *o)
{
	lockhound_gives(o);
	__atomic_store_n(o, 0, __ATOMIC_RELEASE);
}

#endif
