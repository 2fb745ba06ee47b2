/* Waits for a child.
 * REPORTS: in wait4 \(the end of a child process\) while it held 'accounts' \[blocking-call\] */
#include "long.h"

static pid_t child;

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	if (waitpid(child, NULL, 0) != child)
		exit(3);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	child = fork();
	if (!child) {
		until_go();
		_exit(0);
	}
	pthread_t a = in_thread(holder);
	pthread_join(a, NULL);
}
