/*
 * fork-gone.c — locks that are held when the process forks, by the forking thread and by another
 * one, in memory that the child does not have or uses for other data: the library must neither read
 * nor write there.
 */
#include "observe.h"

enum { PAGE = 4096, LOCKS = 4 };
static unsigned char *gone, *other;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *pages(void)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A mutex and an rwlock of each page. */
static void take(unsigned char *page, int at)
{
	pthread_mutex_t *a = (void *)(page + at);
	pthread_rwlock_t *w = (void *)(page + at + 256);

	pthread_mutex_init(a, NULL);
	pthread_rwlock_init(w, NULL);
	pthread_mutex_lock(a);
	pthread_rwlock_rdlock(w);
}

static void *holder(void *arg)
{
	take(gone, 0);
	take(other, 0);
	step_made();
	step_wait(2);
	return arg;
}

static void *locks(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return arg;
}

static int child(void)
{
	int changed = 0;

	munmap(other, PAGE);
	if (mmap(other, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != other)
		return 1;
	/* read as locks, these bytes look like held locks, and their spare words are zero */
	for (int i = 0; i < PAGE; i += 1024)
		other[i] = other[i + 8] = other[i + 256] = 9;
	for (int i = 0; i < 3; i++)
		locks(NULL);
	in_thread(locks, NULL);
	for (int i = 0; i < PAGE; i++)
		changed += other[i] != (i % 1024 == 0 || i % 1024 == 8 || i % 1024 == 256 ? 9 : 0);
	say("child: %d bytes changed\n", changed);
	return 7;
}

int main(void)
{
	pthread_t t;
	int status = 0;

	observe("start");
	gone = pages();
	other = pages();
	madvise(gone, PAGE, MADV_DONTFORK);
	pthread_create(&t, NULL, holder, NULL);
	step_wait(1);
	take(gone, 1024);
	take(other, 1024);
	pid_t pid = fork();
	if (!pid)
		_exit(child());
	waitpid(pid, &status, 0);
	say("status %x\n", status);
	step_made();
	pthread_join(t, NULL);
	observe("end");
}
