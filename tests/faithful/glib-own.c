/*
 * glib-own.c — a library that has functions of its own with the names of GLib's, which take other
 * arguments and return something; there is no GLib.
 * PLUGIN: -shared
 * FLAGS: @SO
 */
#include <stdio.h>

#ifdef PLUGIN
double g_mutex_lock(const char *name, int a, long b, double x);
int g_mutex_trylock(int a, int b, int c, int d, int e, int f, int g, int h);
const char *g_mutex_unlock(void);
long g_once_impl(long a, long b, long c, long d);
struct three {
	long a, b, c;
};
struct three g_cond_wait(int a);

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
long g_once_impl(long a, long b, long c, long d)
{
	return a * b + c * d;
}
struct three g_cond_wait(int a)
{
	return (struct three){a, a + 1, a + 2};
}
#else
double g_mutex_lock(const char *name, int a, long b, double x);
int g_mutex_trylock(int a, int b, int c, int d, int e, int f, int g, int h);
const char *g_mutex_unlock(void);
long g_once_impl(long a, long b, long c, long d);
struct three {
	long a, b, c;
};
struct three g_cond_wait(int a);

int main(void)
{
	printf("%.2f\n", g_mutex_lock("name", 3, 1L << 40, 0.25));
	printf("%d\n", g_mutex_trylock(1, 2, 3, 4, 5, 6, 7, 8));
	printf("%s\n", g_mutex_unlock());
	printf("%ld\n", g_once_impl(3, 4, 5, 6));
	printf("%ld\n", g_cond_wait(4).c);
	return 0;
}
#endif
