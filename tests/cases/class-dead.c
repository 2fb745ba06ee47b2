/*
 * Pairs of short-lived locks come and go in one order, and one more pair in the other order, each
 * after the one before is destroyed.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) pair->inner pair->outer
 */
#include "case.h"

struct pair {
	pthread_mutex_t outer, inner;
};

static struct pair *make(int i)
{
	struct pair *p = malloc(sizeof(*p) + (size_t)(i * 37 & 255));
	pthread_mutex_init(&p->outer, NULL);
	pthread_mutex_init(&p->inner, NULL);
	return p;
}

static void end(struct pair *p)
{
	pthread_mutex_destroy(&p->outer);
	pthread_mutex_destroy(&p->inner);
	free(p);
}

static void pairs(void)
{
	for (int i = 0; i < 2000; i++) {
		struct pair *p = make(i);
		lock(&p->outer);
		lock(&p->inner);
		unlock(&p->inner);
		unlock(&p->outer);
		end(p);
	}
}

static void other_way(void)
{
	struct pair *p = make(0);
	lock(&p->inner);
	lock(&p->outer);
	unlock(&p->outer);
	unlock(&p->inner);
	end(p);
}

int main(void)
{
	in_turn(pairs, other_way, pairs);
	return 0;
}
