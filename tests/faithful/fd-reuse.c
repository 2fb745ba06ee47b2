/*
 * fd-reuse.c — the start of a daemon: one lock, then descriptors 3 to 63 are closed and two files
 * opened. Both files must keep every byte and offset, and be descriptors 3 and 4.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void locks(int depth)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&fresh);
	pthread_mutex_unlock(&fresh);
	pthread_mutex_unlock(&m);
	if (depth)
		locks(depth - 1);
}

static void *thread(void *arg)
{
	locks(30);
	return arg;
}

static void state(int fd)
{
	char text[100] = "";
	struct stat s;
	fstat(fd, &s);
	pread(fd, text, sizeof(text) - 1, 0);
	say("%d: size %ld, offset %ld, %s\n", fd, (long)s.st_size, (long)lseek(fd, 0, SEEK_CUR),
	    text);
}

int main(void)
{
	observe("start");
	locks(1);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	int a = open("a", O_RDWR | O_CREAT | O_TRUNC, 0600),
	    b = open("b", O_RDWR | O_CREAT | O_TRUNC, 0600);
	write(a, "12345", 5);
	write(b, "abcde", 5);
	lseek(a, 2, SEEK_SET);
	locks(30);
	in_thread(thread, NULL);
	state(a);
	state(b);
	int in[2];
	show(pipe(in));
	say("%d %d\n", in[0], in[1]);
	locks(5);
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	char c;
	show(read(in[0], &c, 1));
	observe("end");
	return 0;
}
