/* A thread frees the object that has its handle, which pthread_create or thrd_create has stored
 * there: the memory may be gone before the creator's call returns. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <threads.h>
#include <unistd.h>

enum { TIMES = 150 };

struct job {
	pthread_t handle;
	int detaches_itself;
};
static atomic_int ended;

static void *run(void *job)
{
	if (((struct job *)job)->detaches_itself)
		pthread_detach(pthread_self());
	munmap(job, sizeof(struct job));
	ended++;
	return NULL;
}

static int run_c11(void *job)
{
	run(job);
	return 0;
}

static struct job *new_job(int detaches_itself)
{
	struct job *j =
		mmap(NULL, sizeof(*j), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	j->detaches_itself = detaches_itself;
	return j;
}

int main(void)
{
	pthread_attr_t detached;
	struct job *j;
	int failed = 0;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (int i = 1; i <= TIMES; i++) {
		j = new_job(i % 3);
		failed += i % 3 == 0   ? pthread_create(&j->handle, &detached, run, j)
			  : i % 3 == 1 ? pthread_create(&j->handle, NULL, run, j)
				       : thrd_create(&j->handle, run_c11, j);
		while (ended < i)
			usleep(50);
	}
	printf("%d threads, %d failed\n", ended, failed);
	return 0;
}
