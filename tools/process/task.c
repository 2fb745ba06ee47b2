/* task.c — reads state, CPU times and system call of one thread from /proc/PID/task/TID. */
#include "tools/process/task.h"
#include "tools/process/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Field n of a stat file, counted as in proc(5). The name, field 2, may contain any character. */
static const char *field(const char *stat, int n)
{
	const char *at = strrchr(stat, ')');

	for (int i = 2; at && i < n; i++) {
		at = strchr(at + 1, ' ');
	}
	return at ? at + 1 : "";
}

/* For a kernel without schedstat: times are coarser, but the number of switches is exact. */
static void read_without_schedstat(pid_t pid, pid_t tid, const char *stat, struct lh_task *t)
{
	char name[40], text[4096];
	uint64_t ticks = strtoull(field(stat, 14), NULL, 10) + strtoull(field(stat, 15), NULL, 10);

	snprintf(name, sizeof(name), "task/%d/status", tid);
	t->run_ns = ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
	t->lag_ns = 0;
	t->turns = 0;
	if (lh_proc_read(pid, name, text, sizeof(text)))
		t->turns = lh_proc_number(text, "voluntary_ctxt_switches", 10) +
			   lh_proc_number(text, "nonvoluntary_ctxt_switches", 10);
}

/* False: the kernel has no schedstat. */
static bool read_schedstat(pid_t pid, pid_t tid, struct lh_task *t)
{
	char name[40], text[128];

	snprintf(name, sizeof(name), "task/%d/schedstat", tid);
	return lh_proc_read(pid, name, text, sizeof(text)) &&
	       sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &t->run_ns, &t->lag_ns,
		      &t->turns) == 3 &&
	       t->turns;
}

bool lh_task_times(pid_t pid, pid_t tid, struct lh_task *t)
{
	*t = (struct lh_task){0};
	return read_schedstat(pid, tid, t) || lh_task_read(pid, tid, t);
}

bool lh_task_read(pid_t pid, pid_t tid, struct lh_task *t)
{
	char name[40], stat[1024];

	*t = (struct lh_task){0};
	snprintf(name, sizeof(name), "task/%d/stat", tid);
	if (!lh_proc_read(pid, name, stat, sizeof(stat)))
		return false;
	t->state = *field(stat, 3);
	if (!read_schedstat(pid, tid, t))
		read_without_schedstat(pid, tid, stat, t);
	return t->state != 0;
}

/* "running", "-1 SP PC", or "NR ARG ARG ARG ARG ARG ARG SP PC" */
void lh_task_call(pid_t pid, pid_t tid, struct lh_task_call *c)
{
	char name[40], text[256];

	*c = (struct lh_task_call){.in = LH_TASK_UNKNOWN, .nr = -1};
	snprintf(name, sizeof(name), "task/%d/syscall", tid);
	if (!lh_proc_read(pid, name, text, sizeof(text)))
		return;
	if (strncmp(text, "running", 7) == 0) {
		c->in = LH_TASK_RUNS;
		return;
	}
	if (sscanf(text, "-1 %" SCNx64 " %" SCNx64, &c->sp, &c->pc) == 2)
		c->in = LH_TASK_FAULT;
	else if (sscanf(text,
			"%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
			" %" SCNx64 " %" SCNx64,
			&c->nr, &c->arg[0], &c->arg[1], &c->arg[2], &c->arg[3], &c->arg[4],
			&c->arg[5], &c->sp, &c->pc) == 9)
		c->in = LH_TASK_CALL;
}

bool lh_task_same(const struct lh_task_call *a, const struct lh_task_call *b)
{
	if (a->in != b->in || a->sp != b->sp || a->pc != b->pc)
		return false;
	return a->nr == b->nr || a->nr == SYS_restart_syscall || b->nr == SYS_restart_syscall;
}
