/*
 * pair.c — one of two programs that share a file with two locks: `pair first FILE` makes the locks
 * and acquires them in one order; then `pair second FILE` acquires them in the other order. Each
 * waits for the other to start.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct shared {
	pthread_mutex_t m[2];
	int turn;
};

static void await(struct shared *s, int turn)
{
	while (__atomic_load_n(&s->turn, __ATOMIC_SEQ_CST) < turn)
		sched_yield();
}

static void come(struct shared *s)
{
	__atomic_fetch_add(&s->turn, 1, __ATOMIC_SEQ_CST);
}

static void make(struct shared *s)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->m[0], &attr);
	pthread_mutex_init(&s->m[1], &attr);
	come(s);
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[2], O_RDWR | O_CREAT, 0600) : -1;
	int second = argc == 3 && !strcmp(argv[1], "second");
	struct shared *s;

	if (fd < 0 || ftruncate(fd, sizeof(*s)))
		return 1;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!second)
		make(s);
	await(s, 1);
	come(s);
	await(s, second ? 4 : 3);
	pthread_mutex_lock(&s->m[second]);
	pthread_mutex_lock(&s->m[!second]);
	pthread_mutex_unlock(&s->m[!second]);
	pthread_mutex_unlock(&s->m[second]);
	come(s);
	return 0;
}
