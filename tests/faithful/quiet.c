/*
 * quiet.c — stdin, stdout and stderr belong to the program: what it reads and writes arrives in
 * order, unchanged and complete, with thousands of locks, hundreds of threads and exit 42.
 */
#include "observe.h"

static pthread_mutex_t out = PTHREAD_MUTEX_INITIALIZER, many[3000];

static void *prints(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&many[i]);
		pthread_mutex_unlock(&many[i]);
	}
	pthread_mutex_lock(&out);
	printf("o");
	fprintf(stderr, "e");
	pthread_mutex_unlock(&out);
	return arg;
}

int main(void)
{
	observe("start");
	fprintf(stderr, "unbuffered first\n");
	for (int i = 0; i < 200; i++)
		in_thread(prints, NULL);
	printf("\nand read %d\n", getchar());
	fprintf(stderr, "\n");
	write(2, "raw\n", 4);
	observe("end");
	return 42;
}
