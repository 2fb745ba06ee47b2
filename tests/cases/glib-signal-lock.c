/*
 * A handler acquires a GMutex that is also acquired with its signal unblocked.
 * EXPECT: signal-lock(warning) m
 * EXPECT-STACK: on_signal, work
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex m;
static GRecMutex r;

static void on_signal(int n UNUSED)
{
	g_mutex_lock(&m);
	g_rec_mutex_lock(&r);
	g_rec_mutex_unlock(&r);
	g_mutex_unlock(&m);
}

static void work(void)
{
	g_mutex_lock(&m);
	g_rec_mutex_lock(&r); /* the handler may acquire it again */
	g_rec_mutex_unlock(&r);
	g_mutex_unlock(&m);
}

int main(void)
{
	signal(SIGUSR1, on_signal);
	work();
	raise(SIGUSR1);
}
