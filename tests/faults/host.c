/*
 * host.c — a program with all kinds of locks, in which the tests inject faults. It prints one line
 * and ends with 3. An argument is the time it works, in milliseconds; `forever` never ends.
 */
#include "../faithful/observe.h"

enum { THREADS = 3, LOCKS = 200 };
static pthread_mutex_t locks[LOCKS];
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static volatile int stop, wrong;

static __attribute__((noinline)) void nested(int at, int depth)
{
	wrong += pthread_mutex_lock(&locks[at]);
	if (depth && at + 1 < LOCKS)
		nested(at + 1, depth - 1);
	wrong += pthread_mutex_unlock(&locks[at]);
}

static void *idle(void *arg)
{
	return arg;
}

static void *worker(void *arg)
{
	struct timespec past = {1, 0};
	for (unsigned i = 0; !stop; i++) {
		nested((int)(i % LOCKS), (int)(i % 17));
		wrong += pthread_rwlock_rdlock(&rw) + pthread_rwlock_unlock(&rw);
		wrong += sem_wait(&sem) + sem_post(&sem);
		pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
		wrong += pthread_mutex_lock(&own);
		wrong += pthread_cond_timedwait(&cond, &own, &past) != ETIMEDOUT;
		wrong += pthread_mutex_unlock(&own);
		if (i % 64 == 0)
			in_thread(idle, NULL);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	long ms = argc > 1 ? atol(argv[1]) : 100;
	sem_init(&sem, 0, 2);
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i], NULL);
	for (long i = 0; i < THREADS; i++)
		wrong += pthread_create(&t[i], NULL, worker, (void *)i);
	if (argc > 1 && !strcmp(argv[1], "forever"))
		pause();
	pid_t pid = fork();
	if (!pid)
		_exit(in_thread(idle, NULL) != NULL);
	int status;
	waitpid(pid, &status, 0);
	wrong += status;
	usleep((useconds_t)ms * 1000);
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		wrong += pthread_join(t[i], NULL);
	say("worked, %d wrong\n", wrong);
	return wrong ? 1 : 3;
}
