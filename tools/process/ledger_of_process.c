/*
 * ledger_of_process.c — finds the ledger of a process by its mapping in /proc/PID/maps.
 *
 * If the memory of the process may not be read, the mapped file may be: under its name if the
 * library created it, otherwise through the descriptor that the monitor keeps open. The monitor is
 * usually an ancestor of the process.
 */
#include "tools/process/ledger_of_process.h"
#include "tools/process/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANCESTORS = 64 };

static bool is_ledger_name(const char *path)
{
	return strstr(path, "memfd:lockhound") ||
	       (strstr(path, "/lockhound.") && strstr(path, ".lh"));
}

/*
 * Reads the ledger that begins at offset `start` of this file, whose number is `inode`; 0: the
 * memory of a process. Another user chooses what the path names: it may be a pipe, or a device.
 */
static bool read_at(struct lh_ledger_view *r, const char *path, uint64_t start, uint64_t inode,
		    uint32_t tables)
{
	struct lh_byte_source b = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
				   .start = start,
				   .size = LH_RUN_SLOT_BYTES};
	struct stat st;
	bool good = b.fd >= 0 && fstat(b.fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (!inode || st.st_ino == inode);

	if (good && !(good = lh_read_copy_some(r, &b, 0, tables)))
		lh_read_drop(r);
	if (b.fd >= 0)
		close(b.fd);
	return good;
}

static bool is_same_file(const char *path, uint64_t inode)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == inode;
}

/* Finds the mapped file among the descriptors of one process, and reads the ledger in it. */
static bool from_descriptors(struct lh_ledger_view *r, pid_t pid, const struct lh_peek_map *m,
			     uint32_t tables)
{
	char path[300];
	struct dirent *e;
	bool good = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !good && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, e->d_name);
		good = isdigit((unsigned char)e->d_name[0]) && is_same_file(path, m->inode) &&
		       read_at(r, path, m->offset, m->inode, tables);
	}
	if (dir)
		closedir(dir);
	return good;
}

static pid_t parent_of(pid_t pid)
{
	char text[4096];

	lh_proc_read(pid, "status", text, sizeof(text));
	return (pid_t)lh_proc_number(text, "PPid", 10);
}

static bool is_monitor(pid_t pid)
{
	char text[32];

	return lh_proc_read(pid, "comm", text, sizeof(text)) && strncmp(text, "lockhound", 9) == 0;
}

/* A daemon is no descendant of its monitor any more. */
static bool from_any_monitor(struct lh_ledger_view *r, const struct lh_peek_map *m, uint32_t tables)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool good = false;

	while (dir && !good && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]) && is_monitor(atoi(e->d_name)))
			good = from_descriptors(r, atoi(e->d_name), m, tables);
	if (dir)
		closedir(dir);
	return good;
}

static bool from_monitor(struct lh_ledger_view *r, pid_t pid, const struct lh_peek_map *m,
			 uint32_t tables)
{
	for (int i = 0; i < ANCESTORS && (pid = parent_of(pid)) > 1; i++)
		if (from_descriptors(r, pid, m, tables))
			return true;
	return from_any_monitor(r, m, tables);
}

static bool open_mapping(struct lh_ledger_view *r, const struct lh_peek *p,
			 const struct lh_peek_map *m, uint32_t tables)
{
	char path[500];

	if (!p->no_access) {
		snprintf(path, sizeof(path), "/proc/%d/mem", p->alive_tid);
		if (read_at(r, path, m->start, 0, tables))
			return true;
	}
	if (m->path[0] != '/' || strstr(m->path, "memfd:"))
		return from_monitor(r, p->pid, m, tables);
	snprintf(path, sizeof(path), "/proc/%d/root%s", p->alive_tid, m->path);
	if (is_same_file(path, m->inode) && read_at(r, path, m->offset, m->inode, tables))
		return true;
	return is_same_file(m->path, m->inode) && read_at(r, m->path, m->offset, m->inode, tables);
}

/*
 * Compares the pid in the ledger, which is that of the process's own namespace: the front end maps
 * the ledgers of other processes, and a forked child the ledger of its parent.
 */
static bool is_own_ledger(const struct lh_ledger_view *r, const struct lh_peek *p)
{
	for (uint32_t i = 0; i < p->tasks; i++)
		if (p->task[i].tid == p->pid)
			return p->task[i].own_tid == r->head.pid;
	return true;
}

static bool open_own(struct lh_ledger_view *r, const struct lh_peek *p, const struct lh_peek_map *m,
		     uint32_t tables)
{
	if (!open_mapping(r, p, m, tables))
		return false;
	if (is_own_ledger(r, p))
		return true;
	lh_read_drop(r);
	return false;
}

bool lh_ledger_of_process(struct lh_ledger_view *r, const struct lh_peek *p, uint32_t tables)
{
	for (uint32_t i = 0; i < p->maps && !p->core; i++)
		if (is_ledger_name(p->map[i].path) && open_own(r, p, &p->map[i], tables)) {
			r->head.end = LH_END_RUNNING;
			return true;
		}
	return false;
}
