/*
 * Two threads hand each other objects with a lock, which are made and freed again all the time; a
 * registry has a lock too. One object in twenty is looked at in the wrong order.
 * CAN: while one thread looks at the object that the other has in hand.
 */
#include "scene.h"

struct object {
	pthread_mutex_t lock;
	int number;
};
MUTEX(registry);
static struct object *latest;
static bool over;

static void make(void)
{
	for (int i = 0; i < 100; i++) {
		struct object *o = malloc(sizeof(*o)), *old;
		pthread_mutex_init(&o->lock, NULL);
		o->number = i;
		lock(registry);
		lock(o->lock); /* the registry, then the object */
		old = latest;
		latest = o;
		unlock(o->lock);
		unlock(registry);
		ms(0.5);
		if (old && old->number % 20 != 7) {
			pthread_mutex_destroy(&old->lock);
			free(old);
		} else if (old) {
			lock(old->lock); /* the object, then the registry */
			lock(registry);
			unlock(registry);
			unlock(old->lock);
		}
	}
	lock(registry);
	over = true;
	unlock(registry);
}

static void count(void)
{
	struct object *kept = NULL;

	for (bool end = false; !end; ms(0.3)) {
		lock(registry);
		end = over;
		if (latest && latest->number % 20 == 7)
			kept = latest;
		if (kept) {
			lock(kept->lock); /* the registry, then the object */
			unlock(kept->lock);
		}
		unlock(registry);
	}
}

int main(void)
{
	side_by_side(make, count);
}
