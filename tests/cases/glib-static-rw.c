/*
 * A GStaticRWLock prefers writers: a thread that reads it again can wait behind a writer.
 * EXPECT: self-deadlock rw
 * EXPECT-STACK: reads_again
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GStaticRWLock rw = G_STATIC_RW_LOCK_INIT;
static volatile int reads, writer;

static gpointer writes(gpointer arg)
{
	while (!reads)
		sched_yield();
	writer = my_tid();
	g_static_rw_lock_writer_lock(&rw);
	g_static_rw_lock_writer_unlock(&rw);
	return arg;
}

static void reads_again(void)
{
	g_static_rw_lock_reader_lock(&rw);
}

int main(void)
{
	GThread *t = g_thread_new("writes", writes, NULL);
	g_static_rw_lock_reader_lock(&rw);
	reads = 1;
	wait_asleep(&writer);
	reads_again();
	g_static_rw_lock_reader_unlock(&rw);
	g_thread_join(t);
}
