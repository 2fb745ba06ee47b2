/*
 * shaken.c — a thread that acquires two locks in the opposite order if it was delayed at a lock
 * that no thread holds, as if another thread had come between. A rise of the kernel's count of the
 * thread's voluntary switches shows a delay, so the result does not depend on the machine's speed.
 * If the kernel took the processor from the thread meanwhile, a delay is unknown: it may have been
 * over before it began.
 *
 * shaken [WHAT] prints a character for each time: x delayed, . not delayed, ? unknown.
 * - gate: both orders only under a gate lock
 * - handler: a signal handler acquires the lock
 * - one: there is no other thread
 * - robust c11 timed clock c11-timed read-timed sem sem-timed: another kind of lock, or a limit
 * - unlock post signal cond cond-timed: that call alone (a condition returns an error at once)
 * - first: a lock that no thread has acquired before, while another one is held
 * - create: only creates threads, and prints nothing
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <threads.h>
#include <time.h>

enum {
	TURNS = 40,
	FIRST_TURNS = 4, /* until every page is there and the library knows the lock */
	READY = 1,
	COUNTED
};

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
		       free_lock = PTHREAD_MUTEX_INITIALIZER, gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int turn;
static int gated;
static pthread_mutex_t robust, checked;
static pthread_rwlock_t read_lock = PTHREAD_RWLOCK_INITIALIZER;
static mtx_t c11;
static sem_t permit;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static const char *how = "";
static char was_late[TURNS + 1];
static pthread_mutex_t fresh[FIRST_TURNS + TURNS];

static void both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	if (gated)
		pthread_mutex_lock(&gate);
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	if (gated)
		pthread_mutex_unlock(&gate);
}

static struct rusage switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u;
}

static char switched_since(struct rusage before)
{
	struct rusage now = switches();

	if (now.ru_nvcsw > before.ru_nvcsw)
		return 'x';
	return now.ru_nivcsw > before.ru_nivcsw ? '?' : '.';
}

static void take_free_lock(int none)
{
	static pthread_mutex_t *next_lock = fresh;
	struct timespec soon;

	(void)none;
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec += 1000;
#define TAKE(word, take, give)                                                                     \
	if (!strcmp(how, word)) {                                                                  \
		take;                                                                              \
		give;                                                                              \
		return;                                                                            \
	}
	TAKE("robust", pthread_mutex_lock(&robust), pthread_mutex_unlock(&robust))
	TAKE("timed", pthread_mutex_timedlock(&free_lock, &soon), pthread_mutex_unlock(&free_lock))
	TAKE("clock", pthread_mutex_clocklock(&free_lock, CLOCK_REALTIME, &soon),
	     pthread_mutex_unlock(&free_lock))
	TAKE("c11", mtx_lock(&c11), mtx_unlock(&c11))
	TAKE("c11-timed", mtx_timedlock(&c11, &soon), mtx_unlock(&c11))
	TAKE("read-timed", pthread_rwlock_timedrdlock(&read_lock, &soon),
	     pthread_rwlock_unlock(&read_lock))
	TAKE("sem", sem_wait(&permit), sem_post(&permit))
	TAKE("sem-timed", sem_timedwait(&permit, &soon), sem_post(&permit))
	TAKE("unlock", pthread_mutex_unlock(&free_lock), )
	TAKE("post", sem_post(&permit), )
	TAKE("first", pthread_mutex_lock(next_lock), pthread_mutex_unlock(next_lock++))
	TAKE("signal", pthread_cond_signal(&condition), )
	TAKE("cond", pthread_cond_wait(&condition, &checked), )
	soon.tv_nsec = -1;
	TAKE("cond-timed", pthread_cond_timedwait(&condition, &free_lock, &soon), )
	pthread_mutex_lock(&free_lock);
	pthread_mutex_unlock(&free_lock);
}

/* What must come before and after a turn, and is not part of it. */
static void around_turn(int (*call)(pthread_mutex_t *))
{
	bool held_before = !strcmp(how, "unlock");
	bool held = !strcmp(how, "cond-timed") || !strcmp(how, "first");

	if (held || (held_before && call == pthread_mutex_lock))
		call(&free_lock);
}

static void make_locks(void)
{
	pthread_mutexattr_t kind;

	pthread_mutexattr_init(&kind);
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &kind);
	mtx_init(&c11, mtx_timed);
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&checked, &kind);
	sem_init(&permit, 0, 1);
}

static void *go_round(void *none)
{
	while (!turn)
		sched_yield();
	for (int i = -FIRST_TURNS; i < TURNS; i++) {
		around_turn(pthread_mutex_lock);
		struct rusage before = switches();

		if (strcmp(how, "handler") == 0 && i >= 0)
			raise(SIGUSR1);
		else
			take_free_lock(0);
		if (i >= 0)
			was_late[i] = switched_since(before);
		around_turn(pthread_mutex_unlock);
	}
	turn = COUNTED;
	if (strchr(was_late, 'x'))
		both(&b, &a);
	return none;
}

static void *in_order(void *none)
{
	both(&a, &b);
	return none;
}

static void *nothing(void *none)
{
	return none;
}

static int create_only(void)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_t t;
		pthread_create(&t, NULL, nothing, NULL);
		pthread_join(t, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t t[2];

	how = argc > 1 ? argv[1] : "";
	if (strcmp(how, "create") == 0)
		return create_only();
	gated = strcmp(how, "gate") == 0;
	make_locks();
	signal(SIGUSR1, take_free_lock);
	if (strcmp(how, "one") == 0) {
		in_order(NULL);
		turn = READY;
		go_round(NULL);
	} else {
		pthread_create(&t[0], NULL, go_round, NULL);
		pthread_create(&t[1], NULL, in_order, NULL);
		pthread_join(t[1], NULL);
		turn = READY; /* not before: the end of a thread may make others wait too */
		while (turn != COUNTED) /* a join may make them wait as well */
			sched_yield();
		pthread_join(t[0], NULL);
	}
	puts(was_late);
	return 0;
}
