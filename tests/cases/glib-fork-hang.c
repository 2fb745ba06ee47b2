/*
 * The child of a fork waits for a GMutex that a thread of the parent held; what the forking thread
 * held it may release.
 * EXPECT: fork-holding a
 * EXPECT-MESSAGE: a child process waits for 'a', which another thread held at the fork
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, mine;
static GRecMutex rec;
static volatile int held, done;

static gpointer holds(gpointer arg)
{
	g_mutex_lock(&a);
	held = 1;
	while (!done)
		sched_yield();
	g_mutex_unlock(&a);
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("holds", holds, NULL);
	while (!held)
		sched_yield();
	g_mutex_lock(&mine);
	g_rec_mutex_lock(&rec);
	if (!fork()) {
		g_rec_mutex_unlock(&rec);
		g_mutex_unlock(&mine);
		g_mutex_lock(&a);
		_exit(0);
	}
	wait(NULL);
	done = 1;
	g_thread_join(t);
	g_rec_mutex_unlock(&rec);
	g_mutex_unlock(&mine);
}
