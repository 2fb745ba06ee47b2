/*
 * glib.h — for cases with GLib's locks: the real headers, whose macros and inline functions are
 * part of what is tested, and functions that acquire two GMutexes. A case that includes it has the
 * lines
 * FLAGS: -isystem /usr/include/glib-2.0 -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include -lglib-2.0
 */
#ifndef GLIB_CASE_H
#define GLIB_CASE_H

#define GLIB_DISABLE_DEPRECATION_WARNINGS
#include <glib.h>

#include "case.h"

#include <signal.h>

/* A function that acquires two GMutexes in this order, and releases them. */
#define G_IN_ORDER(name, first, second)                                                            \
	static void name(void)                                                                     \
	{                                                                                          \
		g_mutex_lock(first);                                                               \
		g_mutex_lock(second);                                                              \
		g_mutex_unlock(second);                                                            \
		g_mutex_unlock(first);                                                             \
	}

/* GLib ends a program that misuses a lock: the case ends orderly. */
static void case_aborted(int n)
{
	_exit(n == SIGABRT ? 0 : 1);
}

UNUSED static void case_outlives_abort(void)
{
	signal(SIGABRT, case_aborted);
}

#endif
