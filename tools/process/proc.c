/* proc.c — reads files in /proc/PID, and finds the descendants of a process. */
#include "tools/process/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TASKS = 256, CHILDREN = 16 << 10, PATH = 80, ANCESTORS = 4096, TRIES = 4 };

const char *lh_proc_obstacle(void)
{
	char self[24] = "";
	if (access("/proc/self/task", F_OK))
		return "/proc: is not mounted; mount it (mount -t proc proc /proc)";
	if (readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid())
		return NULL;
	return "/proc: shows the processes of another PID namespace; mount this one's (mount -t "
	       "proc proc /proc, or unshare --mount-proc)";
}

size_t lh_proc_read(pid_t pid, const char *name, char *out, size_t capacity)
{
	char path[PATH];
	size_t n = 0;
	ssize_t got = 0;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n + 1 < capacity && (got = read(fd, out + n, capacity - 1 - n)) > 0)
		n += (size_t)got;
	if (fd >= 0)
		close(fd);
	out[n] = '\0';
	return n;
}

const char *lh_proc_field(const char *status, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = status; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, n) == 0 && at[n] == ':')
			return at + n + 1 + strspn(at + n + 1, " \t");
	}
	return "";
}

uint64_t lh_proc_number(const char *status, const char *name, int base)
{
	return strtoull(lh_proc_field(status, name), NULL, base);
}

bool lh_proc_memory(pid_t pid, uint64_t address, void *out, size_t n)
{
	struct iovec to = {out, n}, from = {(void *)(uintptr_t)address, n};

	return process_vm_readv(pid, &to, 1, &from, 1, 0) == (ssize_t)n;
}

bool lh_proc_has_task(pid_t pid, pid_t tid)
{
	char path[PATH];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	return access(path, F_OK) == 0;
}

bool lh_proc_is_gone(pid_t tid)
{
	return kill(tid, 0) != 0 && errno == ESRCH;
}

bool lh_proc_exe(pid_t pid, char *out, size_t capacity)
{
	char path[PATH];
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	ssize_t n = readlink(path, out, capacity - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* "Uid:" and "Gid:" are followed by the real, the effective and the saved id. */
static bool has_other(const char *status, const char *field, unsigned ours)
{
	unsigned real, effective, saved;
	return sscanf(lh_proc_field(status, field), "%u %u %u", &real, &effective, &saved) == 3 &&
	       (effective != ours || saved != ours);
}

bool lh_proc_is_set_id(pid_t pid)
{
	char status[4096];
	if (!lh_proc_read(pid, "status", status, sizeof(status)))
		return false;
	return has_other(status, "Uid", geteuid()) || has_other(status, "Gid", getegid()) ||
	       (lh_proc_number(status, "CapPrm", 16) && geteuid());
}

bool lh_proc_maps(pid_t pid, const char *name)
{
	char path[PATH], line[PATH_MAX + 100];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, name) != NULL;
	if (f)
		fclose(f);
	return found;
}

bool lh_proc_maps_at(pid_t pid, const char *name, uint64_t offset)
{
	char path[PATH], line[PATH_MAX + 100];
	unsigned long long at;
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) /* FROM-TO RIGHTS OFFSET ... NAME */
		found = strstr(line, name) && sscanf(line, "%*s %*s %llx", &at) == 1 &&
			at == offset;
	if (f)
		fclose(f);
	return found;
}

pid_t lh_proc_inner_pid(pid_t pid)
{
	char status[4096];
	pid_t inner = 0;
	if (!lh_proc_read(pid, "status", status, sizeof(status)))
		return 0;
	/* "NSpid:" is followed by the number in each pid namespace, the outermost first */
	const char *at = lh_proc_field(status, "NSpid");
	for (char *end; *at && *at != '\n'; at = end) {
		long number = strtol(at, &end, 10);
		if (end == at)
			break;
		inner = (pid_t)number;
	}
	return inner;
}

bool lh_proc_environment(pid_t pid, const char *begins, const char *word)
{
	static char text[256 << 10];
	size_t n = lh_proc_read(pid, "environ", text, sizeof(text));
	for (size_t i = 0; i < n; i += strlen(text + i) + 1)
		if (!strncmp(text + i, begins, strlen(begins)) && strstr(text + i, word))
			return true;
	return false;
}

static size_t children(pid_t pid, const char *task, pid_t *out, size_t room)
{
	char text[CHILDREN];
	char name[PATH];
	size_t n = 0;
	snprintf(name, sizeof(name), "task/%.20s/children", task);
	if (!room || !lh_proc_read(pid, name, text, sizeof(text)))
		return 0;
	for (char *at = text, *end; n < room; at = end) {
		long child = strtol(at, &end, 10);
		if (end == at)
			break;
		out[n++] = (pid_t)child;
	}
	return n;
}

static size_t all_children(pid_t pid, pid_t *out, size_t room)
{
	char path[PATH];
	size_t n = 0;
	int tasks = 0;
	struct dirent *entry;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir)) && tasks < TASKS) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		tasks++;
		n += children(pid, entry->d_name, out + n, room - n);
	}
	if (dir)
		closedir(dir);
	return n;
}

size_t lh_proc_descendants(pid_t root, pid_t *out, size_t room)
{
	size_t n = all_children(root, out, room);
	for (size_t i = 0; i < n; i++)
		n += all_children(out[i], out + n, room - n);
	return n;
}

pid_t lh_proc_parent(pid_t pid)
{
	char status[4096];
	if (!lh_proc_read(pid, "status", status, sizeof(status)))
		return 0;
	return (pid_t)lh_proc_number(status, "PPid", 10);
}

/* 1, or 0: it is not; -1: an ancestor ended meanwhile, so the process has another parent now. */
static int is_descendant(pid_t pid)
{
	for (int i = 0; pid > 1 && pid != getpid() && i < ANCESTORS; i++)
		if ((pid = lh_proc_parent(pid)) == 0)
			return -1;
	return pid == getpid();
}

bool lh_proc_is_descendant(pid_t pid)
{
	int is = -1;
	for (int i = 0; i < TRIES && is < 0; i++)
		is = is_descendant(pid);
	return is > 0;
}
