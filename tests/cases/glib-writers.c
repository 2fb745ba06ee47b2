/*
 * A GRWLock that a thread wants to write while it reads it, or to read while it writes it.
 * EXPECT: self-deadlock w
 * EXPECT-STACK: upgrades, main
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GRWLock w;

static void upgrades(void)
{
	g_rw_lock_writer_lock(&w);
}

int main(void)
{
	g_autoptr(GRWLockReaderLocker) reader = g_rw_lock_reader_locker_new(&w);

	upgrades();
	return reader != NULL;
}
