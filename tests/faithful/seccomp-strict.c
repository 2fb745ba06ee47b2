/*
 * seccomp-strict.c — only read, write, exit and sigreturn; any other call is SIGKILL. Uncontended
 * locks make no system call, and we must not make one either.
 * STEERED: yes
 */
#include "seccomp.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, many[300];

static __attribute__((noinline)) int nested(int depth)
{
	int rc = pthread_mutex_lock(&many[depth]);
	if (depth)
		rc += nested(depth - 1);
	return rc + pthread_mutex_unlock(&many[depth]);
}

int main(void)
{
	observe("start");
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0))
		return 1;
	int wrong = nested(5) + nested(20);
	for (int i = 0; i < 300; i++)
		wrong += pthread_mutex_lock(&many[i]) + pthread_mutex_unlock(&many[i]);
	tell(wrong ? "wrong\n" : "right\n");
	syscall(SYS_exit, 7);
}
