/*
 * families — a lock of each kind of each family, acquired in both orders with a mutex that two
 * threads share: a lock-order finding for each. A thread waits on a futex of its own meanwhile.
 */
#include <glib.h>
#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lockhound.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static GMutex g_mutex;
static GRecMutex g_rec;
static GRWLock g_rw;
static int g_bits;
static omp_lock_t omp;
static omp_nest_lock_t omp_nest;
static int own;
static int word, turn;
static struct heap {
	long n;
	GMutex *made;
} * heap;

static void m_lock(void)
{
	pthread_mutex_lock(&m);
}
static void m_unlock(void)
{
	pthread_mutex_unlock(&m);
}

/* Both orders: `a` names the functions, `x` is what they get. */
#define BOTH(acquire, release)                                                                     \
	do {                                                                                       \
		if (first) {                                                                       \
			m_lock();                                                                  \
			acquire;                                                                   \
			release;                                                                   \
			m_unlock();                                                                \
		} else {                                                                           \
			acquire;                                                                   \
			m_lock();                                                                  \
			m_unlock();                                                                \
			release;                                                                   \
		}                                                                                  \
	} while (0)

static void critical(int first)
{
	if (first) {
		m_lock();
#pragma omp critical(books)
		word++;
		m_unlock();
	} else {
#pragma omp critical(books)
		{
			m_lock();
			m_unlock();
		}
	}
}

static void acquire_own(void)
{
	lockhound_wants(&own, 0);
	lockhound_got(&own, 0);
}

static void each(int first)
{
	BOTH(g_mutex_lock(&g_mutex), g_mutex_unlock(&g_mutex));
	BOTH(g_mutex_lock(heap->made), g_mutex_unlock(heap->made));
	BOTH(g_rec_mutex_lock(&g_rec), g_rec_mutex_unlock(&g_rec));
	BOTH(g_rw_lock_writer_lock(&g_rw), g_rw_lock_writer_unlock(&g_rw));
	BOTH(g_bit_lock(&g_bits, 3), g_bit_unlock(&g_bits, 3));
	BOTH(omp_set_lock(&omp), omp_unset_lock(&omp));
	BOTH(omp_set_nest_lock(&omp_nest), omp_unset_nest_lock(&omp_nest));
	critical(first);
	BOTH(acquire_own(), lockhound_gives(&own));
}

static void *run(void *of)
{
	int mine = (int)(long)of;

	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine)
		sched_yield();
	each(mine == 0);
	__atomic_store_n(&turn, mine + 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *sleeps(void *of)
{
	static int futex;
	struct timespec t = {0, 20000000};

	syscall(SYS_futex, &futex, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	return of;
}

int main(void)
{
	pthread_t t[3];

	heap = g_new0(struct heap, 1);
	heap->made = g_new0(GMutex, 1);
	g_mutex_init(heap->made);
	omp_init_lock(&omp);
	omp_init_nest_lock(&omp_nest);
	pthread_create(&t[0], NULL, run, (void *)0);
	pthread_create(&t[1], NULL, run, (void *)1);
	pthread_create(&t[2], NULL, sleeps, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
