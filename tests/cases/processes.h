/* processes.h — locks in memory that the processes of a case share, and their synchronization. */
#ifndef PROCESSES_H
#define PROCESSES_H
#include "case.h"

struct shared {
	pthread_mutex_t m[8];
	sem_t sem;
	volatile int turn;
};

static inline void make_shared(pthread_mutex_t *m, int robust)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
	pthread_mutex_init(m, &attr);
}

static inline struct shared *share(void)
{
	struct shared *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 8; i++)
		make_shared(&s->m[i], 0);
	sem_init(&s->sem, 1, 0);
	return s;
}

static inline void await(const struct shared *s, int turn)
{
	while (s->turn < turn)
		sched_yield();
}

static inline void nest(pthread_mutex_t *a, pthread_mutex_t *b)
{
	lock(a);
	lock(b);
	unlock(b);
	unlock(a);
}
#endif
