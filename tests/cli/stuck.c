/* Acquires a lock twice, which hangs; with "deaf" the program ignores SIGTERM. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		signal(SIGTERM, SIG_IGN);
	puts("stuck: now");
	fflush(stdout);
	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&lock);
	return 0;
}
