/* crowd.c — many threads at once, in an order that differs in each run, with the same locks in the
 * same chains: crowd WHAT. No thread hangs, because only one thread at a time does what could hang;
 * the kernel decides their order. WHAT: two ring heap readers semaphores gate tries conditions pool
 * init many fine */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LOCKS = 6, THREADS = 8, ROUNDS = 12 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
		       gate = PTHREAD_MUTEX_INITIALIZER, ring[LOCKS], *heap[LOCKS];
static pthread_rwlock_t x = PTHREAD_RWLOCK_INITIALIZER, y = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t s, t, permits;
static atomic_flag busy = ATOMIC_FLAG_INIT; /* a lock that the checker does not see */
static atomic_int here, signalled;

static void begin(void)
{
	while (atomic_flag_test_and_set(&busy))
		sched_yield();
}

static void end(void)
{
	atomic_flag_clear(&busy);
}

static void pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void two(int i)
{
	i % 2 ? pair(&a, &b) : pair(&b, &a);
}

static void go_round(int i)
{
	pair(&ring[i % LOCKS], &ring[(i + 1) % LOCKS]);
}

static void on_heap(int i)
{
	pair(heap[i % LOCKS], heap[(i + 1) % LOCKS]);
}

static void readers(int i)
{
	pthread_rwlock_t *first = i % 2 ? &x : &y, *second = i % 2 ? &y : &x;

	pthread_rwlock_wrlock(first);
	pthread_rwlock_rdlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

static void semaphores(int i)
{
	sem_t *first = i % 2 ? &s : &t, *second = i % 2 ? &t : &s;

	sem_wait(first);
	sem_wait(second);
	sem_post(second);
	sem_post(first);
}

static void gated(int i)
{
	pthread_mutex_lock(&gate);
	two(i);
	pthread_mutex_unlock(&gate);
}

static void tries(int i)
{
	pthread_mutex_lock(i % 2 ? &a : &b);
	if (!pthread_mutex_trylock(i % 2 ? &b : &a))
		pthread_mutex_unlock(i % 2 ? &b : &a);
	pthread_mutex_unlock(i % 2 ? &a : &b);
}

/* Signals only; the locks of `two` are acquired afterwards. */
static void conditions(int i)
{
	pthread_mutex_lock(&a);
	if (i % 2) {
		signalled++;
		pthread_cond_broadcast(&condition);
	}
	pthread_mutex_unlock(&a);
	two(i);
}

static void pool(int i)
{
	(void)i;
	sem_wait(&permits);
	sem_wait(&permits);
	sem_post(&permits);
	sem_post(&permits);
}

static void init(int i)
{
	pthread_mutex_t own;

	(void)i;
	pthread_mutex_init(&own, NULL);
	pair(&own, &a);
	pair(&a, &own);
	pthread_mutex_destroy(&own);
}

/* Chains of every length: threads add dependencies while others find known ones. */
static void many(int i)
{
	for (int k = 0; k < LOCKS; k++)
		pthread_mutex_lock(&ring[(i + k) % LOCKS]);
	for (int k = LOCKS; k-- > 0;)
		pthread_mutex_unlock(&ring[(i + k) % LOCKS]);
}

static void fine(int i)
{
	pair(&ring[i % 2], &ring[2 + i % 3]);
}

static const struct {
	const char *what;
	void (*action)(int i);
} all[] = {{"two", two},
	   {"ring", go_round},
	   {"heap", on_heap},
	   {"readers", readers},
	   {"semaphores", semaphores},
	   {"gate", gated},
	   {"tries", tries},
	   {"conditions", conditions},
	   {"pool", pool},
	   {"init", init},
	   {"many", many},
	   {"fine", fine}};
static void (*action)(int i);

static void *work(void *number)
{
	here++;
	while (here < THREADS)
		sched_yield();
	for (int i = 0; i < ROUNDS; i++) {
		begin();
		action((int)(size_t)number + i);
		end();
		if (i % 3 == 0)
			sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	sem_init(&s, 0, 1);
	sem_init(&t, 0, 1);
	sem_init(&permits, 0, 2);
	for (int i = 0; i < LOCKS; i++) {
		pthread_mutex_init(&ring[i], NULL);
		heap[i] = malloc(sizeof(*heap[i]));
		pthread_mutex_init(heap[i], NULL);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (argc > 1 && !strcmp(argv[1], all[i].what))
			action = all[i].action;
	if (!action)
		return 2;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
