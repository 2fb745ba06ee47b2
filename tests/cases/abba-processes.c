/*
 * A process and its child acquire process-shared mutexes in opposite orders.
 * EXPECT: lock-order <unnamed>
 */
#include "case.h"

static pthread_mutex_t *shared;

static void both(int first)
{
	lock(&shared[first]);
	lock(&shared[!first]);
	unlock(&shared[!first]);
	unlock(&shared[first]);
}

int main(void)
{
	volatile int *turn;
	int fd = memfd_create("shared", MFD_CLOEXEC);
	if (ftruncate(fd, 4096))
		return 1;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	turn = (volatile int *)(shared + 2);
	for (int i = 0; i < 2; i++) {
		pthread_mutexattr_t attr;
		pthread_mutexattr_init(&attr);
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
		pthread_mutex_init(&shared[i], &attr);
	}
	if (!fork()) {
		while (!*turn)
			sched_yield();
		both(1);
		_exit(0);
	}
	both(0);
	*turn = 1;
	wait(NULL);
	return 0;
}
