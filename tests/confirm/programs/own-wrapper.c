/*
 * All locks of the program are acquired by one function, through a pointer.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

struct mutex {
	pthread_mutex_t m;
	const char *name;
};

__attribute__((noinline)) static void acquire(struct mutex *m)
{
	pthread_mutex_lock(&m->m);
}

__attribute__((noinline)) static void release(struct mutex *m)
{
	pthread_mutex_unlock(&m->m);
}

static void (*volatile acquire_it)(struct mutex *) = acquire;
static struct mutex a = {PTHREAD_MUTEX_INITIALIZER, "a"}, b = {PTHREAD_MUTEX_INITIALIZER, "b"},
		    c = {PTHREAD_MUTEX_INITIALIZER, "c"};

static void a_b(void)
{
	acquire_it(&c);
	release(&c);
	acquire_it(&a);
	acquire_it(&b);
	release(&b);
	release(&a);
}

static void b_a(void)
{
	ms(5);
	acquire_it(&b);
	acquire_it(&a);
	release(&a);
	release(&b);
	acquire_it(&c);
	release(&c);
}

int main(void)
{
	side_by_side(a_b, b_a);
}
