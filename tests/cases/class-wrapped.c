/*
 * The locks are initialized in one function. If --wrappers names it, the locks are two classes,
 * which are acquired in one order only.
 * OPTIONS: --by-class --wrappers=make_lock
 * EXPECT: nothing
 */
#include "case.h"

__attribute__((noinline)) static pthread_mutex_t *make_lock(void)
{
	pthread_mutex_t *m = malloc(sizeof(*m));
	pthread_mutex_init(m, NULL);
	return m;
}

__attribute__((noinline)) static pthread_mutex_t *new_a(void)
{
	pthread_mutex_t *m = make_lock();
	return m;
}

__attribute__((noinline)) static pthread_mutex_t *new_b(void)
{
	pthread_mutex_t *m = make_lock();
	return m;
}

static pthread_mutex_t *a[2], *b[2];

static void one(void)
{
	lock(a[0]), lock(b[0]), unlock(b[0]), unlock(a[0]);
}

static void other(void)
{
	lock(a[1]), lock(b[1]), unlock(b[1]), unlock(a[1]);
}

int main(void)
{
	/* as one class they would be acquired by ascending and by descending address */
	a[0] = new_a(), b[0] = new_b(), b[1] = new_b(), a[1] = new_a();
	in_turn(one, other);
	return 0;
}
