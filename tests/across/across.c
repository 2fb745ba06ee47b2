/*
 * across.c — programs that share locks in a file and nothing more.
 *
 * `across FILE SCENE ROLE`: role 0 makes the locks. Every role acquires its first lock, meets the
 * others, prints "ready", and tries to acquire its second. An alarm ends the process in any case.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { LIFE_S = 120 };

struct shared {
	atomic_int made, arrived;
	pthread_mutex_t m, n;
	pthread_rwlock_t rw;
	pthread_spinlock_t spin;
};
static struct shared *s;
static int role;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;

static void make(void)
{
	pthread_mutexattr_t m;
	pthread_rwlockattr_t rw;

	pthread_mutexattr_init(&m);
	pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
	pthread_rwlockattr_init(&rw);
	pthread_rwlockattr_setpshared(&rw, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->m, &m);
	pthread_mutex_init(&s->n, &m);
	pthread_rwlock_init(&s->rw, &rw);
	pthread_spin_init(&s->spin, PTHREAD_PROCESS_SHARED);
	atomic_store(&s->made, 1);
}

static void meet(int n)
{
	atomic_fetch_add(&s->arrived, 1);
	while (atomic_load(&s->arrived) < n)
		sched_yield();
	printf("ready %d\n", getpid());
	fflush(stdout);
}

static void mutexes(void)
{
	pthread_mutex_lock(role ? &s->n : &s->m);
	meet(2);
	pthread_mutex_lock(role ? &s->m : &s->n);
}

static void readers(void)
{
	if (role)
		pthread_mutex_lock(&s->m);
	else
		pthread_rwlock_rdlock(&s->rw);
	meet(2);
	if (role)
		pthread_rwlock_wrlock(&s->rw);
	else
		pthread_mutex_lock(&s->m);
}

static void spins(void)
{
	if (role)
		pthread_mutex_lock(&s->m);
	else
		pthread_spin_lock(&s->spin);
	meet(2);
	if (role)
		pthread_spin_lock(&s->spin);
	else
		pthread_mutex_lock(&s->m);
}

static void *through_inner(void *x)
{
	pthread_mutex_lock(&inner);
	atomic_fetch_add(&s->arrived, 1);
	while (atomic_load(&s->arrived) < 3)
		sched_yield();
	pthread_mutex_lock(&s->n);
	return x;
}

/* m -> inner -> n in one process, n -> m in the other. */
static void chain(void)
{
	pthread_t t;

	pthread_mutex_lock(role ? &s->n : &s->m);
	if (!role)
		pthread_create(&t, NULL, through_inner, NULL);
	meet(3);
	pthread_mutex_lock(role ? &s->m : &inner);
}

/* The third process waits behind a cycle of the first two. */
static void behind(void)
{
	if (role < 2)
		pthread_mutex_lock(role ? &s->n : &s->m);
	meet(3);
	pthread_mutex_lock(role ? &s->m : &s->n);
}

/* The owner sleeps, so it may go on: no deadlock. */
static void slow(void)
{
	if (!role)
		pthread_mutex_lock(&s->m);
	meet(2);
	if (role)
		pthread_mutex_lock(&s->m);
	for (;;)
		pause();
}

/* One process waits with a time limit, so it may go on: no deadlock. */
static void timed(void)
{
	struct timespec t;

	pthread_mutex_lock(role ? &s->n : &s->m);
	meet(2);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += LIFE_S;
	if (role)
		pthread_mutex_timedlock(&s->m, &t);
	else
		pthread_mutex_lock(&s->n);
}

/* The owner has ended and kept the lock. */
static void ended(void)
{
	if (!role)
		pthread_mutex_lock(&s->m);
	meet(2);
	if (role)
		pthread_mutex_lock(&s->m);
}

static const struct {
	const char *name;
	void (*fn)(void);
} scenes[] = {
	{"mutexes", mutexes}, {"readers", readers}, {"spins", spins}, {"chain", chain},
	{"behind", behind},   {"slow", slow},	    {"timed", timed}, {"ended", ended},
};

int main(int argc, char **argv)
{
	alarm(LIFE_S);
	int fd = argc == 4 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;

	if (fd < 0 || ftruncate(fd, sizeof(*s)) != 0)
		return 2;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	role = atoi(argv[3]);
	if (!role)
		make();
	while (!atomic_load(&s->made))
		sched_yield();
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++)
		if (strcmp(argv[2], scenes[i].name) == 0)
			scenes[i].fn();
	return 0;
}
