/*
 * Two members of one static variable are two classes; the same member of an array's elements is one
 * class.
 * OPTIONS: --by-class
 * EXPECT: lock-order(warning) journal shard[2].m
 */
#include "case.h"

MUTEX(journal);
static struct {
	pthread_mutex_t in, out;
} door;
static struct shard {
	int n;
	pthread_mutex_t m, other;
} shard[4];

static void one(void)
{
	lock(&door.in), lock(&journal), unlock(&journal), unlock(&door.in);
	lock(&shard[0].m), lock(&journal), unlock(&journal), unlock(&shard[0].m);
}

static void other(void)
{
	lock(&journal), lock(&door.out), unlock(&door.out), unlock(&journal);
	lock(&journal), lock(&shard[1].other), unlock(&shard[1].other), unlock(&journal);
	lock(&journal), lock(&shard[2].m), unlock(&shard[2].m), unlock(&journal);
}

int main(void)
{
	in_turn(one, other);
	return 0;
}
