/*
 * userns.c — unshare of a user namespace fails with EINVAL in a process of two threads; so it shows
 * whether we started a thread.
 */
#include "observe.h"
#include <sys/single_threaded.h>

int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	observe("start");
	show(__libc_single_threaded);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	show(unshare(CLONE_NEWUSER));
	show(unshare(CLONE_NEWNS));
	show(__libc_single_threaded);
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_unlock(&m));
	return 0;
}
