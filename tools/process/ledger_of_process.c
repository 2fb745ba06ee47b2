/*
 * Part of the room `hang`: finds the ledger of a process.
 *
 * Its mapping shows in /proc/PID/maps. If its memory may not be read, the file behind it
 * can still be: under its name if the library made it itself, else through the descriptor
 * that the monitor, one of the process's ancestors as a rule, keeps open.
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

/* One ledger that begins at `start` of this file. */
static bool read_at(struct lh_ledger_view *r, const char *path, uint64_t start, uint32_t tables)
{
	struct lh_byte_source b = {
		.fd = open(path, O_RDONLY | O_CLOEXEC), .start = start, .size = LH_RUN_SLOT_BYTES};
	bool good;

	if (b.fd < 0)
		return false;
	good = lh_read_copy_some(r, &b, 0, tables);
	if (!good)
		lh_read_drop(r);
	close(b.fd);
	return good;
}

static bool is_it(const char *path, uint64_t inode)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_ino == inode;
}

/* The file behind a mapping, among the descriptors of one process. */
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
		good = isdigit((unsigned char)e->d_name[0]) && is_it(path, m->inode) &&
		       read_at(r, path, m->offset, tables);
	}
	if (dir)
		closedir(dir);
	return good;
}

static pid_t parent_of(pid_t pid)
{
	char text[4096], *at;

	lh_proc_read(pid, "status", text, sizeof(text));
	at = strstr(text, "PPid:");
	return at ? (pid_t)atoi(at + 5) : 0;
}

static bool is_ours(pid_t pid)
{
	char text[32];

	return lh_proc_read(pid, "comm", text, sizeof(text)) && strncmp(text, "lockhound", 9) == 0;
}

/* A daemon has left its ancestors. */
static bool from_any_monitor(struct lh_ledger_view *r, const struct lh_peek_map *m, uint32_t tables)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool good = false;

	while (dir && !good && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]) && is_ours(atoi(e->d_name)))
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
		if (read_at(r, path, m->start, tables))
			return true;
	}
	if (m->path[0] != '/' || strstr(m->path, "memfd:"))
		return from_monitor(r, p->pid, m, tables);
	snprintf(path, sizeof(path), "/proc/%d/root%s", p->alive_tid, m->path);
	if (is_it(path, m->inode) && read_at(r, path, m->offset, tables))
		return true;
	return is_it(m->path, m->inode) && read_at(r, m->path, m->offset, tables);
}

/*
 * As the process calls itself: the front end has the ledgers of others mapped, and a child
 * that came by fork that of its parent.
 */
static bool is_its_own(const struct lh_ledger_view *r, const struct lh_peek *p)
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
	if (is_its_own(r, p))
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
