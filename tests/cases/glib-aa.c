/*
 * A thread locks a GMutex that it holds, inside a function that locks it too. The wait never ends.
 * EXPECT: self-deadlock a
 * EXPECT-STACK: again, main
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;

static void again(void)
{
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
}

int main(void)
{
	g_mutex_lock(&a);
	again();
	g_mutex_unlock(&a);
}
