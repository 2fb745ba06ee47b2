/*
 * glib-plugin.c — a plugin brings GLib and keeps it for itself (RTLD_LOCAL); the program has no
 * GLib. The program itself calls GLib through the plugin's handle. The plugin is closed and opened
 * again.
 * PLUGIN: -isystem /usr/include/glib-2.0 -lglib-2.0
 * PLUGIN: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#ifdef PLUGIN
#include <glib.h>
#include <stdio.h>

static GMutex m;
static GRecMutex r;
static GRWLock w;
static int total;

static gpointer adds(gpointer arg)
{
	for (int i = 0; i < 1000; i++) {
		g_mutex_lock(&m);
		g_rec_mutex_lock(&r);
		g_rw_lock_reader_lock(&w);
		total++;
		g_rw_lock_reader_unlock(&w);
		g_rec_mutex_unlock(&r);
		g_mutex_unlock(&m);
	}
	return arg;
}

int plugin(int n);
int plugin(int n)
{
	GThread *t[3];
	static gsize once;

	if (g_once_init_enter(&once))
		g_once_init_leave(&once, (gsize)n);
	for (int i = 0; i < 3; i++)
		t[i] = g_thread_new("adds", adds, NULL);
	for (int i = 0; i < 3; i++)
		g_thread_join(t[i]);
	printf("once %zu, try %d\n", once, g_mutex_trylock(&m));
	g_mutex_unlock(&m);
	return total;
}
#else
#include "observe.h"

int main(void)
{
	observe("start");
	show(dlsym(RTLD_DEFAULT, "g_async_queue_push") == NULL);
	(void)dlerror();
	for (int i = 0; i < 3; i++) {
		void *handle = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
		int (*plugin)(int) = (int (*)(int))dlsym(handle, "plugin");
		void (*locks)(void *) = (void (*)(void *))dlsym(handle, "g_mutex_lock");
		void (*unlocks)(void *) = (void (*)(void *))dlsym(handle, "g_mutex_unlock");
		static long mine;

		show(plugin(i + 1));
		locks(&mine);
		show(mine);
		unlocks(&mine);
		show(mine);
		show(dlclose(handle));
	}
	observe("end");
	return 0;
}
#endif
