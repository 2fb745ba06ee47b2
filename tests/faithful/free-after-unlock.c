/*
 * free-after-unlock.c — the next owner unmaps the lock's page as soon as it owns the lock; code
 * that reads the lock after its unlock faults. Mutexes, rwlocks, semaphores, spinlocks.
 */
#include "observe.h"

union lock {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	sem_t s;
	pthread_spinlock_t spin;
};

static union lock *volatile page;
static volatile int done;

static union lock *fresh(int kind)
{
	union lock *p =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (kind == 1)
		pthread_rwlock_init(&p->r, NULL);
	else if (kind == 2)
		sem_init(&p->s, 0, 0);
	else if (kind == 3)
		pthread_spin_init(&p->spin, 0);
	return p;
}

static void take(union lock *p, int kind)
{
	if (kind == 0)
		pthread_mutex_lock(&p->m);
	else if (kind == 1)
		pthread_rwlock_wrlock(&p->r);
	else if (kind == 2)
		sem_wait(&p->s);
	else
		pthread_spin_lock(&p->spin);
}

static void give(union lock *p, int kind)
{
	if (kind == 0)
		pthread_mutex_unlock(&p->m);
	else if (kind == 1)
		pthread_rwlock_unlock(&p->r);
	else if (kind == 2)
		sem_post(&p->s);
	else
		pthread_spin_unlock(&p->spin);
}

/* On a loaded machine a yield may cost a whole time slice; a sleeping thread wakes at once. */
static void rest(int *turns)
{
	if (++*turns % 16)
		sched_yield();
	else
		usleep(50);
}

static void *unmapper(void *arg)
{
	int kind = (int)(long)arg;
	for (;;) {
		union lock *p;
		int turns = 0;
		while (!(p = __atomic_load_n(&page, __ATOMIC_SEQ_CST)))
			if (done)
				return NULL;
			else
				rest(&turns);
		take(p, kind);
		munmap(p, 4096);
		__atomic_store_n(&page, NULL, __ATOMIC_SEQ_CST);
	}
}

int main(void)
{
	observe("start");
	for (int kind = 0; kind < 4; kind++) {
		pthread_t t;
		done = 0;
		pthread_create(&t, NULL, unmapper, (void *)(long)kind);
		for (int i = 0; i < 3000; i++) {
			union lock *p = fresh(kind);
			if (kind != 2)
				take(p, kind);
			__atomic_store_n(&page, p, __ATOMIC_SEQ_CST);
			if (i % 3 == 0)
				sched_yield();
			give(p, kind);
			int turns = 0;
			while (__atomic_load_n(&page, __ATOMIC_SEQ_CST))
				rest(&turns);
		}
		done = 1;
		pthread_join(t, NULL);
		say("kind %d\n", kind);
	}
	observe("end");
	return 0;
}
