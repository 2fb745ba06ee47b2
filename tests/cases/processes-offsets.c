/*
 * Two processes map one file at different addresses and from different offsets: the same locks.
 * EXPECT: lock-order <unnamed>
 */
#include "processes.h"

enum { PAGE = 4096 };

static pthread_mutex_t *map(int fd, off_t from)
{
	return mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, from);
}

int main(void)
{
	struct shared *s = share();
	int fd = memfd_create("offsets", MFD_CLOEXEC);
	char *at;

	if (ftruncate(fd, 6 * PAGE))
		return 1;
	at = (char *)map(fd, 0) + 2 * PAGE;
	make_shared((pthread_mutex_t *)at, 0);
	make_shared((pthread_mutex_t *)at + 1, 0);
	if (!fork()) {
		pthread_mutex_t *m = map(fd, 2 * PAGE);
		munmap(at - 2 * PAGE, 4 * PAGE);
		await(s, 1);
		nest(&m[1], &m[0]);
		_exit(0);
	}
	nest((pthread_mutex_t *)at, (pthread_mutex_t *)at + 1);
	s->turn = 1;
	wait(NULL);
	return 0;
}
