/* target.c — finds a process's ledger and reads it again for each sample. */
#include "tools/top/target.h"
#include "tools/process/ledger_of_process.h"
#include "tools/process/proc.h"
#include "tools/top/top.h"
#include "tools/util/path.h"
#include "tools/util/time.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool refuse(struct lh_top_target *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct lh_top_target *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->error, sizeof(t->error), format, args);
	va_end(args);
	return false;
}

/* ---- why there is no ledger ---- */

/* `lockhound run` itself was named: names the process that it watches. */
static bool is_command(struct lh_top_target *t)
{
	pid_t child[64];
	char name[32] = "";
	size_t n;

	if (strcmp(t->peek.comm, "lockhound") != 0)
		return false;
	n = lh_proc_descendants(t->pid, child, 64);
	for (size_t i = 0; i < n && i < 64; i++)
		if (lh_proc_maps(child[i], "memfd:lockhound")) {
			lh_proc_read(child[i], "comm", name, sizeof(name));
			name[strcspn(name, "\n")] = 0;
			refuse(t, "process %d is lockhound itself; it watches process %d (%s)",
			       t->pid, child[i], name);
			return true;
		}
	return false;
}

static bool not_watched(struct lh_top_target *t)
{
	if (t->peek.no_access && t->peek.error[0])
		return refuse(t, "%s", t->peek.error);
	if (is_command(t))
		return false;
	return refuse(t,
		      "process %d (%s) has not loaded the library: start it with 'lockhound run'; "
		      "'lockhound hang %d' needs no library",
		      t->pid, t->peek.comm, t->pid);
}

/* ---- samples ---- */

static bool has_ended(const struct lh_top_target *t)
{
	struct pollfd p = {t->end, POLLIN, 0};

	return t->end >= 0 && poll(&p, 1, 0) == 1;
}

/* The new copy is stored in the same struct: the report's names point to it. */
static bool copy_ledger(struct lh_top_target *t)
{
	struct lh_ledger_view now;

	if (!lh_ledger_of_process(&now, &t->peek, t->tables))
		return false;
	t->fresh =
		now.head.start_ns != t->ledger.head.start_ns || now.head.pid != t->ledger.head.pid;
	lh_read_drop(&t->ledger);
	t->ledger = now;
	return true;
}

static bool open_process(struct lh_top_target *t)
{
	lh_peek_close(&t->peek);
	if (!lh_peek_open(&t->peek, t->pid))
		return refuse(t, "%s", t->peek.error);
	t->pid = t->peek.pid;
	lh_peek_objects(&t->peek);
	return true;
}

bool lh_top_target_sample(struct lh_top_target *t)
{
	bool same = !has_ended(t) && lh_peek_same_program(&t->peek);

	t->error[0] = 0;
	if (same && copy_ledger(t))
		return true;
	/* The thread whose /proc files were read may have ended, or the process called exec. */
	if (!t->error[0] && !has_ended(t) && open_process(t) && copy_ledger(t))
		return true;
	if (has_ended(t) || !lh_proc_read(t->pid, "maps", (char[2]){0}, 2))
		return refuse(t, "process %d (%s) has ended", t->pid, t->ledger.head.comm);
	if (t->error[0])
		return false;
	return refuse(
		t, "process %d (%s) executed another program (%s) that has not loaded the library",
		t->pid, t->ledger.head.comm, t->peek.comm);
}

uint64_t lh_top_target_now(const struct lh_top_target *t)
{
	uint64_t ns = lh_time_between(lh_time_now(), t->ledger.head.start_ns);

	return ns ? ns : 1;
}

/* ---- which process ---- */

/* Finds the live process that writes into a file. */
static bool find_by_file(struct lh_top_target *t, const char *file)
{
	struct lh_ledger_file ledgers;
	bool good = lh_read_open(&ledgers, file);

	if (!good)
		refuse(t, "%s", ledgers.error);
	for (uint32_t i = 0; good && i < ledgers.n && !t->pid; i++)
		if (lh_proc_maps(ledgers.view[i].head.pid, lh_path_base(file)))
			t->pid = ledgers.view[i].head.pid;
	if (good && !t->pid)
		refuse(t,
		       "%s: no running process writes to it; 'lockhound report --locks %s' shows "
		       "the recorded data",
		       file, file);
	lh_read_close(&ledgers);
	return t->pid > 0;
}

static bool find(struct lh_top_target *t, const char *name)
{
	char *end;
	long n;

	if (access(name, F_OK) == 0)
		return find_by_file(t, name);
	errno = 0;
	n = strtol(name, &end, 10);
	if (end == name || *end || errno || n <= 0 || n > INT_MAX)
		return refuse(t, "'%s' is neither a process number nor a file", name);
	t->pid = (pid_t)n;
	return true;
}

bool lh_top_target_open(struct lh_top_target *t, const char *name)
{
	memset(t, 0, sizeof(*t));
	t->end = -1;
	t->tables = LH_TOP_TABLES;
	if (!find(t, name) || !open_process(t))
		return false;
	t->end = (int)syscall(SYS_pidfd_open, t->pid, 0);
	return copy_ledger(t) || (!t->error[0] && not_watched(t));
}

void lh_top_target_close(struct lh_top_target *t)
{
	if (t->end >= 0)
		close(t->end);
	lh_read_drop(&t->ledger);
	lh_peek_close(&t->peek);
	t->end = -1;
}
