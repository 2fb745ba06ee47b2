/* Six threads each with two neighbouring locks of a ring: the text shows the
 * first and the last.
 * EXPECT: lock-order ring[0].lock ring[1].lock ring[2].lock ring[3].lock ring[4].lock ring[5].lock
 * EXPECT-STACK: links
 * EXPECT-TEXT: and 2 more threads: -v */
#include "case.h"

enum { N = 6 };
static struct {
	int value;
	pthread_mutex_t lock;
} ring[N];

static void links(void)
{
	static int i;

	lock(&ring[i % N].lock);
	lock(&ring[(i + 1) % N].lock);
	unlock(&ring[(i + 1) % N].lock);
	unlock(&ring[i % N].lock);
	i++;
}

int main(void)
{
	for (int i = 0; i < N; i++)
		pthread_mutex_init(&ring[i].lock, NULL);
	in_turn(links, links, links, links, links, links);
	return 0;
}
