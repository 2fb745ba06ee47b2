/*
 * ended — a thread ends while it holds a mutex, and is joined ("joined") or not; much later another
 * thread tries to acquire the mutex.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static volatile int tid;

static void *keeps(void *x)
{
	pthread_mutex_lock(&a);
	tid = (int)syscall(SYS_gettid);
	return x;
}

static void *wants(void *x)
{
	pthread_mutex_lock(&a);
	return x;
}

int main(int argc, char **argv)
{
	pthread_t t;

	pthread_create(&t, NULL, keeps, NULL);
	if (argc > 1 && !strcmp(argv[1], "joined"))
		pthread_join(t, NULL);
	while (!tid || !syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
	usleep(300000); /* three times the limit for a hold */
	pthread_create(&t, NULL, wants, NULL);
	return pthread_join(t, NULL);
}
