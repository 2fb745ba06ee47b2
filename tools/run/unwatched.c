/* unwatched.c — scans the descendants of this process for those without the library. */
#include "tools/run/unwatched.h"
#include "tools/util/list.h"
#include "tools/util/time.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/run/program_check.h"
#include "tools/process/proc.h"

enum {
	DESCENDANTS = 4096, /* per scan */
	SCANS_BEFORE =
		2, /* scans before a process without the library counts: it may be starting */
	SCANS_BEFORE_PRELOADED = 8, /* the same for a process with our environment */
	SHARE = 400,                /* the scans may use 1/SHARE of the time */
	STAT_STACK = 28,            /* the field of stat with the first address of the stack */
};
#define UNSETTLED_PERIOD_NS 50000000u /* between two scans while a process is not settled */
#define SETTLED_PERIOD_NS 100000000u  /* between two scans otherwise */

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

/* A process may execute the same file again: the place of its stack is random. */
static uint32_t image_of(pid_t pid, const char *exe)
{
	char text[1024], *at = NULL;
	unsigned long long stack = 0;
	if (lh_proc_read(pid, "stat", text, sizeof(text)))
		at = strrchr(text, ')');
	for (int field = 2; at && field < STAT_STACK; field++)
		at = strchr(at + 1, ' ');
	if (at && sscanf(at, "%llu", &stack) != 1)
		stack = 0;
	return hash(exe) ^ (uint32_t)(stack >> 4);
}

static struct lh_unwatched_process *process_of(struct lh_unwatched *s, pid_t pid, const char *exe)
{
	const struct lh_unwatched_process fresh = {.pid = pid, .image = image_of(pid, exe)};
	struct lh_unwatched_process *found;
	uint32_t i = 0;
	while (i < s->n && s->process[i].pid != pid)
		i++;
	if (!lh_list_grow(&s->process, &s->capacity, i + 1, sizeof(*s->process)))
		return NULL;
	found = &s->process[i];
	if (i == s->n || found->image != fresh.image)
		*found = fresh;
	s->n += i == s->n;
	found->alive = true;
	return found;
}

/* The ledger of a process that was watched before it executed this program ends there. */
static void count(struct lh_unwatched *s, struct lh_unwatched_process *at, const char *exe,
		  const char *reason)
{
	struct lh_run_process *before = lh_run_find(s->run, at->pid);
	if (before)
		before->replaced = true;
	at->settled = true;
	if (s->count < LH_UNWATCHED_NAMED)
		snprintf(s->name[s->count], sizeof(s->name[0]), "%s (%s)", exe, reason);
	s->count++;
}

/* True if its program file shows that LD_PRELOAD has no effect. Checked at the first scan: the
 * process may end before a second one. */
static bool is_unreachable(pid_t pid)
{
	struct lh_program t;
	char exe[40];
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	lh_program_check_file(&t, exe);
	return t.verdict == LH_UNREACHABLE;
}

/*
 * True if the program file could not be read because the process has more privileges than we.
 * errno differs for a zombie or an ended process. A process that only forbids us to read it may
 * have the library.
 */
static bool has_more_privileges(pid_t pid, char *name, size_t capacity)
{
	if (errno != EACCES || !lh_proc_is_set_id(pid) ||
	    !lh_proc_read(pid, "comm", name, capacity))
		return false;
	name[strcspn(name, "\n")] = '\0';
	return true;
}

/* Does the program's name match one of the patterns of --only or --skip? They have commas between
 * them. */
static bool matches(const char *patterns, const char *exe)
{
	const char *base = strrchr(exe, '/');
	char one[LH_UNWATCHED_PATTERN];
	for (const char *at = patterns; *at; at += strspn(at, ",")) {
		size_t n = strcspn(at, ",");
		snprintf(one, sizeof(one), "%.*s", (int)n, at);
		if (fnmatch(one, base ? base + 1 : exe, 0) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool is_excluded(const struct lh_unwatched *s, const char *exe)
{
	return (*s->only && !matches(s->only, exe)) || (*s->skip && matches(s->skip, exe));
}

/* True if this link in /proc leads elsewhere for the process than for us. */
static bool differs(pid_t pid, const char *link)
{
	char path[40], ours[PATH_MAX], theirs[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/self/%s", link);
	ssize_t n = readlink(path, ours, sizeof(ours));
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, link);
	return readlink(path, theirs, sizeof(theirs)) != n || n < 0 ||
	       memcmp(ours, theirs, (size_t)n) != 0;
}

static const char *why_unreached(pid_t pid)
{
	if (!lh_proc_environment(pid, "LOCKHOUND_OPTIONS=", "run="))
		return "its environment was replaced";
	if (differs(pid, "ns/user"))
		return "cannot reach lockhound from its user namespace";
	if (differs(pid, "ns/pid"))
		return "cannot reach lockhound from its PID namespace";
	if (differs(pid, "root"))
		return "cannot reach lockhound from its root directory";
	return lh_proc_is_set_id(pid) ? "runs as another user, who cannot reach lockhound"
				      : "loaded the library, but got no ledger";
}

/*
 * The library is in the process, and the run file is not. (A forked child of a watched process has
 * its parent's mapping of the run file, a child of another lockhound that one's.)
 */
static void check_unreached(struct lh_unwatched *s, struct lh_unwatched_process *at, pid_t pid,
			    const char *exe)
{
	enum lh_reach_result answer = LH_REACH_NOT_ASKED;
	if (is_excluded(s, exe))
		at->settled = true;
	else if ((answer = lh_reach_answer(s->reach, pid)) == LH_REACH_ANSWERED)
		at->samples = 0;
	else if (answer == LH_REACH_REFUSED || ++at->samples >= SCANS_BEFORE_PRELOADED)
		count(s, at, exe, why_unreached(pid));
}

static void check_process(struct lh_unwatched *s, pid_t pid)
{
	char exe[PATH_MAX];
	bool known = lh_proc_exe(pid, exe, sizeof(exe));
	if (!known && !has_more_privileges(pid, exe, sizeof(exe)))
		return;
	struct lh_unwatched_process *at = process_of(s, pid, exe);
	if (!at || at->settled)
		return;
	s->unsettled = true;
	if (!known)
		count(s, at, exe, "has more privileges than lockhound");
	else if (lh_proc_maps(pid, "memfd:lockhound"))
		at->settled = true;
	else if (lh_proc_maps(pid, "liblockhound.so"))
		check_unreached(s, at, pid, exe);
	else if (!at->samples++ && is_unreachable(pid))
		count(s, at, exe, "LD_PRELOAD has no effect");
	else if (at->samples >= SCANS_BEFORE &&
		 !lh_proc_environment(pid, "LD_PRELOAD=", "liblockhound.so"))
		count(s, at, exe, "its environment was replaced");
	else if (at->samples >= SCANS_BEFORE_PRELOADED)
		count(s, at, exe, "did not load the library");
}

void lh_unwatched_scan(struct lh_unwatched *s, uint64_t now_ns)
{
	static pid_t all[DESCENDANTS];
	if (now_ns < s->next_ns)
		return;
	uint64_t begun = lh_time_own();
	s->unsettled = false;
	for (uint32_t i = 0; i < s->n; i++)
		s->process[i].alive = false;
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS);
	for (size_t i = 0; i < n; i++)
		check_process(s, all[i]);
	uint32_t alive = 0;
	for (uint32_t i = 0; i < s->n; i++) /* pids of dead processes are reused */
		if (s->process[i].alive)
			s->process[alive++] = s->process[i];
	s->n = alive;
	uint64_t pause = (lh_time_own() - begun) * SHARE,
		 least = s->unsettled ? UNSETTLED_PERIOD_NS : SETTLED_PERIOD_NS;
	s->next_ns = now_ns + (pause > least ? pause : least);
}

void lh_unwatched_free(struct lh_unwatched *s)
{
	free(s->process);
	s->process = NULL;
	s->n = s->capacity = 0;
}
