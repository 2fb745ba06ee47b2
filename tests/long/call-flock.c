/* Waits for a lock on a file.
 * REPORTS: in flock \(a lock on .*file-of-locks\) while it held 'accounts' \[blocking-call\] */
#include "long.h"
#include <fcntl.h>
#include <sys/file.h>

static int mine, theirs;

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	if (flock(mine, LOCK_EX))
		exit(3);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	theirs = open("file-of-locks", O_CREAT | O_RDWR, 0600);
	mine = open("file-of-locks", O_RDWR);
	if (flock(theirs, LOCK_EX))
		return 1;
	pthread_t a = in_thread(holder);
	until_go();
	flock(theirs, LOCK_UN);
	pthread_join(a, NULL);
}
