/*
 * Memory of a destroyed lock becomes a new lock: by a static initializer, by clearing it, by an
 * init call, by a copy of another lock, by realloc. And a lock that is destroyed right after its
 * unlock.
 * EXPECT: nothing
 * FLAGS: -Ilibcheck
 */
#include "case.h"
#include "lockhound.h"

union any {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	pthread_cond_t c;
	sem_t s;
};

static const pthread_mutex_t fresh_mutex = PTHREAD_MUTEX_INITIALIZER;
static const pthread_rwlock_t fresh_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static const pthread_cond_t fresh_cond = PTHREAD_COND_INITIALIZER;

static void use_mutex(union any *o)
{
	lock(&o->m);
	unlock(&o->m);
}

static void use_rwlock(union any *o)
{
	pthread_rwlock_rdlock(&o->r);
	pthread_rwlock_unlock(&o->r);
	pthread_rwlock_wrlock(&o->r);
	pthread_rwlock_unlock(&o->r);
}

static void use_cond(union any *o)
{
	struct timespec past = {0, 0};
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	lock(&m);
	pthread_cond_signal(&o->c);
	pthread_cond_timedwait(&o->c, &m, &past);
	pthread_cond_broadcast(&o->c);
	unlock(&m);
}

static void by_initializer(union any *o)
{
	pthread_mutex_init(&o->m, NULL);
	use_mutex(o);
	pthread_mutex_destroy(&o->m);
	o->m = fresh_mutex;
	use_mutex(o);
	pthread_mutex_destroy(&o->m);
	o->r = fresh_rwlock;
	use_rwlock(o);
	pthread_rwlock_destroy(&o->r);
	o->r = fresh_rwlock;
	use_rwlock(o);
	pthread_rwlock_destroy(&o->r);
	o->c = fresh_cond;
	use_cond(o);
	pthread_cond_destroy(&o->c);
	o->c = fresh_cond;
	use_cond(o);
	pthread_cond_destroy(&o->c);
}

static void by_clearing(union any *o)
{
	memset(o, 0, sizeof(*o));
	use_mutex(o);
	pthread_mutex_destroy(&o->m);
	memset(o, 0, sizeof(*o));
	use_rwlock(o);
	pthread_rwlock_destroy(&o->r);
	memset(o, 0, sizeof(*o));
	use_cond(o);
	pthread_cond_destroy(&o->c);
	memset(o, 0, sizeof(*o));
	sem_post(&o->s);
	sem_wait(&o->s);
	sem_destroy(&o->s);
	memset(o, 0, sizeof(*o));
	sem_post(&o->s);
}

static void by_init(union any *o)
{
	for (int i = 0; i < 3; i++) {
		pthread_rwlock_init(&o->r, NULL);
		use_rwlock(o);
		pthread_rwlock_destroy(&o->r);
		sem_init(&o->s, 0, 1);
		sem_wait(&o->s);
		sem_post(&o->s);
		sem_destroy(&o->s);
		pthread_cond_init(&o->c, NULL);
		use_cond(o);
		pthread_cond_destroy(&o->c);
		pthread_mutex_init(&o->m, NULL);
		use_mutex(o);
		pthread_mutex_destroy(&o->m);
	}
}

/* Moved locks are undefined in POSIX, and common. */
static void by_copy(union any *o)
{
	union any other, *moved;

	pthread_rwlock_init(&o->r, NULL);
	use_rwlock(o);
	pthread_rwlock_destroy(&o->r);
	pthread_rwlock_init(&other.r, NULL);
	use_rwlock(&other);
	memcpy(o, &other, sizeof(other));
	use_rwlock(o);
	sem_init(&o->s, 0, 1);
	sem_wait(&o->s);
	sem_post(&o->s);
	sem_destroy(&o->s);
	sem_init(&other.s, 0, 1);
	sem_wait(&other.s);
	sem_post(&other.s);
	memcpy(o, &other, sizeof(other));
	sem_wait(&o->s);
	sem_post(&o->s);
	moved = malloc(sizeof(*moved));
	pthread_mutex_init(&moved->m, NULL);
	use_mutex(moved);
	moved = realloc(moved, 1 << 20);
	use_mutex(moved);
	pthread_mutex_destroy(&moved->m);
	free(moved);
}

/* A home-made lock has an rwlock as its first member; only the home-made one ends. */
static void by_another_kind(void)
{
	static pthread_rwlock_t r;
	static sem_t s;

	pthread_rwlock_init(&r, NULL);
	sem_init(&s, 0, 1);
	for (int i = 0; i < 3; i++) {
		use_rwlock((union any *)&r);
		sem_wait(&s);
		sem_post(&s);
		lockhound_got(&r, 0);
		lockhound_gives(&r);
		lockhound_got(&s, 0);
		lockhound_gives(&s);
		if (i == 1)
			use_rwlock((union any *)&r);
		lockhound_ends(&r);
		lockhound_ends(&s);
	}
	use_rwlock((union any *)&r);
	sem_wait(&s);
	sem_post(&s);
}

/* An element of an array is destroyed, and the others move up. */
static void by_moving_up(void)
{
	static struct {
		pthread_mutex_t m;
		pthread_rwlock_t r;
		pthread_cond_t c;
		pthread_spinlock_t p;
		pthread_barrier_t b;
		sem_t s;
	} a[3];

	for (int i = 0; i < 3; i++) {
		pthread_mutex_init(&a[i].m, NULL);
		pthread_rwlock_init(&a[i].r, NULL);
		pthread_cond_init(&a[i].c, NULL);
		pthread_spin_init(&a[i].p, PTHREAD_PROCESS_PRIVATE);
		pthread_barrier_init(&a[i].b, NULL, 1);
		sem_init(&a[i].s, 0, 1);
	}
	for (int n = 3; n; n--) {
		for (int i = 0; i < n; i++) {
			use_mutex((union any *)&a[i].m);
			use_rwlock((union any *)&a[i].r);
			use_cond((union any *)&a[i].c);
			pthread_spin_lock(&a[i].p);
			pthread_spin_unlock(&a[i].p);
			pthread_barrier_wait(&a[i].b);
			sem_wait(&a[i].s);
			sem_post(&a[i].s);
		}
		pthread_mutex_destroy(&a[0].m);
		pthread_rwlock_destroy(&a[0].r);
		pthread_cond_destroy(&a[0].c);
		pthread_spin_destroy(&a[0].p);
		pthread_barrier_destroy(&a[0].b);
		sem_destroy(&a[0].s);
		memmove(&a[0], &a[1], (size_t)(n - 1) * sizeof(a[0]));
	}
}

static void all(void)
{
	static union any o;

	by_initializer(&o);
	by_clearing(&o);
	by_init(&o);
	by_copy(&o);
	by_moving_up();
	by_another_kind();
}

int main(void)
{
	all();
	in_thread(all);
	for (int i = 0; i < 100; i++) { /* the allocator returns the same memory */
		union any *o = calloc(1, sizeof(*o));
		i % 2 ? use_rwlock(o) : use_mutex(o);
		i % 2 ? pthread_rwlock_destroy(&o->r) : pthread_mutex_destroy(&o->m);
		free(o);
	}
	return 0;
}
