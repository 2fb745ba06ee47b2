/* lockhound.conf has a higher limit for one element of an array and for a lock on the heap, by the names that
 * reports have, and none for another element.
 * CONF: long_hold.shard[1].lock = 1h
 * CONF: long_hold.session->* = 1h
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * REPORTS: has held 'shard.2..lock' for .*\[long-hold\]
 * NOT: 'shard.1..lock' for .*\[long-hold\]
 * NOT: 'session->mu' for .*\[long-hold\] */
#include "long.h"

#include <stdlib.h>

struct session {
	int id;
	pthread_mutex_t mu;
};
static struct {
	int n;
	pthread_mutex_t lock;
} shard[3];

static void *holder(void *none)
{
	struct session *s = calloc(1, sizeof(*s));

	pthread_mutex_init(&s->mu, NULL);
	pthread_mutex_lock(&shard[1].lock);
	pthread_mutex_lock(&shard[2].lock);
	pthread_mutex_lock(&s->mu);
	is_ready();
	sleep_long();
	pthread_mutex_unlock(&s->mu);
	pthread_mutex_unlock(&shard[2].lock);
	pthread_mutex_unlock(&shard[1].lock);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	canary(1);
	wake_and_join(a);
}
