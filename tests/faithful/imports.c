/*
 * imports.c — the program defines functions with the names that a careless library would call: its
 * own malloc, printf, write, open, mmap, getenv, memcpy. They count calls; locks add none.
 * FLAGS: -rdynamic -fno-builtin
 */
#include "observe.h"

static long calls;
static int counting;
static char heap[1 << 20];
static size_t top;

#define COUNT() (counting ? (void)__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) : (void)0)

void *malloc(size_t n)
{
	COUNT();
	size_t at = __atomic_fetch_add(&top, (n + 31) & ~15ul, __ATOMIC_SEQ_CST);
	if (at + n + 16 > sizeof(heap))
		return NULL;
	*(size_t *)(heap + at) = n;
	return heap + at + 16;
}
void free(void *p UNUSED)
{
	COUNT();
}
void *calloc(size_t a, size_t b)
{
	COUNT();
	void *p = malloc(a * b);
	return p ? memset(p, 0, a * b) : p;
}
void *realloc(void *p, size_t n)
{
	COUNT();
	void *q = malloc(n);
	return p && q ? memcpy(q, p, n) : q;
}
ssize_t write(int fd, const void *p, size_t n)
{
	COUNT();
	return syscall(SYS_write, fd, p, n);
}
char *getenv(const char *name)
{
	COUNT();
	size_t n = strlen(name);
	for (char **e = environ; *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}
void *mmap(void *a, size_t n, int p, int f, int fd, off_t o)
{
	COUNT();
	return (void *)syscall(SYS_mmap, a, n, p, f, fd, o);
}
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	COUNT();
	return syscall(SYS_rt_sigprocmask, how, set, old, 8) ? errno : 0;
}

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, many[500];

static __attribute__((noinline)) int nested(int depth)
{
	int rc = pthread_mutex_lock(&many[depth]);
	if (depth)
		rc += nested(depth - 1);
	return rc + pthread_mutex_unlock(&many[depth]);
}

int main(void)
{
	sem_t s;
	observe("start");
	counting = 1;
	int wrong = nested(30);
	for (int i = 0; i < 500; i++)
		wrong += pthread_mutex_lock(&many[i]) + pthread_mutex_unlock(&many[i]);
	wrong += sem_init(&s, 0, 1) + sem_wait(&s) + sem_post(&s) + sem_destroy(&s);
	wrong += pthread_mutex_lock(&m) + pthread_mutex_unlock(&m);
	counting = 0;
	show(calls);
	show(wrong);
	return 0;
}
