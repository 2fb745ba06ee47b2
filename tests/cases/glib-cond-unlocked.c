/*
 * Waits on a GCond without its mutex: GLib releases a free one and ends the program.
 * EXPECT: cond-wait-unlocked a
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GCond c;

int main(void)
{
	case_outlives_abort();
	g_cond_wait(&c, &a);
}
