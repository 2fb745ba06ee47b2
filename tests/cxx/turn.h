/*
 * turn.h — the order of the threads in these cases. Only the schedule separates the turns: no
 * happens-before edge does, so a program behaves as if its threads had met by luck.
 */
#ifndef TURN_H
#define TURN_H

#include <atomic>
#include <cstring>
#include <sched.h>

static std::atomic<int> turn_now;

/* The turn of a thread lasts as long as this object. Turns begin at 0. */
struct turn {
	explicit turn(int n)
	{
		while (turn_now != n)
			sched_yield();
	}
	~turn()
	{
		++turn_now;
	}
};

static inline bool is(const char *run, const char *name)
{
	return std::strcmp(run, name) == 0;
}

#endif
