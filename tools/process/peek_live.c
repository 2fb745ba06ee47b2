/* peek_live.c — reads a live process: its tasks, mappings and memory, from /proc. */
#include "tools/process/peek_internal.h"
#include "tools/process/proc.h"
#include "tools/process/task.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Flags of /proc/PID/stat, from the kernel's sched.h. */
enum { EXITING = 0x4, KERNEL = 0x200000 };

/* Signals 32 and 33: their handlers are glibc's (cancellation, setuid), not the program's. */
#define GLIBC_SIGNALS (1ull << 31 | 1ull << 32)
#define BIT(signal) (1ull << ((signal)-1))
/* A thread that waits makes no fault; Rust's std has handlers for the first two in every program.
 */
#define FAULT_SIGNALS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE))

/* ---- files in /proc ---- */

static void copy_name(char name[LH_NAME_MAX], const char *status)
{
	const char *at = lh_proc_field(status, "Name");

	snprintf(name, LH_NAME_MAX, "%.*s", (int)strcspn(at, "\n"), at);
}

/* NSpid has one number for each pid namespace, the innermost last. */
static pid_t own_tid(const char *status, pid_t tid)
{
	const char *at = lh_proc_field(status, "NSpid");
	char *end;

	while (*at && *at != '\n') {
		long n = strtol(at, &end, 10);

		if (end == at)
			break;
		tid = (pid_t)n;
		at = end;
	}
	return tid;
}

static void read_call(const struct lh_peek *p, struct lh_peek_task *t)
{
	struct lh_task_call c;

	lh_task_call(p->pid, t->tid, &c);
	t->call = c.nr;
	t->blocked = c.in == LH_TASK_CALL || c.in == LH_TASK_FAULT;
	memcpy(t->arg, c.arg, sizeof(t->arg));
	t->sp = c.sp;
	t->pc = c.pc;
}

/*
 * Reads the call before the status. For a thread on its way to sleep the kernel answers only when
 * the thread sleeps, which raises its count of switches. In the other order, a thread that waited
 * for a CPU on its way to sleep would seem to have moved.
 */
bool lh_peek_scan_task(struct lh_peek *p, struct lh_peek_task *t)
{
	char name[64], text[4096];

	if (!p->no_access)
		read_call(p, t);
	snprintf(name, sizeof(name), "task/%d/schedstat", t->tid);
	t->ran_ns = !t->blocked && lh_proc_read(p->pid, name, text, sizeof(text))
			    ? strtoull(text, NULL, 10)
			    : 0;
	snprintf(name, sizeof(name), "task/%d/status", t->tid);
	if (!lh_proc_read(p->pid, name, text, sizeof(text)))
		return false;
	t->state = *lh_proc_field(text, "State");
	t->own_tid = own_tid(text, t->tid);
	t->switches = lh_proc_number(text, "voluntary_ctxt_switches", 10);
	copy_name(t->name, text);
	return true;
}

static DIR *open_tasks(const struct lh_peek *p)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	return opendir(path);
}

static bool is_listed(const struct lh_peek *p, pid_t tid)
{
	for (uint32_t i = 0; i < p->tasks; i++)
		if (p->task[i].tid == tid)
			return true;
	return false;
}

bool lh_peek_all_listed(const struct lh_peek *p)
{
	DIR *dir = open_tasks(p);
	struct dirent *e;
	bool all = true;

	while (dir && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]))
			all = all && is_listed(p, atoi(e->d_name));
	if (dir)
		closedir(dir);
	return all;
}

static void list_tasks(struct lh_peek *p)
{
	DIR *dir = open_tasks(p);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct lh_peek_task t = {.tid = atoi(e->d_name)};

		if (isdigit((unsigned char)e->d_name[0]) && lh_peek_scan_task(p, &t))
			LH_PUSH(p->arena, p->task, p->tasks, t);
	}
	if (dir)
		closedir(dir);
	if (p->tasks > 1)
		qsort(p->task, p->tasks, sizeof(*p->task), lh_peek_by_tid);
}

/* ---- the process ---- */

/* Fields 3 (state), 9 (flags) and 26 (startcode) of stat. The name before them may contain any
 * character. */
static bool read_stat(const struct lh_peek *p, char *state, unsigned long *flags,
		      unsigned long long *code)
{
	char text[2048], *at;

	if (!lh_proc_read(p->pid, "stat", text, sizeof(text)) || !(at = strrchr(text, ')')))
		return false;
	return sscanf(at + 1,
		      " %c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
		      "%*d %*u %*u %*d %*u %llu",
		      state, flags, code) == 3;
}

/* exec keeps the pid and the start time, but changes the program file and the code's address. */
static bool identify(const struct lh_peek *p, char *out, size_t capacity)
{
	char exe[300] = "", state;
	unsigned long flags = 0;
	unsigned long long code = 0;

	if (!read_stat(p, &state, &flags, &code))
		return false;
	lh_proc_exe(p->alive_tid, exe, sizeof(exe));
	snprintf(out, capacity, "%llx %s", code, exe);
	return true;
}

static bool refuse(struct lh_peek *p, const char *what)
{
	snprintf(p->error, sizeof(p->error), "process %d %s", p->pid, what);
	return false;
}

static void read_names(struct lh_peek *p)
{
	char text[4096];
	size_t n = LH_TEXT_MAX - 1;

	lh_proc_exe(p->alive_tid, text, sizeof(text));
	p->exe = lh_arena_strdup(p->arena, text);
	memset(text, 0, sizeof(text));
	lh_proc_read(p->alive_tid, "cmdline", text, sizeof(text));
	while (n && !text[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		text[i] = text[i] ? text[i] : ' ';
	p->command = lh_arena_strdup(p->arena, text);
}

/* Refuses a process that cannot be read with any privilege. */
static bool is_readable(struct lh_peek *p)
{
	char state = 0;
	unsigned long flags = 0;
	unsigned long long code;

	if (!read_stat(p, &state, &flags, &code))
		return refuse(
			p, lh_proc_is_gone(p->pid)
				   ? "does not exist"
				   : "is not visible in /proc (hidepid?): run as its user or root");
	if (flags & KERNEL)
		return refuse(p, "is a kernel thread: it has no locks that can be read");
	if (state == 'X' || (state == 'Z' && p->tasks <= 1))
		return refuse(p, "has ended; its parent has not read its status (zombie)");
	p->forked = flags & LH_PEEK_FORKED;
	if (flags & EXITING && state != 'Z')
		return refuse(p, "is ending");
	return true;
}

static bool read_status(struct lh_peek *p)
{
	char text[4096];
	pid_t leader;

	if (!lh_proc_read(p->pid, "status", text, sizeof(text)))
		return is_readable(p);
	leader = (pid_t)lh_proc_number(text, "Tgid", 10);
	if (leader && leader != p->pid) { /* a thread's id stands for its process */
		p->pid = leader;
		lh_proc_read(p->pid, "status", text, sizeof(text));
	}
	copy_name(p->comm, text);
	p->tracer = (pid_t)lh_proc_number(text, "TracerPid", 10);
	p->handlers = lh_proc_number(text, "SigCgt", 16) & ~(GLIBC_SIGNALS | FAULT_SIGNALS);
	return true;
}

/* If the first thread has called pthread_exit, the memory cannot be read through its tid. */
static pid_t living_task(const struct lh_peek *p)
{
	for (uint32_t i = 0; i < p->tasks; i++)
		if (p->task[i].tid == p->pid && p->task[i].state != 'Z')
			return p->pid;
	for (uint32_t i = 0; i < p->tasks; i++)
		if (p->task[i].state != 'Z' && p->task[i].state != 'X')
			return p->task[i].tid;
	return p->pid;
}

bool lh_peek_open(struct lh_peek *p, pid_t pid)
{
	char text[200];

	memset(p, 0, sizeof(*p));
	p->arena = lh_arena_new();
	p->source = &lh_peek_live;
	p->pid = p->alive_tid = pid;
	p->exe = p->command = "";
	if (!read_status(p))
		return false;
	list_tasks(p);
	p->alive_tid = living_task(p); /* /proc shows only a part of an ended thread */
	errno = 0;
	p->no_access = !lh_proc_read(p->alive_tid, "syscall", text, sizeof(text)) && errno != ESRCH;
	if (p->no_access)
		lh_peek_explain_denied(p, errno ? errno : EPERM);
	identify(p, p->identity, sizeof(p->identity));
	read_names(p);
	if (!is_readable(p))
		return false;
	for (uint32_t i = 0; i < p->tasks; i++)
		p->stopped |= p->task[i].state == 'T';
	return p->tasks > 0 || refuse(p, "ended during the inspection");
}

bool lh_peek_same_program(struct lh_peek *p)
{
	char now[sizeof(p->identity)];

	if (!identify(p, now, sizeof(now)))
		return refuse(p, "ended during the inspection");
	if (strcmp(now, p->identity) != 0)
		return refuse(p, "executed another program during the inspection; run hang again");
	if (is_readable(p))
		return true;
	return refuse(p, "ended during the inspection");
}

/* ---- memory ---- */

void lh_peek_read_maps(struct lh_peek *p)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", p->alive_tid);
	f = fopen(path, "re");
	while (f && getline(&line, &capacity, f) >= 0) {
		unsigned long long start, end, offset, inode;
		unsigned major, minor;
		char may[5];
		int at = 0;

		if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, may, &offset,
			   &major, &minor, &inode, &at) < 7)
			continue;
		line[strcspn(line, "\n")] = 0;
		struct lh_peek_map m = {.start = start,
					.end = end,
					.offset = offset,
					.inode = inode,
					.path = lh_arena_strdup(p->arena, at ? line + at : ""),
					.dev = makedev(major, minor),
					.shared = may[3] == 's'};

		LH_PUSH(p->arena, p->map, p->maps, m);
	}
	free(line);
	if (f)
		fclose(f);
}

static bool read_memory(const struct lh_peek *p, uint64_t address, void *out, size_t n)
{
	return lh_proc_memory(p->alive_tid, address, out, n);
}

const struct lh_peek_source lh_peek_live = {.read = read_memory, .maps = lh_peek_read_maps};
