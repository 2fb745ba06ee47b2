/*
 * Two pages of one file, mapped at the same address by two processes: different locks.
 * EXPECT: nothing
 */
#include "processes.h"

enum { PAGE = 4096 };

static pthread_mutex_t *map(int fd, off_t from, void *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0), fd, from);
}

int main(void)
{
	struct shared *s = share();
	int fd = memfd_create("elsewhere", MFD_CLOEXEC);
	pthread_mutex_t *m;

	if (ftruncate(fd, 2 * PAGE))
		return 1;
	m = map(fd, PAGE, NULL);
	make_shared(&m[0], 0);
	make_shared(&m[1], 0);
	if (!fork()) {
		await(s, 1);
		nest(&m[1], &m[0]);
		_exit(0);
	}
	m = map(fd, 0, m);
	make_shared(&m[0], 0);
	make_shared(&m[1], 0);
	nest(&m[0], &m[1]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
