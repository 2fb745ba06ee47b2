/*
 * small-ledger.c — a limited address space, in which the ledger has fewer rows: locks are
 * initialized in memory with any bytes, and a child forked under a lower limit uses locks that its
 * parent knew.
 */
#include "observe.h"

#include <sys/resource.h>
#include <sys/wait.h>

union any {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	sem_t s;
};

static int use(union any *u)
{
	return pthread_mutex_lock(&u->m) + pthread_mutex_unlock(&u->m);
}

static int in_garbage(int byte)
{
	union any u;
	int wrong = 0;

	memset(&u, byte, sizeof(u));
	wrong += pthread_mutex_init(&u.m, NULL) + use(&u) + pthread_mutex_destroy(&u.m);
	memset(&u, byte, sizeof(u));
	wrong += pthread_rwlock_init(&u.r, NULL) + pthread_rwlock_wrlock(&u.r);
	wrong += pthread_rwlock_unlock(&u.r) + pthread_rwlock_destroy(&u.r);
	memset(&u, byte, sizeof(u));
	wrong += sem_init(&u.s, 0, 1) + sem_wait(&u.s) + sem_post(&u.s) + sem_destroy(&u.s);
	return wrong;
}

static void limit(unsigned mib)
{
	const struct rlimit r = {(rlim_t)mib << 20, (rlim_t)mib << 20};

	setrlimit(RLIMIT_AS, &r);
}

int main(int argc, char **argv)
{
	enum { MANY = 30000 };
	static union any lock[MANY];
	int wrong = 0, status = -1;

	observe("start");
	if (argc < 2) {
		for (int i = 0; i < MANY; i++)
			wrong += use(&lock[i]);
		limit(400);
		pid_t child = fork();
		if (child == 0) {
			for (int i = 0; i < MANY; i++)
				wrong += use(&lock[i]);
			_exit(wrong != 0);
		}
		waitpid(child, &status, 0);
		printf("%d wrong, child %x\n", wrong, (unsigned)status);
		fflush(stdout);
		execl("/proc/self/exe", argv[0], "limited", (char *)NULL);
	}
	for (int i = 0; i < 256; i++)
		wrong += in_garbage(i);
	printf("%d wrong\n", wrong);
	observe("end");
	return 0;
}
