/*
 * nowhere — a process-shared mutex is initialized while no descriptor can be opened (an argument
 * leaves that out), so that the library cannot find out which memory the mutex is in.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	struct rlimit none = {0, 0};
	pthread_mutex_t *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	(void)argv;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	if (argc == 1)
		setrlimit(RLIMIT_NOFILE, &none);
	pthread_mutex_init(m, &a);
	pthread_mutex_lock(m);
	return pthread_mutex_unlock(m);
}
