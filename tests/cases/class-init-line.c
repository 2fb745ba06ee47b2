/*
 * Locks on the heap are of one class if they were initialized at one line, also behind functions
 * that --wrappers names.
 * OPTIONS: --by-class --wrappers=my_*
 * EXPECT: lock-order(warning) object->m
 * EXPECT-STACK: one, other
 */
#include "case.h"

__attribute__((noinline)) static void my_init(pthread_mutex_t *m)
{
	pthread_mutex_init(m, NULL);
}

struct object {
	int value;
	pthread_mutex_t m;
};

__attribute__((noinline)) static struct object *new_account(void)
{
	struct object *o = malloc(sizeof(*o));
	my_init(&o->m);
	return o;
}

__attribute__((noinline)) static struct object *new_journal(void)
{
	struct object *o = malloc(sizeof(*o));
	my_init(&o->m);
	return o;
}

static struct object *a, *b, *j, *k;

static void one(void)
{
	lock(&a->m), lock(&j->m), unlock(&j->m), unlock(&a->m);
}

static void other(void)
{
	lock(&k->m), lock(&b->m), unlock(&b->m), unlock(&k->m);
}

int main(void)
{
	a = new_account(), b = new_account();
	j = new_journal(), k = new_journal();
	in_turn(one, other);
	return 0;
}
