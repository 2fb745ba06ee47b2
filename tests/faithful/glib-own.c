/*
 * glib-own.c — a program has functions of its own with the names of GLib's, which take other
 * arguments and return something. It exports them, and a plugin calls them. There is no GLib.
 * PLUGIN: -shared
 * FLAGS: -rdynamic
 */
#include <dlfcn.h>
#include <stdio.h>

struct three {
	long a, b, c;
};
double g_mutex_lock(const char *name, int a, long b, double x);
int g_mutex_trylock(int a, int b, int c, int d, int e, int f, int g, int h);
const char *g_mutex_unlock(void);
struct three g_once_impl(long a, long b);
void use(void);

#ifdef PLUGIN
void use(void)
{
	printf("%.2f\n", g_mutex_lock("name", 3, 1L << 40, 0.25));
	printf("%d\n", g_mutex_trylock(1, 2, 3, 4, 5, 6, 7, 8));
	printf("%s\n", g_mutex_unlock());
	printf("%ld\n", g_once_impl(3, 4).c);
}
#else
double g_mutex_lock(const char *name, int a, long b, double x)
{
	return printf("%s %d %ld\n", name, a, b) + x;
}
int g_mutex_trylock(int a, int b, int c, int d, int e, int f, int g, int h)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}
const char *g_mutex_unlock(void)
{
	return "unlocked";
}
struct three g_once_impl(long a, long b)
{
	return (struct three){a, b, a + b};
}

int main(void)
{
	void *plugin = dlopen(PLUGIN_PATH, RTLD_NOW);
	void (*uses)(void) = plugin ? (void (*)(void))dlsym(plugin, "use") : NULL;

	if (uses)
		uses();
	printf("%s\n", g_mutex_unlock());
	return !uses;
}
#endif
