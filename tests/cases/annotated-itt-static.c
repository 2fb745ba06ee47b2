/*
 * The static part of the ITT API, as programs link it: it loads the library that an environment
 * variable names, calls __itt_api_init there with its table of functions, and calls what it finds
 * in the table then. A function that is not about locks stays what it is without such a library.
 * OPTIONS: --itt
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_then_b, b_then_a
 */
#include "case.h"

#include <dlfcn.h>

static int drawn;
static void nothing(void *o UNUSED)
{
}
static void draw(void *o UNUSED)
{
	drawn++;
}
static void first(void *o UNUSED)
{
	abort();
}

static void (*prepare)(void *) = first, (*acquired)(void *) = first, (*releasing)(void *) = first,
			    (*task_begin)(void *) = first,
			    (*create)(void *, const char *, const char *, int);

static struct function {
	const char *name;
	void **at;
	void *first, *without;
	int group;
} functions[] = {
	{"__itt_task_begin", (void **)&task_begin, (void *)first, (void *)draw, 1},
	{"__itt_sync_create", (void **)&create, (void *)first, (void *)nothing, 2},
	{"__itt_sync_prepare", (void **)&prepare, (void *)first, (void *)nothing, 2},
	{"__itt_sync_acquired", (void **)&acquired, (void *)first, (void *)nothing, 2},
	{"__itt_sync_releasing", (void **)&releasing, (void *)first, (void *)nothing, 2},
	{NULL, NULL, NULL, NULL, 0},
};
static struct {
	unsigned char magic[8];
	unsigned long version[3];
	volatile long initialized[3];
	pthread_mutex_t mutex;
	void *library, *error_handler;
	const char **path;
	struct function *functions;
} global = {{0xed, 0xab, 0xab, 0xec, 0x0d, 0xee, 0xda, 0x30},
	    {3, 24, 0},
	    {0, 0, 0},
	    PTHREAD_MUTEX_INITIALIZER,
	    NULL,
	    NULL,
	    NULL,
	    functions};

static int a, b;

static void both(int *x, int *y)
{
	prepare(x);
	acquired(x);
	prepare(y);
	acquired(y);
	releasing(y);
	releasing(x);
}
static void a_then_b(void)
{
	both(&a, &b);
}
static void b_then_a(void)
{
	both(&b, &a);
}

int main(void)
{
	const char *path = getenv("INTEL_LIBITTNOTIFY64");
	void *library = path ? dlopen(path, RTLD_LAZY) : NULL;
	void (*init)(void *, int) = NULL;

	if (library)
		*(void **)&init = dlsym(library, "__itt_api_init");
	if (!init)
		return 1;
	init(&global, -1);
	task_begin(NULL);
	create(&a, "spin lock", "", 2);
	in_turn(a_then_b, b_then_a);
	return drawn != 1;
}
