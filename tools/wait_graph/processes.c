/*
 * Part of the room `hang`: which processes have the memory in which a lock lies that somebody waits
 * for, and who of them matters.
 */
#include "tools/wait_graph/merge.h"
#include "tools/process/libc_version.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- the same lock ---- */

static bool is_sysv(const char *path)
{
	return strncmp(path, "/SYSV", 5) == 0;
}

struct lh_shm_key lh_shm_key_of_map(const struct lh_peek_map *m)
{
	return (struct lh_shm_key){.dev = m->dev,
				   .inode = m->inode,
				   .offset = m->offset,
				   .sysv = is_sysv(m->path),
				   .known = m->shared};
}

struct lh_shm_key lh_shm_key_at(const struct lh_hang *s, uint64_t address)
{
	for (uint32_t i = 0; i < s->peek->maps; i++) {
		const struct lh_peek_map *m = &s->peek->map[i];
		struct lh_shm_key at = lh_shm_key_of_map(m);

		at.offset += address - m->start;
		if (address >= m->start && address < m->end)
			return at;
	}
	return (struct lh_shm_key){0};
}

/* Where its mappings may not be read, as the library once asked. */
static struct lh_shm_key by_ledger(const struct lh_hang *s, lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;

	if (!s->ledger || !lh_read_lock(s->ledger, id, &l) || !(l.flags & LH_LOCK_PSHARED) ||
	    !lh_read_lock_location(s->ledger, LH_LOCK_ROW(id), &l, &at))
		return (struct lh_shm_key){0};
	return (struct lh_shm_key){.dev = at.dev,
				   .inode = at.ino & ~(1ull << 63),
				   .offset = at.off,
				   .sysv = at.ino >> 63,
				   .known = true};
}

struct lh_shm_key lh_shm_key_of_lock(const struct lh_hang *s, uint64_t address, lh_lock_id id)
{
	struct lh_shm_key at = lh_shm_key_at(s, address);

	return at.known || !id ? at : by_ledger(s, id);
}

bool lh_shm_key_same_object(const struct lh_shm_key *a, const struct lh_shm_key *b)
{
	return a->known && b->known && a->dev == b->dev && a->inode == b->inode &&
	       a->sysv == b->sysv;
}

bool lh_shm_key_equal(struct lh_shm_key a, struct lh_shm_key b)
{
	return lh_shm_key_same_object(&a, &b) && a.offset == b.offset;
}

/* ---- waits that other processes can have to do with ---- */

bool lh_hang_owner_unknown(const struct lh_hang_thread *t)
{
	return t->waiting && t->unchanged && !t->ended && t->wait.shared &&
	       (t->wait.kind == LH_MUTEX || t->wait.kind == LH_RWLOCK || t->wait.kind == LH_SPIN ||
		t->wait.kind == LH_SEM);
}

struct lh_shm_key lh_hang_wanted_key(const struct lh_hang *s, const struct lh_hang_thread *t)
{
	return lh_shm_key_of_lock(s, t->wait.address, t->live ? t->live->wait_lock : 0);
}

static bool is_wanted(const struct lh_hang_processes *all, const struct lh_shm_key *memory)
{
	for (uint32_t i = 0; i < all->n; i++)
		for (uint32_t k = 0; k < all->process[i]->threads; k++) {
			const struct lh_hang_thread *t = &all->process[i]->thread[k];
			struct lh_shm_key at = lh_hang_owner_unknown(t)
						       ? lh_hang_wanted_key(all->process[i], t)
						       : (struct lh_shm_key){0};

			if (lh_shm_key_same_object(&at, memory))
				return true;
		}
	return false;
}

/* ---- the other processes ---- */

static bool has_process(const struct lh_hang_processes *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (all->process[i]->peek->pid == pid)
			return true;
	return pid == getpid();
}

static bool maps_it(const struct lh_hang_processes *all, pid_t pid)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && !found && getline(&line, &capacity, f) >= 0) {
		unsigned long long inode;
		unsigned major, minor;
		char may[5];
		int at = 0;

		if (sscanf(line, "%*x-%*x %4s %*x %x:%x %llu %n", may, &major, &minor, &inode,
			   &at) < 4 ||
		    may[3] != 's')
			continue;
		struct lh_shm_key m = {.dev = makedev(major, minor),
				       .inode = inode,
				       .sysv = at && is_sysv(line + at),
				       .known = true};
		found = is_wanted(all, &m);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* An owner that a lock names, or one that the library wrote a ledger for, who may be anything. */
static bool matters(const struct lh_hang_processes *all, const struct lh_peek *p)
{
	for (uint32_t i = 0; i < p->maps; i++)
		if (strstr(p->map[i].path, "lockhound"))
			return true;
	for (uint32_t i = 0; i < all->n; i++)
		for (uint32_t k = 0; k < all->process[i]->threads; k++) {
			pid_t owner = all->process[i]->thread[k].foreign_tid;

			if (owner && lh_peek_find(p, owner))
				return true;
		}
	return false;
}

static void open_peer(struct lh_hang_processes *all, pid_t pid)
{
	struct lh_hang *first = all->process[0], *h = lh_arena_alloc(first->arena, sizeof(*h));
	struct lh_peek *p = lh_arena_alloc(first->arena, sizeof(*p));

	if (lh_peek_open(p, pid) && !has_process(all, p->pid)) {
		lh_peek_objects(p);
		if (matters(all, p) && lh_libc_layout_known(p) &&
		    lh_hang_inspect(h, p, NULL, false)) {
			all->process[all->n++] = h;
			return;
		}
	}
	if (h->arena)
		lh_hang_close(h);
	lh_peek_close(p);
}

/* Until nobody new turns up: a thread found elsewhere may wait for one in a third process. */
void lh_hang_find_processes(struct lh_hang_processes *all)
{
	uint32_t before = 0;

	while (before != all->n) {
		DIR *dir = opendir("/proc");
		struct dirent *e;

		before = all->n;
		while (dir && all->n <= LH_HANG_PROCESSES_MAX && (e = readdir(dir))) {
			pid_t pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;

			if (pid && !has_process(all, pid) && maps_it(all, pid))
				open_peer(all, pid);
		}
		if (dir)
			closedir(dir);
	}
}

/* All locks first, and after that who has moved. */
bool lh_hang_inspect_all(struct lh_hang_processes *all)
{
	for (uint32_t i = 0; i < all->n; i++)
		all->ended[i] = !lh_hang_inspect_again(all->process[i]);
	for (uint32_t i = 0; i < all->n; i++)
		all->ended[i] |= all->ended[i] || !lh_hang_is_unchanged(all->process[i]);
	for (uint32_t i = 0; i < all->n; i++)
		if (!all->ended[i])
			lh_hang_hold_all(all->process[i]);
	return !all->ended[0];
}
