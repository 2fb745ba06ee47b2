/*
 * enter.c — a program that enters namespaces, another root or a seccomp filter by itself.
 *
 *   enter HOW[,HOW...] PROGRAM [ARGUMENT...]
 *
 * HOW: user net pid (unshare), filter (allows everything but sockets, which end
 * the process), root=FOLDER (chroot; the last word); and how PROGRAM starts: fork (default), vfork,
 * spawn, clone (by the system call, with the namespaces), exec (no new process). PROGRAM `locks` is
 * the inversion of locks.c, in this image.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define main locks_main
#include "locks.c"
#undef main

extern char **environ;

static int forbid_sockets(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int become(char **argv)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	if (!strcmp(argv[0], "locks"))
		return locks_main(argc, argv);
	execvp(argv[0], argv);
	return 9;
}

static int start(const char *how, int flags, char **argv)
{
	pid_t pid = -1;
	int status;
	if (strstr(how, "exec"))
		return become(argv);
	if (strstr(how, "spawn"))
		return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) ||
		       waitpid(pid, &status, 0) != pid || status;
	if (strstr(how, "clone"))
		pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	else if (strstr(how, "vfork"))
		pid = vfork();
	else
		pid = fork();
	if (pid == 0)
		_exit(become(argv));
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(int argc, char **argv)
{
	char *how = argv[1], *root = strstr(how, "root=");
	int flags = (strstr(how, "user") ? CLONE_NEWUSER : 0) |
		    (strstr(how, "net") ? CLONE_NEWNET : 0) |
		    (strstr(how, "pid") ? CLONE_NEWPID : 0);
	if (root) /* the last of the words */
		*root = '\0';
	if (argc < 3 || (root && (chroot(root + 5) || chdir("/"))) ||
	    (!strstr(how, "clone") && flags && unshare(flags)) ||
	    (strstr(how, "filter") && forbid_sockets())) {
		perror(how);
		return 8;
	}
	return start(how, flags, argv + 2);
}
