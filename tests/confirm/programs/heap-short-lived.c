/*
 * A thread makes objects with a lock all the time, and frees them again; another one looks at the
 * special one of them. One object in twenty is special, and is used in the wrong order.
 * CAN: while both threads have the same special object.
 */
#include "scene.h"

struct object {
	pthread_mutex_t lock;
	int number;
};
MUTEX(registry);
static struct object *latest, *special;
static bool over;

static struct object *make_one(int number)
{
	struct object *o = malloc(sizeof(*o)), *old;

	pthread_mutex_init(&o->lock, NULL);
	o->number = number;
	lock(registry);
	lock(o->lock); /* the registry, then the object */
	old = latest;
	latest = o;
	if (number % 20 == 7)
		special = o;
	unlock(o->lock);
	unlock(registry);
	return old;
}

static void make(void)
{
	for (int i = 0; i < 100; i++) {
		struct object *old = make_one(i);
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

static void look(void)
{
	for (bool end = false; !end; ms(0.3)) {
		lock(registry);
		end = over;
		if (special) {
			lock(special->lock); /* the registry, then the object */
			unlock(special->lock);
		}
		unlock(registry);
	}
}

int main(void)
{
	side_by_side(make, look);
}
