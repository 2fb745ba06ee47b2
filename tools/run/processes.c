/* processes.c — opens the slots of a run, watches their processes, and stores ended ledgers. */
#include "tools/run/processes.h"
#include "tools/process/proc.h"
#include "tools/util/list.h"
#include "tools/util/time.h"

#include <errno.h>
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
#include <unistd.h>

enum {
	BATCH = 64,          /* processes per scan */
	NAMES = 64,          /* thread names read per call */
	NAME_ROWS = 512,     /* thread rows visited for that */
	DESCENDANTS = 4096,  /* searched for a process */
	SEARCHES = 20,       /* for one process, before it stays unknown */
	ARRIVING_MAX = 8192, /* slots that are taken and not filled; the program writes how many */
	ABSENT = 3,          /* searches; one may miss a process whose parent ends meanwhile */
};
/* In all slots, until the memory of ended ledgers is released. */
#define MEMORY_BYTES (256ull << 20)

bool lh_run_open(struct lh_run *run, char *error, size_t capacity)
{
	memset(run, 0, sizeof(*run));
	run->store = -1;
	if (!lh_run_file_create(&run->file, error, capacity))
		return false;
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	run->store = memfd_create("lockhound-ended", MFD_CLOEXEC);
	if (run->epoll >= 0 && run->store >= 0)
		return true;
	snprintf(error, capacity, "cannot watch processes: %s", strerror(errno));
	return false;
}

void lh_run_close(struct lh_run *run)
{
	for (uint32_t i = 0; i < run->n; i++)
		free(run->process[i]);
	free(run->process);
	free(run->alive_process);
	free(run->ended_slots);
	close(run->epoll);
	close(run->store);
	lh_run_file_close(&run->file);
}

struct lh_run_process *lh_run_find(const struct lh_run *run, pid_t pid)
{
	for (uint32_t i = 0; i < run->alive; i++)
		if (run->alive_process[i]->pid == pid)
			return run->alive_process[i];
	return NULL;
}

/* Adds the process of the next slot. False: out of memory; the slot is scanned again later. */
static bool add_process(struct lh_run *run)
{
	uint32_t n = run->n + 1, capacity[3] = {run->capacity, run->capacity, run->capacity};
	if (!lh_list_grow(&run->process, &capacity[0], n, sizeof(*run->process)) ||
	    !lh_list_grow(&run->alive_process, &capacity[1], n, sizeof(*run->alive_process)) ||
	    !lh_list_grow(&run->ended_slots, &capacity[2], n, sizeof(*run->ended_slots)))
		return false;
	run->capacity = capacity[0];
	struct lh_run_process *process = calloc(1, sizeof(*process));
	if (!process)
		return false;
	*process = (struct lh_run_process){
		.state = LH_RUN_STARTING, .slot = run->n, .pidfd = -1, .reported = 1, .name = 1};
	run->process[run->n++] = process;
	run->arriving++;
	return true;
}

void lh_run_child_reaped(struct lh_run *run, pid_t pid, int status)
{
	unsigned i = run->reaps++ % (sizeof(run->reaped) / sizeof(*run->reaped));
	run->reaped[i].pid = pid;
	run->reaped[i].status = status;
}

static bool status_of(const struct lh_run *run, pid_t pid, int *status)
{
	uint32_t capacity = sizeof(run->reaped) / sizeof(*run->reaped);
	for (uint32_t i = 0; i < run->reaps && i < capacity; i++) {
		uint32_t at = (run->reaps - 1 - i) % capacity;
		if (run->reaped[at].pid == pid) {
			*status = run->reaped[at].status;
			return true;
		}
	}
	return false;
}

/* The kernel keeps the status for our pidfd after another process reaped it (Linux 6.15). */
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

/* Of a zombie that its parent has not reaped yet, the status is the last field of stat. */
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

static void write_end(struct lh_run *run, struct lh_run_process *process, enum lh_end how)
{
	int status = 0;
	bool replaced = process->replaced && how == LH_END_UNKNOWN;
	if (replaced)
		how = LH_END_EXEC;
	/* without a status, the library's mark at exit tells an end from a loss */
	bool query = how == LH_END_UNKNOWN;
	if (query && process->mapped->state != LH_LEDGER_ENDED)
		how = LH_END_LOST;
	/* the pidfd twice: the process may be reaped between the first two queries */
	if (query &&
	    (status_of(run, process->pid, &status) || status_from_pidfd(process->pidfd, &status) ||
	     status_from_proc(process->pid, &status) || status_from_pidfd(process->pidfd, &status)))
		how = WIFSIGNALED(status) ? LH_END_SIGNAL : LH_END_EXIT;
	uint64_t now = lh_time_now();
	process->mapped->end_code = how == LH_END_SIGNAL ? WTERMSIG(status)
				    : how == LH_END_EXIT ? WEXITSTATUS(status)
				    : replaced           ? LH_EXEC_UNWATCHED
							 : 0;
	process->mapped->end = how;
	if (process->mapped->state != LH_LEDGER_ENDED && now > process->mapped->start_ns)
		process->mapped->end_ns = now - process->mapped->start_ns;
}

/* The store is memory, and is copied once more for the report: a program that fills its ledgers, in
 * process after process, must not use up the machine's memory by our hand. */
static off_t store_max(void)
{
	enum { SHARE = 4 };
	return (off_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / SHARE;
}

static void store(struct lh_run *run, struct lh_run_process *process)
{
	off_t before = lseek(run->store, 0, SEEK_END);
	lh_read_refresh(&process->ledger);
	int e = before > store_max() ? ENOSPC : lh_read_pack(&process->ledger, run->store);
	if (!e)
		return;
	if (!run->store_error)
		run->store_error = e;
	if (ftruncate(run->store, before)) /* no incomplete ledger may stay in the store */
		close(run->store), run->store = -1;
}

/*
 * The memory of ended ledgers is kept for a while: a child that was forked earlier still reads its
 * parent's rows when it acquires its first lock.
 */
static void release_memory(struct lh_run *run)
{
	while (run->released < run->n_ended_slots && lh_run_file_bytes(&run->file) > MEMORY_BYTES)
		lh_run_file_release(&run->file, run->ended_slots[run->released++]);
}

void lh_run_process_leave(struct lh_run *run, struct lh_run_process *process, enum lh_end how)
{
	if (run->on_leaving)
		run->on_leaving(run->hook, process);
	write_end(run, process, how);
	store(run, process);
	munmap(process->mapped, process->size);
	process->mapped = NULL;
	if (process->pidfd >= 0)
		close(process->pidfd); /* also removes it from the epoll set */
	process->pidfd = -1;
	process->state = LH_RUN_ENDED;
	for (uint32_t i = 0; i < run->alive; i++) {
		if (run->alive_process[i] == process) {
			run->alive_process[i] = run->alive_process[--run->alive];
			break;
		}
	}
	run->ended_slots[run->n_ended_slots++] = process->slot;
	release_memory(run);
}

bool lh_run_process_has_ended(const struct lh_run_process *process)
{
	struct pollfd p = {.fd = process->pidfd, .events = POLLIN};
	if (process->foreign)
		return process->absent >= ABSENT;
	if (process->pidfd >= 0)
		return poll(&p, 1, 0) == 1;
	return kill(process->pid, 0) && errno == ESRCH;
}

bool lh_run_process_signal(const struct lh_run_process *process, int signal)
{
	/* by the pidfd first: the number may be another process's meanwhile */
	if (process->foreign || !lh_proc_is_descendant(process->pid))
		return false;
	return process->pidfd >= 0
		       ? !syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0)
		       : !kill(process->pid, signal);
}

/* True if the process has this slot of the run file mapped. */
static bool maps_slot(pid_t pid, uint32_t slot)
{
	return lh_proc_maps_at(pid, "memfd:lockhound",
			       LH_RUN_HEADER_BYTES + slot * LH_RUN_SLOT_BYTES);
}

/*
 * True if the process with this number may have written the ledger. The number is in memory that
 * every process of the run can write, and we read the memory of the process and may send it
 * signals: so it must be a descendant, which every process of the run is or was.
 */
static bool is_that_process(pid_t pid)
{
	char any[64];
	if (!lh_proc_read(pid, "stat", any, sizeof(any)))
		return true; /* gone, or not visible: only the number is known */
	return lh_proc_is_descendant(pid);
}

/* The number here of the process that forked this one; 0: not known. */
static pid_t forked_by(const struct lh_run *run, const struct lh_run_process *process)
{
	uint32_t slot = process->ledger.head.fork_slot;
	return slot && slot <= run->n && run->process[slot - 1]->pid > 0
		       ? run->process[slot - 1]->pid
		       : 0;
}

/*
 * Searches the descendants for the process of the slot, whose number here is not known: by its own
 * number, and by its mapping of the slot or, after an exec, by its parent. 0: not there; -1:
 * perhaps a process that we may not inspect.
 */
static pid_t search(const struct lh_run *run, const struct lh_run_process *process)
{
	static pid_t all[DESCENDANTS];
	char exe[PATH_MAX];
	pid_t found = 0, parent = forked_by(run, process);
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS);
	for (size_t i = 0; i < n; i++) {
		if (lh_proc_inner_pid(all[i]) != process->ledger.head.pid)
			continue;
		if (maps_slot(all[i], process->slot) ||
		    (parent && lh_proc_parent(all[i]) == parent))
			return all[i];
		if (!lh_proc_exe(all[i], exe, sizeof(exe)) && errno == EACCES)
			found = -1;
	}
	return found;
}

static void open_pidfd(struct lh_run *run, struct lh_run_process *process)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = process};
	if (process->foreign)
		return;
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pidfd >= 0 && epoll_ctl(run->epoll, EPOLL_CTL_ADD, process->pidfd, &e)) {
		close(process->pidfd);
		process->pidfd = -1;
	}
}

/*
 * Finds the process's number here and writes it into the ledger, so that a report does not take two
 * processes with one number in two namespaces for one. A process that several searches did not find
 * has ended.
 */
static void identify(const struct lh_run *run, struct lh_run_process *process)
{
	struct lh_ledger *l = process->mapped;
	pid_t outer = l->outer_pid;
	if (outer <= 0 || !is_that_process(outer))
		outer = search(run, process);
	process->searches++;
	process->absent += outer == 0;
	process->foreign = outer <= 0;
	process->pid = outer > 0 ? outer : -(int32_t)process->slot - 1;
	process->renumbered = process->pid != l->pid;
	l->outer_pid = process->pid;
	if (!l->exe[0] && outer > 0) /* the process has no /proc */
		lh_proc_exe(outer, l->exe, sizeof(l->exe));
	lh_read_refresh(&process->ledger);
}

static bool open_slot(struct lh_run *run, struct lh_run_process *process)
{
	struct lh_ledger head;
	if (!lh_run_file_head(&run->file, process->slot, &head))
		return false;
	process->mapped = lh_run_file_map(&run->file, process->slot, &process->size);
	if (process->mapped && lh_read_view(&process->ledger, process->mapped, process->size))
		return true;
	if (process->mapped)
		munmap(process->mapped, process->size);
	process->mapped = NULL;
	return false;
}

static void add_arrived(struct lh_run *run, struct lh_run_process *process)
{
	if (!process->mapped && !open_slot(run, process))
		return;
	identify(run, process);
	struct lh_run_process *before = lh_run_find(run, process->pid);
	if (before) { /* the same process in a newer slot: its old program ended by exec */
		if (before->reported < lh_read_used(&before->ledger, LH_T_FINDING))
			return; /* until these are reported */
		bool forked = process->ledger.head.flags & LH_LEDGER_FORKED; /* a reused pid */
		lh_run_process_leave(run, before, forked ? LH_END_UNKNOWN : LH_END_EXEC);
	}
	open_pidfd(run, process);
	lh_run_file_preallocate(&run->file, process->slot, process->mapped, process->size);
	process->state = LH_RUN_ALIVE;
	run->alive_process[run->alive++] = process;
	run->arriving--;
	if (run->on_arrived)
		run->on_arrived(run->hook, process);
}

/* A slot that is taken but not filled is scanned again each time: its process may be filling it. */
static void scan_arrivals(struct lh_run *run)
{
	uint32_t taken = lh_run_file_slots(&run->file);
	int budget = 4 * BATCH;
	while (run->n < taken && run->arriving < ARRIVING_MAX && budget-- && add_process(run))
		;
	for (uint32_t i = run->settled; i < run->n && run->arriving && budget-- > -4 * BATCH; i++) {
		if (run->process[i]->state == LH_RUN_STARTING)
			add_arrived(run, run->process[i]);
		if (i == run->settled && run->process[i]->state != LH_RUN_STARTING)
			run->settled++;
	}
}

/* One search in a scan, because a search reads /proc of all descendants. */
static void search_foreign(struct lh_run *run)
{
	for (uint32_t i = 0; i < BATCH && i < run->alive; i++) {
		struct lh_run_process *process = run->alive_process[(run->turn + i) % run->alive];
		if (!process->foreign || process->absent >= ABSENT || process->searches >= SEARCHES)
			continue;
		identify(run, process);
		open_pidfd(run, process);
		return;
	}
}

void lh_run_scan(struct lh_run *run)
{
	scan_arrivals(run);
	search_foreign(run);
	for (uint32_t i = 0; i < BATCH && i < run->alive; i++) {
		struct lh_run_process *process = run->alive_process[(run->turn + i) % run->alive];
		lh_run_file_preallocate(&run->file, process->slot, process->mapped, process->size);
	}
}

struct lh_run_process *lh_run_next_ended(const struct lh_run *run)
{
	for (uint32_t i = 0; i < BATCH && i < run->alive; i++) {
		struct lh_run_process *process = run->alive_process[(run->turn + i) % run->alive];
		if (process->pidfd < 0 && lh_run_process_has_ended(process))
			return process;
	}
	return NULL;
}

bool lh_run_process_next_finding(struct lh_run_process *process, uint32_t *row)
{
	if (process->state != LH_RUN_ALIVE ||
	    process->reported >= lh_read_used(&process->ledger, LH_T_FINDING))
		return false;
	*row = process->reported++;
	return true;
}

bool lh_run_next_finding(struct lh_run *run, struct lh_run_process **process, uint32_t *row)
{
	for (uint32_t i = 0; i < BATCH && i < run->alive; i++) {
		*process = run->alive_process[(run->turn + i) % run->alive];
		if (lh_run_process_next_finding(*process, row))
			return true;
	}
	run->turn = run->alive ? (run->turn + BATCH) % run->alive : 0;
	return false;
}

/* Reads a thread's current name from the kernel: the program may change it without our notice. */
static bool refresh_name(struct lh_run_process *process, lh_thread_id id)
{
	struct lh_thread t;
	char path[40], name[LH_NAME_MAX + 1] = "";
	const struct lh_table_view *rows = &process->ledger.rows[LH_T_THREAD];
	if (!lh_read_thread(&process->ledger, id, &t) || !t.live || t.flags & LH_THREAD_ENDED ||
	    !rows->at)
		return false;
	snprintf(path, sizeof(path), "task/%d/comm", t.tid);
	if (!lh_proc_read(process->pid, path, name, sizeof(name)))
		return true;
	name[strcspn(name, "\n")] = '\0';
	bool renamed = !(t.flags & LH_THREAD_NAMED) ||
		       strncmp(name, process->ledger.head.comm, LH_NAME_MAX);
	if (renamed && strncmp(name, t.name, LH_NAME_MAX))
		memcpy(((struct lh_thread *)(uintptr_t)(rows->at + (size_t)id * rows->row))->name,
		       name, LH_NAME_MAX);
	return true;
}

void lh_run_process_read_names(struct lh_run_process *process, uint32_t finding)
{
	struct lh_finding f;
	struct lh_step s;
	if (process->pidfd < 0 || !lh_read_finding(&process->ledger, finding, &f))
		return;
	refresh_name(process, f.thread);
	for (uint32_t i = 0; i < f.steps; i++)
		if (lh_read_step(&process->ledger, f.step + i, &s))
			refresh_name(process, s.thread);
}

void lh_run_read_names(struct lh_run *run)
{
	int reads = 0, rows = 0;
	for (uint32_t i = 0; i < BATCH && i < run->alive; i++) {
		struct lh_run_process *process = run->alive_process[(run->turn + i) % run->alive];
		uint32_t used =
			process->pidfd < 0 ? 0 : lh_read_used(&process->ledger, LH_T_THREAD);
		for (uint32_t k = 1; k < used && reads < NAMES && rows < NAME_ROWS; k++, rows++) {
			process->name = process->name >= used ? 1 : process->name;
			reads += refresh_name(process, process->name++);
		}
	}
}
