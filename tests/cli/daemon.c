/* Becomes a daemon that acquires a lock, closes every descriptor, and lives until the file that
 * the argument names is gone. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(int argc, char **argv)
{
	int ready[2];
	char byte;
	if (argc < 2 || pipe(ready))
		return 2;
	if (fork()) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0
						     : 1; /* ends when the daemon holds its lock */
	}
	setsid();
	if (fork())
		_exit(0);
	pthread_mutex_lock(&lock);
	if (write(ready[1], "x", 1) != 1)
		_exit(1);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	while (!access(argv[1], F_OK))
		usleep(10000);
	pthread_mutex_unlock(&lock);
	exit(7);
}
