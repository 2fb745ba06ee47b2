/*
 * reuse.c — locks initialized again at the same address without destroy, of the same and of other
 * kinds; copied by memcpy, moved by realloc, placed in reused memory, on the stack, initialized by
 * assignment.
 */
#include "observe.h"

union any {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	sem_t s;
	pthread_cond_t c;
	pthread_spinlock_t spin;
	pthread_barrier_t b;
};

static int wrong;

static void kinds(union any *u)
{
	wrong += pthread_mutex_init(&u->m, NULL) + pthread_mutex_lock(&u->m);
	wrong += pthread_mutex_unlock(&u->m);
	wrong += pthread_rwlock_init(&u->r, NULL) + pthread_rwlock_rdlock(&u->r);
	wrong += pthread_rwlock_unlock(&u->r);
	wrong += sem_init(&u->s, 0, 1) + sem_wait(&u->s) + sem_post(&u->s);
	wrong += pthread_spin_init(&u->spin, 0) + pthread_spin_lock(&u->spin);
	wrong += pthread_spin_unlock(&u->spin);
	wrong += pthread_barrier_init(&u->b, NULL, 1) + pthread_barrier_wait(&u->b) + 1;
	u->m = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	wrong += pthread_mutex_lock(&u->m) + pthread_mutex_lock(&u->m);
	wrong += pthread_mutex_unlock(&u->m) + pthread_mutex_unlock(&u->m);
	u->m = (pthread_mutex_t)PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	wrong += pthread_mutex_lock(&u->m) + (pthread_mutex_lock(&u->m) != EDEADLK);
	wrong += pthread_mutex_unlock(&u->m);
	memset(u, 0, sizeof(*u));
	wrong += pthread_mutex_lock(&u->m) + (pthread_mutex_trylock(&u->m) != EBUSY);
	/* abandoned while locked: the memory is used again without a destroy call */
	memset(u, 0xa5, sizeof(*u));
	memset(u, 0, sizeof(*u));
	wrong += pthread_rwlock_wrlock(&u->r) + pthread_rwlock_unlock(&u->r);
}

static void copies(void)
{
	struct {
		pthread_mutex_t m;
		int n;
	} *from = calloc(1, sizeof(*from)), *to = malloc(sizeof(*to)), *moved;
	wrong += pthread_mutex_lock(&from->m) + pthread_mutex_unlock(&from->m);
	memcpy(to, from, sizeof(*to));
	wrong += pthread_mutex_lock(&to->m) + pthread_mutex_lock(&from->m);
	wrong += pthread_mutex_unlock(&to->m) + pthread_mutex_unlock(&from->m);
	moved = realloc(from, 1 << 20);
	wrong += pthread_mutex_lock(&moved->m) + pthread_mutex_unlock(&moved->m);
	wrong += pthread_mutex_destroy(&to->m);
	free(to);
	free(moved);
}

static __attribute__((noinline)) void on_stack(int n)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	volatile char pad[64 * (n % 5 + 1)];
	pad[0] = (char)n;
	wrong += pthread_mutex_lock(&m);
	if (n)
		on_stack(n - 1);
	wrong += pthread_mutex_unlock(&m) + (pad[0] != (char)n);
}

static void *thread(void *arg)
{
	union any *u = malloc(sizeof(*u));
	for (int i = 0; i < 300; i++) {
		kinds(u);
		copies();
		on_stack(i % 20);
	}
	free(u);
	return arg;
}

int main(void)
{
	static pthread_mutex_t packed_at[2];
	observe("start");
	thread(NULL);
	in_thread(thread, NULL);
	/* a lock at an odd address works on x86, and must still work */
	pthread_mutex_t *odd = (pthread_mutex_t *)((char *)packed_at + 2);
	wrong += pthread_mutex_lock(odd) + pthread_mutex_unlock(odd);
	show(wrong);
	observe("end");
	return 0;
}
