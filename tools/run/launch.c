/* launch.c — starts the program, and ends this process as the program ended. */
#include "tools/run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What this process inherited and changes for itself; restored in the child. */
static struct {
	sigset_t mask;
	struct sigaction child, pipe;
	struct rlimit files, size;
	bool stored;
} inherited;

void lh_launch_prepare(void)
{
	struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t all;
	if (inherited.stored)
		return;
	inherited.stored = true;
	sigprocmask(SIG_SETMASK, NULL, &inherited.mask);
	sigaction(SIGPIPE, NULL, &inherited.pipe);
	/* if SIGCHLD is ignored, the kernel reaps the program, and the status is lost */
	sigaction(SIGCHLD, &normal, &inherited.child);
	getrlimit(RLIMIT_NOFILE, &inherited.files);
	getrlimit(RLIMIT_FSIZE, &inherited.size);
	struct rlimit files = {inherited.files.rlim_max, inherited.files.rlim_max};
	setrlimit(RLIMIT_NOFILE, &files); /* one pidfd for each process of the run */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL); /* the monitor reads signals from a signalfd */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void restore_inherited(void)
{
	sigaction(SIGCHLD, &inherited.child, NULL);
	sigaction(SIGPIPE, &inherited.pipe, NULL);
	setrlimit(RLIMIT_NOFILE, &inherited.files);
	setrlimit(RLIMIT_FSIZE, &inherited.size);
	sigprocmask(SIG_SETMASK, &inherited.mask, NULL);
}

/* Runs a text file without "#!" with the shell, as execvp does. */
static void exec_text(const char *path, char **argv, char **environment)
{
	size_t n = 0;
	while (argv[n])
		n++;
	char **shell_argv = calloc(n + 3, sizeof(*shell_argv));
	if (!shell_argv)
		return;
	shell_argv[0] = (char *)"/bin/sh";
	shell_argv[1] = (char *)path;
	for (size_t i = 1; i < n; i++)
		shell_argv[i + 1] = argv[i];
	execve(shell_argv[0], shell_argv, environment);
}

struct start {
	const char *path;
	char **argv, **environment;
	const int *standard;
	int report;
};

/* Runs in the child, which shares our memory until the exec: see lh_launch(). */
static int exec_program(void *start)
{
	const struct start *s = start;
	restore_inherited();
	for (int i = 0; s->standard && i < 3; i++)
		dup2(s->standard[i], i);
	if (s->standard) /* an attempt: if it deadlocks, nobody else ends it */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	execve(s->path, s->argv, s->environment);
	if (errno == ENOEXEC)
		exec_text(s->path, s->argv, s->environment);
	int e = errno;
	_exit(write(s->report, &e, sizeof(e)) == sizeof(e) ? 127 : 126);
}

/* Like vfork: copies no memory that the exec would discard, and waits until the exec. */
pid_t lh_launch(const char *path, char **argv, char **environment, const int *standard, int *error)
{
	static _Alignas(16) char stack[64 << 10];
	int report[2], e = 0;
	if (pipe2(report, O_CLOEXEC)) {
		*error = errno;
		return 0;
	}
	struct start s = {path, argv, environment, standard, report[1]};
	pid_t pid =
		clone(exec_program, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &s);
	*error = pid < 0 ? errno : 0;
	close(report[1]); /* the child's copy is closed by the exec */
	if (pid > 0 && read(report[0], &e, sizeof(e)) == sizeof(e)) {
		waitpid(pid, NULL, 0);
		*error = e;
	}
	close(report[0]);
	return *error ? 0 : pid;
}

_Noreturn void lh_launch_end_by_signal(int signal)
{
	struct sigaction normal = {.sa_handler = SIG_DFL};
	struct rlimit none = {0, 0};
	sigset_t only;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core_pattern that is a pipe ignores the limit */
	sigaction(signal, &normal, NULL);
	sigemptyset(&only);
	sigaddset(&only, signal);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	_exit(128 + signal); /* the signal's default action does not end a process */
}
