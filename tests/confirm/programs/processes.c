/*
 * Two processes acquire two process-shared mutexes in two orders.
 * CAN: nothing orders the processes.
 */
#include "scene.h"
#include <sys/mman.h>

static pthread_mutex_t *shared;

static void both(int first)
{
	lock(shared[first]);
	lock(shared[!first]);
	unlock(shared[!first]);
	unlock(shared[first]);
}

int main(void)
{
	pthread_mutexattr_t attr;
	int fd = memfd_create("shared", MFD_CLOEXEC);

	if (ftruncate(fd, 4096))
		return 1;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (int i = 0; i < 2; i++)
		pthread_mutex_init(&shared[i], &attr);
	if (!fork()) {
		ms(8);
		both(1);
		_exit(0);
	}
	both(0);
	wait(NULL);
}
