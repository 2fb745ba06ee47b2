/* Near miss: the process is stopped by a signal while it holds the lock.
 * FLAGS: -v
 * REPORTS: held a lock for .*, but for .* of that the thread was stopped: not reported as long
 * NOT: \[long-hold\]
 * NOT: \[blocking-call\] */
#include "long.h"

int main(void)
{
	int end[2];
	char c;
	if (pipe(end))
		return 1;
	pthread_mutex_lock(&accounts);
	pid_t child = fork();
	if (!child) {
		kill(getppid(), SIGSTOP);
		until_go();
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	/* computes, so that no call explains the time */
	int status;
	while (waitpid(child, &status, WNOHANG) == 0)
		;
	(void)c;
	pthread_mutex_unlock(&accounts);
}
