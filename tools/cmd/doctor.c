/* doctor.c — lockhound doctor: checks the system, a program or a process; one line a check. */
#include "tools/cmd/commands.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/ledger/run_file.h"
#include "tools/run/program_check.h"
#include "tools/run/preload.h"
#include "tools/run/reach.h"
#include "tools/process/proc.h"

enum answer { GOOD, NOTE, BAD };

static int worst; /* of all answers */

static void answer(enum answer a, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void answer(enum answer a, const char *format, ...)
{
	static const char *const labels[] = {"ok  ", "note", "NO  "};
	va_list args;
	va_start(args, format);
	printf("%s  ", labels[a]);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	if ((int)a > worst)
		worst = a;
}

static void check_library(void)
{
	struct lh_preload p;
	char error[PATH_MAX + 400];
	if (!lh_preload_find(&p, error, sizeof(error))) {
		answer(BAD, "library: %s", error);
		return;
	}
	answer(GOOD, "library: %s%s", p.library,
	       *p.link_directory ? " (a link: its own path has a space or colon)" : "");
	lh_preload_cleanup(&p);
}

static void check_memory(void)
{
	struct lh_run_file run;
	char error[400];
	if (!lh_run_file_create(&run, error, sizeof(error))) {
		answer(BAD, "ledgers: %s", error);
		return;
	}
	answer(GOOD, "ledgers: shared memory for %u processes", run.slots);
	if (!run.sparse)
		answer(NOTE, "memory: strict overcommit (vm.overcommit_memory=2); ledgers are "
			     "allocated in steps");
	lh_run_file_close(&run);
}

static void check_limit(int resource, const char *name, char option)
{
	struct rlimit limit;
	if (getrlimit(resource, &limit) || limit.rlim_cur >= LH_ADDRESS_SPACE_MIN)
		return;
	answer(BAD,
	       "memory: the limit on %s (ulimit -%c) is %llu KiB; a process with less than %llu "
	       "KiB is not watched",
	       name, option, (unsigned long long)limit.rlim_cur >> 10, LH_ADDRESS_SPACE_MIN >> 10);
}

static void check_kernel(void)
{
	struct utsname u;
	char text[64];
	uname(&u);
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	answer(fd >= 0 ? GOOD : NOTE, "kernel: Linux %s%s", u.release,
	       fd >= 0 ? "" : " without pidfd_open; the end of a process is noticed later");
	if (fd >= 0)
		close(fd);
	const char *obstacle = lh_proc_obstacle();
	if (obstacle)
		answer(BAD, "%s", obstacle);
	snprintf(text, sizeof(text), "/proc/self/task/%d/children", getpid());
	if (!obstacle && access(text, F_OK))
		answer(NOTE, "/proc: no task/*/children (CONFIG_PROC_CHILDREN); processes that are "
			     "not watched are not counted");
}

/* Can the library reach us from other namespaces, and without /proc? */
static void check_reach(void)
{
	struct lh_run_file run;
	struct lh_reach r;
	char error[400];
	if (!lh_run_file_create(&run, error, sizeof(error)))
		return; /* check_memory has said so */
	lh_reach_open(&r, &run);
	bool has_socket = r.socket >= 0;
	lh_reach_close(&r);
	lh_run_file_close(&run);
	int e = lh_reach_test();
	if (has_socket && !e)
		answer(GOOD, "sandboxes: processes in other namespaces and root directories can be "
			     "watched, if the library's file is there too");
	else
		answer(NOTE,
		       "sandboxes: processes in another network namespace%s that is not this one's "
		       "user namespace or user are counted, but not watched (%s)",
		       has_socket ? "" : ", or in any namespace", e ? strerror(e) : "no socket");
}

static void check_ptrace(void)
{
	char text[16] = "0";
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	if (f && !fgets(text, sizeof(text), f))
		strcpy(text, "0");
	if (f)
		fclose(f);
	int scope = atoi(text);
	if (!scope || (geteuid() == 0 && scope < 3))
		answer(GOOD, "hang PID: can inspect your processes");
	else
		answer(NOTE,
		       "hang PID: kernel.yama.ptrace_scope is %d: run as root (or sysctl "
		       "kernel.yama.ptrace_scope=0)",
		       scope);
}

static void check_program(const char *program)
{
	struct lh_program t;
	lh_program_check(&t, program);
	if (t.verdict != LH_WATCHABLE) {
		answer(BAD, "%s", t.error);
		return;
	}
	answer(GOOD, "%s: can be watched", t.path);
	if (strcmp(t.loaded, t.path))
		answer(NOTE, "%s: is a script; %s and its child processes are watched", t.path,
		       t.loaded);
	if (*t.note)
		answer(NOTE, "%s: %s", t.loaded, t.note);
	if (*t.asan)
		answer(NOTE, "%s: is built with ASan; %s is first in LD_PRELOAD", t.loaded, t.asan);
	if (t.debug)
		answer(GOOD, "%s: has debug information", t.loaded);
	else if (t.symbols)
		answer(NOTE,
		       "%s: has no debug information; reports name functions but no source lines "
		       "(compile with -g)",
		       t.loaded);
	else
		answer(NOTE,
		       "%s: is stripped; without a separate debug file, reports name exported "
		       "functions only and no source lines (compile with -g and do not strip)",
		       t.loaded);
}

static void check_process(pid_t pid)
{
	char exe[PATH_MAX], byte, path[40];
	struct lh_program t;
	struct iovec local = {&byte, 1}, remote = {NULL, 1};
	if (kill(pid, 0) && errno == ESRCH) {
		answer(BAD, "process %d: does not exist", (int)pid);
		return;
	}
	if (!lh_proc_exe(pid, exe, sizeof(exe))) {
		answer(BAD, "process %d: cannot be inspected (%s); run as its user or as root",
		       (int)pid, strerror(errno));
		return;
	}
	answer(GOOD, "process %d: runs %s", (int)pid, exe);
	if (lh_proc_maps(pid, "liblockhound.so"))
		answer(GOOD, "process %d: has loaded the library", (int)pid);
	else
		answer(NOTE,
		       "process %d: has not loaded the library; start it under lockhound to record "
		       "its locks",
		       (int)pid);
	/* EFAULT for address 0 means that access was permitted */
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno == EPERM)
		answer(NOTE,
		       "process %d: its memory cannot be read; run as root, or set "
		       "kernel.yama.ptrace_scope=0",
		       (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	lh_program_check_file(&t, path);
	if (t.verdict == LH_UNREACHABLE)
		answer(NOTE, "%s", t.error);
}

static bool is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");
	return n && !s[n] && n < 10;
}

static int check(struct lh_settings *s, char **operand, int operands)
{
	(void)s;
	if (operands > 1)
		return lh_bad_operands(&lh_cmd_doctor, "one program or process at a time");
	check_library();
	check_memory();
	check_limit(RLIMIT_AS, "address space", 'v');
	check_limit(RLIMIT_DATA, "data", 'd');
	check_kernel();
	check_reach();
	check_ptrace();
	if (operands && is_number(*operand) && access(*operand, F_OK))
		check_process((pid_t)atoi(*operand));
	else if (operands)
		check_program(*operand);
	if (fflush(stdout) || ferror(stdout)) {
		lh_log("doctor: cannot write: %s", strerror(errno));
		return LH_STATUS_REPORT_ERROR;
	}
	return worst == BAD;
}

const struct lh_command lh_cmd_doctor = {
	.name = "doctor",
	.purpose = "check whether lockhound works here, and with a program or process",
	.synopsis = "[PROGRAM | PID]\n",
	.examples = "  lockhound doctor ./app       can it be preloaded? does it have debug "
		    "information?\n"
		    "  lockhound doctor 4711        has it loaded the library? can it be "
		    "inspected?\n",
	.status = "  0 lockhound works, 1 an obstacle was found, 2 bad usage\n",
	.run = check,
};
