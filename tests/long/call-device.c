/* Near miss: an uninterruptible sleep. vfork makes one without a slow disk: the parent sleeps
 * uninterruptibly until its child is done.
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * REPORTS: has held 'accounts' for .*\[long-hold\]
 * REPORTS: waiting for a device
 * NOT: held 'accounts' \[blocking-call\] */
#include "long.h"

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	pid_t child = vfork();
	if (!child) {
		while (access(getenv("GO"), F_OK)) {
			struct timespec t = {0, 2000000};
			nanosleep(&t, NULL);
		}
		_exit(0);
	}
	pthread_mutex_unlock(&accounts);
	waitpid(child, NULL, 0);
	return none;
}

int main(void)
{
	pthread_t a = in_thread(holder);
	canary(1);
	pthread_join(a, NULL);
}
