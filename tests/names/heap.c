/*
 * Locks of C on the heap and on the stack: the type and the member.
 * NAME: mutex session->mu
 * NAME: rwlock session->table.lock
 * NAME: mutex shard->lock
 * NAME: semaphore session->slots
 * NAME: condition session->changed
 * NAME: mutex pair->m[1]
 * NAME: mutex main::local
 * NAME: mutex main::pair.second
 * NAME: mutex current
 * NAME: spinlock session->spin
 * NAME: mutex session->wrapped
 * NAME: mutex twice::here
 * NAME: mutex the ledger
 */
#include "lockhound.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct wrapped {
	pthread_mutex_t m;
	int holds;
};
struct session {
	int id;
	pthread_mutex_t mu;
	struct {
		int used;
		pthread_rwlock_t lock;
	} table;
	sem_t slots;
	pthread_cond_t changed;
	pthread_spinlock_t spin;
	struct wrapped wrapped;
};
struct shard {
	long n;
	pthread_mutex_t lock;
};
struct pair {
	pthread_mutex_t m[2];
	long n;
};
static pthread_mutex_t *current;

static __attribute__((noinline)) void wrapped_lock(struct wrapped *w)
{
	pthread_mutex_lock(&w->m);
	w->holds++;
}

static __attribute__((noinline)) struct session *session_new(void)
{
	struct session *s = calloc(1, sizeof(*s));

	pthread_mutex_init(&s->mu, NULL);
	pthread_rwlock_init(&s->table.lock, NULL);
	sem_init(&s->slots, 0, 1);
	pthread_cond_init(&s->changed, NULL);
	pthread_spin_init(&s->spin, 0);
	return s;
}

static __attribute__((noinline)) void use(struct session *s)
{
	pthread_mutex_lock(&s->mu);
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->mu);
	pthread_rwlock_rdlock(&s->table.lock);
	pthread_rwlock_unlock(&s->table.lock);
	sem_wait(&s->slots);
	sem_post(&s->slots);
	pthread_spin_lock(&s->spin);
	pthread_spin_unlock(&s->spin);
	wrapped_lock(&s->wrapped);
	pthread_mutex_unlock(&s->wrapped.m);
}

static __attribute__((noinline)) void use_shards(struct shard *shard, int n)
{
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&shard[i].lock);
		shard[i].n++;
		pthread_mutex_unlock(&shard[i].lock);
	}
}

static __attribute__((noinline)) void lock_and_unlock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
}

static __attribute__((noinline)) void use_pair(struct pair *two)
{
	lock_and_unlock(&two->m[1]);
	lock_and_unlock(&two->m[1]); /* a function's last call leaves it */
	two->n++;
}

static __attribute__((noinline)) void use_current(void)
{
	pthread_mutex_lock(current);
	pthread_mutex_unlock(current);
}

static __attribute__((noinline)) void twice(void)
{
	pthread_mutex_t here = PTHREAD_MUTEX_INITIALIZER;

	lock_and_unlock(&here);
	lock_and_unlock(&here);
}

int main(void)
{
	pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER, *given = calloc(1, sizeof(*given));
	struct {
		int n;
		pthread_mutex_t second;
	} pair = {0, PTHREAD_MUTEX_INITIALIZER};
	struct pair *two = calloc(1, sizeof(*two));

	use(session_new());
	use_shards(calloc(2, sizeof(struct shard)), 2);
	use_pair(two);
	lock_and_unlock(&local);
	pthread_mutex_lock(&pair.second);
	pthread_mutex_unlock(&pair.second);
	current = calloc(1, sizeof(*current));
	use_current();
	lockhound_name(given, "the ledger");
	lock_and_unlock(given);
	twice();
}
