#include "tools/run/processes.h"
#include "tools/process/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,      /* members looked at in one go */
	NAMES = 64,      /* thread names asked for in one go */
	NAME_ROWS = 512, /* thread rows passed over for that */
};
#define KEPT_BYTES (256ull << 20) /* of ended ledgers, until their memory is given back */

bool lh_run_open(struct lh_run *c, char *why, size_t room)
{
	memset(c, 0, sizeof(*c));
	c->store = -1;
	if (!lh_run_file_create(&c->file, why, room))
		return false;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->store = memfd_create("lockhound-ended", MFD_CLOEXEC);
	if (c->epoll >= 0 && c->store >= 0)
		return true;
	snprintf(why, room, "cannot watch processes: %s", strerror(errno));
	return false;
}

void lh_run_close(struct lh_run *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		free(c->process[i]);
	free(c->process);
	free(c->alive_slots);
	free(c->ended_slots);
	close(c->epoll);
	close(c->store);
	lh_run_file_close(&c->file);
}

struct lh_run_process *lh_run_find(const struct lh_run *c, pid_t pid)
{
	for (uint32_t i = 0; i < c->alive; i++)
		if (c->process[c->alive_slots[i]]->pid == pid)
			return c->process[c->alive_slots[i]];
	return NULL;
}

/* Room for one member more; false: no memory, its slot is looked at again later. */
static bool grow(struct lh_run *c)
{
	if (c->n == c->capacity) {
		uint32_t room = c->capacity ? 2 * c->capacity : 64;
		void *member = realloc(c->process, room * sizeof(*c->process));
		if (member)
			c->process = member;
		void *here = realloc(c->alive_slots, room * sizeof(*c->alive_slots));
		if (here)
			c->alive_slots = here;
		void *left = realloc(c->ended_slots, room * sizeof(*c->ended_slots));
		if (left)
			c->ended_slots = left;
		if (!member || !here || !left)
			return false;
		c->capacity = room;
	}
	struct lh_run_process *m = calloc(1, sizeof(*m));
	if (!m)
		return false;
	*m = (struct lh_run_process){
		.state = LH_RUN_STARTING, .slot = c->n, .pidfd = -1, .reported = 1, .name = 1};
	c->process[c->n++] = m;
	c->arriving++;
	return true;
}

void lh_run_child_reaped(struct lh_run *c, pid_t pid, int status)
{
	unsigned i = c->reaps++ % (sizeof(c->reaped) / sizeof(*c->reaped));
	c->reaped[i].pid = pid;
	c->reaped[i].status = status;
}

static bool status_of(const struct lh_run *c, pid_t pid, int *status)
{
	uint32_t room = sizeof(c->reaped) / sizeof(*c->reaped);
	for (uint32_t i = 0; i < c->reaps && i < room; i++) {
		uint32_t at = (c->reaps - 1 - i) % room;
		if (c->reaped[at].pid == pid) {
			*status = c->reaped[at].status;
			return true;
		}
	}
	return false;
}

/* The kernel keeps the status of a process that somebody else reaped for our pidfd (Linux 6.15). */
static bool status_from_pidfd(int pidfd, int *status)
{
	struct {
		uint64_t mask, cgroup;
		uint32_t ids[11];
		int32_t exit_code;
	} info = {.mask = 1u << 3 /* PIDFD_INFO_EXIT */};
	if (pidfd < 0 || ioctl(pidfd, _IOWR(0xFF, 11, info), &info) || !(info.mask & 1u << 3))
		return false;
	*status = info.exit_code;
	return true;
}

/* A zombie that its parent has not yet reaped: the last field of its stat. */
static bool status_from_proc(pid_t pid, int *status)
{
	char text[1024], state = 0;
	if (!lh_proc_read(pid, "stat", text, sizeof(text)))
		return false;
	char *after = strrchr(text, ')'), *last = strrchr(text, ' ');
	if (!after || !last || sscanf(after + 1, " %c", &state) != 1 || state != 'Z')
		return false;
	return sscanf(last, "%d", status) == 1;
}

static void write_end(struct lh_run *c, struct lh_run_process *m, enum lh_end how)
{
	struct timespec now;
	int status = 0;
	/* nobody knows its status: at least, did it get to its exit? */
	bool ask = how == LH_END_UNKNOWN;
	if (ask && m->mapped->state != LH_LEDGER_ENDED)
		how = LH_END_LOST;
	/* the pidfd twice: its process may be reaped between the first two questions */
	if (ask && (status_of(c, m->pid, &status) || status_from_pidfd(m->pidfd, &status) ||
		    status_from_proc(m->pid, &status) || status_from_pidfd(m->pidfd, &status)))
		how = WIFSIGNALED(status) ? LH_END_SIGNAL : LH_END_EXIT;
	clock_gettime(CLOCK_MONOTONIC, &now);
	m->mapped->end_code = how == LH_END_SIGNAL ? WTERMSIG(status)
			      : how == LH_END_EXIT ? WEXITSTATUS(status)
						   : 0;
	m->mapped->end = how;
	uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	if (m->mapped->state != LH_LEDGER_ENDED && ns > m->mapped->start_ns)
		m->mapped->end_ns =
			ns - m->mapped->start_ns; /* on the ledger's clock, as the library does */
}

static void keep(struct lh_run *c, struct lh_run_process *m)
{
	off_t before = lseek(c->store, 0, SEEK_END);
	lh_read_refresh(&m->ledger);
	int e = lh_read_pack(&m->ledger, c->store);
	if (!e)
		return;
	if (!c->store_error)
		c->store_error = e;
	if (ftruncate(c->store, before)) /* nothing half written may follow a whole one */
		close(c->store), c->store = -1;
}

/*
 * Memory of ended ledgers is kept for a while: a child forked earlier still reads its
 * parent's rows when it takes its first lock.
 */
static void give_back(struct lh_run *c)
{
	while (c->released < c->n_ended_slots && lh_run_file_bytes(&c->file) > KEPT_BYTES)
		lh_run_file_release(&c->file, c->ended_slots[c->released++]);
}

void lh_run_process_leave(struct lh_run *c, struct lh_run_process *m, enum lh_end how)
{
	if (c->on_leaving)
		c->on_leaving(c->hook, m);
	write_end(c, m, how);
	keep(c, m);
	munmap(m->mapped, m->size);
	m->mapped = NULL;
	if (m->pidfd >= 0)
		close(m->pidfd); /* leaves the epoll set by itself */
	m->pidfd = -1;
	m->state = LH_RUN_ENDED;
	for (uint32_t i = 0; i < c->alive; i++) {
		if (c->alive_slots[i] == m->slot) {
			c->alive_slots[i] = c->alive_slots[--c->alive];
			break;
		}
	}
	c->ended_slots[c->n_ended_slots++] = m->slot;
	give_back(c);
}

bool lh_run_process_has_ended(const struct lh_run_process *m)
{
	struct pollfd p = {.fd = m->pidfd, .events = POLLIN};
	if (m->foreign)
		return false;
	if (m->pidfd >= 0)
		return poll(&p, 1, 0) == 1;
	return kill(m->pid, 0) && errno == ESRCH;
}

/*
 * Is the process of that number here the one that wrote the ledger? In another pid
 * namespace it is somebody else. The path of its program is asked first, because it is
 * cheap; in another root directory it differs, and then the mapped run file tells.
 */
static bool is_that_process(const struct lh_run_process *m)
{
	char exe[PATH_MAX];
	const char *said = m->ledger.head.exe;
	if (!lh_proc_exe(m->pid, exe, sizeof(exe)))
		return true; /* gone, or closed to us: the number is all there is */
	return !strncmp(exe, said, strlen(said)) || lh_proc_maps(m->pid, "memfd:lockhound");
}

static void watch(struct lh_run *c, struct lh_run_process *m)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = m};
	m->foreign = !is_that_process(m);
	if (m->foreign)
		return;
	m->pidfd = (int)syscall(SYS_pidfd_open, m->pid, 0);
	if (m->pidfd >= 0 && epoll_ctl(c->epoll, EPOLL_CTL_ADD, m->pidfd, &e)) {
		close(m->pidfd);
		m->pidfd = -1;
	}
}

static bool open_slot(struct lh_run *c, struct lh_run_process *m)
{
	struct lh_ledger head;
	if (!lh_run_file_head(&c->file, m->slot, &head))
		return false;
	m->mapped = lh_run_file_map(&c->file, m->slot, &m->size);
	if (m->mapped && lh_read_view(&m->ledger, m->mapped, m->size))
		return true;
	if (m->mapped)
		munmap(m->mapped, m->size);
	m->mapped = NULL;
	return false;
}

static void arrive(struct lh_run *c, struct lh_run_process *m)
{
	if (!m->mapped && !open_slot(c, m))
		return;
	m->pid = m->ledger.head.pid;
	struct lh_run_process *before = lh_run_find(c, m->pid);
	if (before) { /* the same process with a newer slot: what it was until now ended by exec */
		if (before->reported < lh_read_used(&before->ledger, LH_T_FINDING))
			return; /* somebody takes these first */
		bool forked =
			m->ledger.head.flags & LH_LEDGER_FORKED; /* a number that came again */
		lh_run_process_leave(c, before, forked ? LH_END_UNKNOWN : LH_END_EXEC);
	}
	watch(c, m);
	lh_run_file_preallocate(&c->file, m->slot, m->mapped, m->size);
	m->state = LH_RUN_ALIVE;
	c->alive_slots[c->alive++] = m->slot;
	c->arriving--;
	if (c->on_arrived)
		c->on_arrived(c->hook, m);
}

/* Slots that are taken but not filled are looked at again and again: their process may be at it. */
static void arrivals(struct lh_run *c)
{
	uint32_t taken = lh_run_file_slots(&c->file);
	int budget = 4 * BATCH;
	while (c->n < taken && budget-- && grow(c))
		;
	for (uint32_t i = c->settled; i < c->n && c->arriving && budget-- > -4 * BATCH; i++) {
		if (c->process[i]->state == LH_RUN_STARTING)
			arrive(c, c->process[i]);
		if (i == c->settled && c->process[i]->state != LH_RUN_STARTING)
			c->settled++;
	}
}

void lh_run_scan(struct lh_run *c)
{
	arrivals(c);
	for (uint32_t i = 0; i < BATCH && i < c->alive; i++) {
		struct lh_run_process *m = c->process[c->alive_slots[(c->turn + i) % c->alive]];
		lh_run_file_preallocate(&c->file, m->slot, m->mapped, m->size);
	}
}

struct lh_run_process *lh_run_next_ended(const struct lh_run *c)
{
	for (uint32_t i = 0; i < BATCH && i < c->alive; i++) {
		struct lh_run_process *m = c->process[c->alive_slots[(c->turn + i) % c->alive]];
		if (m->pidfd < 0 && lh_run_process_has_ended(m))
			return m;
	}
	return NULL;
}

bool lh_run_process_next_finding(struct lh_run_process *m, uint32_t *row)
{
	if (m->state != LH_RUN_ALIVE || m->reported >= lh_read_used(&m->ledger, LH_T_FINDING))
		return false;
	*row = m->reported++;
	return true;
}

bool lh_run_next_finding(struct lh_run *c, struct lh_run_process **m, uint32_t *row)
{
	for (uint32_t i = 0; i < BATCH && i < c->alive; i++) {
		*m = c->process[c->alive_slots[(c->turn + i) % c->alive]];
		if (lh_run_process_next_finding(*m, row))
			return true;
	}
	c->turn = c->alive ? (c->turn + BATCH) % c->alive : 0;
	return false;
}

/* A thread's name is what the kernel says it is now; the program changes it without telling us. */
static bool refresh_name(struct lh_run_process *m, lh_thread_id id)
{
	struct lh_thread t;
	char path[40], name[LH_NAME_MAX + 1] = "";
	const struct lh_table_view *rows = &m->ledger.rows[LH_T_THREAD];
	if (!lh_read_thread(&m->ledger, id, &t) || !t.live || t.flags & LH_THREAD_ENDED ||
	    !rows->at)
		return false;
	snprintf(path, sizeof(path), "task/%d/comm", t.tid);
	if (!lh_proc_read(m->pid, path, name, sizeof(name)))
		return true;
	name[strcspn(name, "\n")] = '\0';
	if (strncmp(name, t.name, LH_NAME_MAX))
		memcpy(((struct lh_thread *)(uintptr_t)(rows->at + (size_t)id * rows->row))->name,
		       name, LH_NAME_MAX);
	return true;
}

void lh_run_process_read_names(struct lh_run_process *m, uint32_t finding)
{
	struct lh_finding f;
	struct lh_step s;
	if (m->pidfd < 0 || !lh_read_finding(&m->ledger, finding, &f))
		return;
	refresh_name(m, f.thread);
	for (uint32_t i = 0; i < f.steps; i++)
		if (lh_read_step(&m->ledger, f.step + i, &s))
			refresh_name(m, s.thread);
}

void lh_run_read_names(struct lh_run *c)
{
	int asked = 0, passed = 0;
	for (uint32_t i = 0; i < BATCH && i < c->alive; i++) {
		struct lh_run_process *m = c->process[c->alive_slots[(c->turn + i) % c->alive]];
		uint32_t used = m->pidfd < 0 ? 0 : lh_read_used(&m->ledger, LH_T_THREAD);
		for (uint32_t k = 1; k < used && asked < NAMES && passed < NAME_ROWS;
		     k++, passed++) {
			m->name = m->name >= used ? 1 : m->name;
			asked += refresh_name(m, m->name++);
		}
	}
}
