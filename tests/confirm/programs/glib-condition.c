/*
 * A thread waits on a GCond until the other one is ready.
 * CANNOT: it is ready after it has released its locks.
 * NEAR CAN: it is ready between its two locks.
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "scene.h"
#include <glib.h>

static GMutex a, b, m;
static GCond changed;
static bool ready;

static void set_ready(void)
{
	g_mutex_lock(&m);
	ready = true;
	g_cond_signal(&changed);
	g_mutex_unlock(&m);
}

static void first(void)
{
	ms(1);
	g_mutex_lock(&a);
#ifdef NEAR
	set_ready();
#endif
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	g_mutex_unlock(&a);
#ifndef NEAR
	set_ready();
#endif
}

static void second(void)
{
	g_mutex_lock(&m);
	while (!ready)
		g_cond_wait(&changed, &m);
	g_mutex_unlock(&m);
	ms(3);
	g_mutex_lock(&b);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&b);
}

int main(void)
{
	side_by_side(first, second);
}
