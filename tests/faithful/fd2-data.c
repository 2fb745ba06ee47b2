/*
 * fd2-data.c — the program closes its stderr and opens a data file, which becomes descriptor 2;
 * then it misuses a lock. Nothing may be written into that file, by a finding or at the end.
 */
#include "observe.h"

int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, k = PTHREAD_MUTEX_INITIALIZER;
	observe("start");
	close(2);
	int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	show(fd);
	write(fd, "data", 4);
	pthread_mutex_unlock(&m);
	pthread_mutex_init(&k, NULL);
	pthread_mutex_lock(&k);
	pthread_mutex_init(&k, NULL);
	show(lseek(fd, 0, SEEK_CUR));
	pid_t pid = fork();
	if (!pid)
		exit(0);
	int status;
	waitpid(pid, &status, 0);
	show(lseek(fd, 0, SEEK_END));
	close(2);
	show(open("data", O_RDONLY));
	/* and with stderr closed: the first file that is opened later would become descriptor 2 */
	close(2);
	pthread_mutex_init(&m, NULL);
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_unlock(&m));
	show(pthread_mutex_unlock(&m));
	observe("end");
	return 0;
}
