/*
 * deep.h — other locks, which a thread acquires first so that its next ones lie deep in its list of
 * held locks.
 */
#ifndef DEEP_H
#define DEEP_H

#include "case.h"

enum { DEEP = 179 }; /* with one lock more, that is the 180th */

static pthread_mutex_t deep[2][DEEP];

UNUSED static void go_down(int which)
{
	for (int i = 0; i < DEEP; i++)
		lock(&deep[which][i]);
}

UNUSED static void come_up(int which)
{
	for (int i = DEEP; i-- > 0;)
		unlock(&deep[which][i]);
}

/* In the order of acquisition: each has locks above it. */
UNUSED static void come_up_by_age(int which)
{
	for (int i = 0; i < DEEP; i++)
		unlock(&deep[which][i]);
}

#endif
