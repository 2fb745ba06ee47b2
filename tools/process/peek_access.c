/* peek_access.c — finds out why a process may not be read, and the exact remedy. */
#include "tools/process/peek_internal.h"
#include "tools/process/proc.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP_PTRACE = 19 };

static int ptrace_scope(void)
{
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (f && fscanf(f, "%d", &scope) != 1)
		scope = 0;
	if (f)
		fclose(f);
	return scope;
}

static bool may_trace_all(void)
{
	char text[4096];

	lh_proc_read(getpid(), "status", text, sizeof(text));
	return lh_proc_number(text, "CapEff", 16) >> CAP_PTRACE & 1;
}

/* True if the real, effective or saved user of the process is not ours. *effective_uid: the
 * effective one. */
static bool other_user(const struct lh_peek *p, uid_t *effective_uid)
{
	char text[4096];
	unsigned long real = 0, effective = 0, saved = 0;

	lh_proc_read(p->pid, "status", text, sizeof(text));
	sscanf(lh_proc_field(text, "Uid"), "%lu %lu %lu", &real, &effective, &saved);
	*effective_uid = (uid_t)effective;
	return real != getuid() || effective != getuid() || saved != getuid();
}

static const char *user_name(struct lh_peek *p, uid_t uid)
{
	struct passwd *user = getpwuid(uid);

	return user ? lh_arena_strdup(p->arena, user->pw_name)
		    : lh_arena_printf(p->arena, "#%lu", (unsigned long)uid);
}

void lh_peek_explain_denied(struct lh_peek *p, int error)
{
	char *why = p->error;
	size_t capacity = sizeof(p->error);
	uid_t uid = 0;
	int scope = ptrace_scope();
	bool other = other_user(p, &uid);

	if (error != EPERM && error != EACCES)
		snprintf(why, capacity, "process %d cannot be inspected: %s", p->pid,
			 strerror(error));
	else if (scope == 3)
		snprintf(why, capacity,
			 "process %d: kernel.yama.ptrace_scope is 3: no process can be inspected "
			 "until a boot with another value",
			 p->pid);
	else if (other && getuid() != 0)
		snprintf(why, capacity,
			 "process %d belongs to user %s: run as %s%s (sudo lockhound hang %d)",
			 p->pid, user_name(p, uid), uid ? "that user or " : "", "root", p->pid);
	else if (!may_trace_all() && geteuid() == 0)
		snprintf(why, capacity,
			 "process %d: root lacks CAP_SYS_PTRACE; start the container with docker "
			 "run --cap-add=SYS_PTRACE",
			 p->pid);
	else if (scope && !may_trace_all())
		snprintf(why, capacity,
			 "process %d: kernel.yama.ptrace_scope is %d: sudo lockhound hang %d, or "
			 "sudo sysctl kernel.yama.ptrace_scope=0",
			 p->pid, scope, p->pid);
	else if (!may_trace_all())
		snprintf(why, capacity,
			 "process %d is yours but cannot be inspected (setuid at exec, or not "
			 "dumpable): run as root or with CAP_SYS_PTRACE",
			 p->pid);
	else
		snprintf(why, capacity,
			 "process %d cannot be inspected: it is in another user namespace, or "
			 "SELinux, AppArmor or seccomp forbids it",
			 p->pid);
}
