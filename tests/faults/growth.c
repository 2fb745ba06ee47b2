/*
 * growth.c — uses more locks, dependencies and stacks than the library maps at its start: a thread
 * acquires each lock inside the one before, and then another thread the last two in the opposite
 * order. With the argument `blocked`, a page lies behind every mapping of the process before that;
 * with `filtered`, the first thread may make only few system calls and is killed for any other. It
 * prints one line and ends with 3.
 */
#include "../faithful/seccomp.h"

enum { LOCKS = 40000 };
static pthread_mutex_t lock[LOCKS];
static sem_t done, all_done, never;
static bool filtered;
static int wrong;

static __attribute__((noinline)) void pair(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
	wrong += pthread_mutex_lock(outer) + pthread_mutex_lock(inner);
	wrong += pthread_mutex_unlock(inner) + pthread_mutex_unlock(outer);
}

static void *forth(void *arg)
{
	wrong += filtered && lock_up();
	for (int i = 0; i + 1 < LOCKS; i++)
		pair(&lock[i], &lock[i + 1]);
	sem_post(&done);
	sem_wait(&never); /* the end of a thread makes more system calls */
	return arg;
}

static void *back(void *arg)
{
	sem_wait(&done);
	pair(&lock[LOCKS - 1], &lock[LOCKS - 2]);
	sem_post(&all_done);
	return arg;
}

static void block(void)
{
	static char text[1 << 16];
	char *line = text;
	unsigned long from, to;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, more;

	while ((more = read(fd, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	close(fd);
	for (; sscanf(line, "%lx-%lx", &from, &to) == 2; line = strchr(line, '\n') + 1)
		(void)mmap((void *)to, 4096, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

int main(int argc, char **argv)
{
	pthread_t t[2];

	sem_init(&done, 0, 0);
	sem_init(&all_done, 0, 0);
	sem_init(&never, 0, 0);
	filtered = argc > 1 && !strcmp(argv[1], "filtered");
	if (argc > 1 && !strcmp(argv[1], "blocked"))
		block();
	wrong += pthread_create(&t[0], NULL, forth, NULL);
	wrong += pthread_create(&t[1], NULL, back, NULL);
	wrong += sem_wait(&all_done);
	say("%d wrong\n", wrong);
	return 3;
}
