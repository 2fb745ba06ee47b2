/* processes.c — finds the processes that map the memory of a process-shared lock, decides which of
 * them matter, and inspects them. */
#include "tools/wait_graph/merge.h"
#include "tools/process/libc_version.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_wanted(const struct lh_hang_processes *all, struct lh_shm_key memory)
{
	for (uint32_t i = 0; i < all->n; i++)
		for (uint32_t k = 0; k < all->process[i]->threads; k++) {
			const struct lh_hang_thread *t = &all->process[i]->thread[k];

			if (lh_hang_owner_unknown(t) &&
			    lh_shm_key_same_object(lh_hang_wanted_key(all->process[i], t), memory))
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

static bool maps_wanted(const struct lh_hang_processes *all, pid_t pid)
{
	struct lh_peek p = {.pid = pid, .alive_tid = pid, .arena = lh_arena_new()};
	bool found = false;

	lh_peek_read_maps(&p);
	for (uint32_t i = 0; i < p.maps && !found; i++)
		found = p.map[i].shared && is_wanted(all, lh_shm_key_of_map(&p.map[i]));
	lh_arena_free(p.arena);
	return found;
}

/* True if the process maps the library (its ledger can show any hold), or if a lock names one of
 * its threads as owner. */
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

static void open_process(struct lh_hang_processes *all, pid_t pid)
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

/* Repeats until no new process is found: a thread of a second one may wait for a third. */
void lh_hang_find_processes(struct lh_hang_processes *all)
{
	uint32_t before = 0;

	while (before != all->n) {
		DIR *dir = opendir("/proc");
		struct dirent *e;

		before = all->n;
		while (dir && all->n <= LH_HANG_PROCESSES_MAX && (e = readdir(dir))) {
			pid_t pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;

			if (pid && !has_process(all, pid) && maps_wanted(all, pid))
				open_process(all, pid);
		}
		if (dir)
			closedir(dir);
	}
}

/* First all locks, then which threads have moved. */
bool lh_hang_inspect_all(struct lh_hang_processes *all)
{
	for (uint32_t i = 0; i < all->n; i++)
		all->ended[i] = !lh_hang_inspect_again(all->process[i]);
	for (uint32_t i = 0; i < all->n; i++)
		all->ended[i] = all->ended[i] || !lh_hang_is_unchanged(all->process[i]);
	for (uint32_t i = 0; i < all->n; i++)
		if (!all->ended[i])
			lh_hang_hold_all(all->process[i]);
	return !all->ended[0];
}
