/*
 * Pairs of short-lived locks, one inside the other, come and go. In the last pair another thread
 * takes them the other way round while both live.
 * EXPECT: lock-order pair->inner pair->outer
 */
#include "case.h"

struct pair {
	pthread_mutex_t outer, inner;
};
static struct pair *last;

static struct pair *make(int i)
{
	struct pair *p = malloc(sizeof(*p) + (size_t)(i * 37 & 255));
	pthread_mutex_init(&p->outer, NULL);
	pthread_mutex_init(&p->inner, NULL);
	return p;
}

static void pairs(void)
{
	for (int i = 0;; i++) {
		struct pair *p = make(i);
		lock(&p->outer);
		lock(&p->inner);
		unlock(&p->inner);
		unlock(&p->outer);
		last = p;
		if (i == 50)
			return;
		pthread_mutex_destroy(&p->outer);
		pthread_mutex_destroy(&p->inner);
		free(p);
	}
}

static void other_way(void)
{
	lock(&last->inner);
	lock(&last->outer);
	unlock(&last->outer);
	unlock(&last->inner);
}

int main(void)
{
	in_turn(pairs, other_way);
	return 0;
}
