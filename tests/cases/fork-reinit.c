/*
 * A child handler of pthread_atfork initializes the locks again that the forking thread holds, and
 * those that other threads hold or wait on.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t m, other;
static pthread_rwlock_t r, read_by;
static pthread_spinlock_t s;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static volatile int tid, go;

static void prepare(void)
{
	lock(&m);
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_rdlock(&read_by);
	pthread_spin_lock(&s);
}

static void parent(void)
{
	pthread_spin_unlock(&s);
	pthread_rwlock_unlock(&read_by);
	pthread_rwlock_unlock(&r);
	unlock(&m);
}

static void child(void)
{
	pthread_mutex_init(&m, NULL);
	pthread_mutex_init(&other, NULL);
	pthread_rwlock_init(&r, NULL);
	pthread_rwlock_init(&read_by, NULL);
	pthread_spin_init(&s, PTHREAD_PROCESS_PRIVATE);
	pthread_cond_init(&c, NULL);
	sem_init(&sem, 0, 0);
}

static void *waits(void *arg)
{
	lock(&other);
	tid = my_tid();
	while (!go)
		pthread_cond_wait(&c, &other);
	unlock(&other);
	return arg;
}

static void use(void)
{
	lock(&m);
	lock(&other);
	pthread_cond_signal(&c);
	unlock(&other);
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_wrlock(&read_by);
	pthread_rwlock_unlock(&read_by);
	pthread_spin_lock(&s);
	pthread_spin_unlock(&s);
	unlock(&m);
}

int main(void)
{
	pthread_t t;
	int status = 1;

	pthread_mutex_init(&m, NULL);
	pthread_mutex_init(&other, NULL);
	pthread_rwlock_init(&r, NULL);
	pthread_rwlock_init(&read_by, NULL);
	pthread_spin_init(&s, PTHREAD_PROCESS_PRIVATE);
	sem_init(&sem, 0, 0);
	pthread_atfork(prepare, parent, child);
	pthread_create(&t, NULL, waits, NULL);
	wait_asleep(&tid);
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (!pid) {
			use();
			_exit(0);
		}
		waitpid(pid, &status, 0);
	}
	lock(&other);
	go = 1;
	pthread_cond_signal(&c);
	unlock(&other);
	pthread_join(t, NULL);
	use();
	return WEXITSTATUS(status);
}
