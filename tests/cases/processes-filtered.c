/*
 * A seccomp filter that exists before the program starts, as in every container, is no sandbox:
 * forked processes are watched, and the locations of shared locks are known.
 * EXPECT: lock-order shared->m[0] shared->m[1]
 */
#include "processes.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static int begin_under_filter(char **argv)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &all};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return 1;
	execv("/proc/self/exe", argv);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return begin_under_filter((char *[]){argv[0], "again", NULL});
	struct shared *s = share();

	if (!fork()) {
		await(s, 1);
		nest(&s->m[1], &s->m[0]);
		_exit(0);
	}
	nest(&s->m[0], &s->m[1]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
