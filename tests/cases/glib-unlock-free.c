/*
 * A GMutex is released twice: GLib ends the program, which the report survives.
 * EXPECT: unlock-not-held a
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;

int main(void)
{
	case_outlives_abort();
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&a);
}
