#include "tools/run/unwatched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/run/program_check.h"
#include "tools/process/proc.h"

enum {
	DESCENDANTS = 4096, /* looked at in one go */
	LOOKS = 2,          /* before a process without the library counts: it may be starting */
	PATIENCE = 8,       /* the same for one that was given our environment */
	SHARE = 400,        /* we use one part in so many of the time */
};
#define LEAST_NS 50000000u  /* between two looks while somebody is new */
#define QUIET_NS 100000000u /* else */

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static struct lh_unwatched_process *process_of(struct lh_unwatched *s, pid_t pid, const char *exe)
{
	struct lh_unwatched_process *found = NULL;
	for (uint32_t i = 0; i < s->n && !found; i++)
		if (s->process[i].pid == pid)
			found = &s->process[i];
	if (!found) {
		if (s->n == s->capacity) {
			uint32_t capacity = s->capacity ? 2 * s->capacity : 64;
			struct lh_unwatched_process *more =
				realloc(s->process, capacity * sizeof(*more));
			if (!more)
				return NULL;
			s->process = more;
			s->capacity = capacity;
		}
		found = &s->process[s->n++];
		*found = (struct lh_unwatched_process){.pid = pid, .exe = hash(exe)};
	}
	if (found->exe != hash(exe))
		*found = (struct lh_unwatched_process){.pid = pid, .exe = hash(exe)};
	found->alive = true;
	return found;
}

static void count(struct lh_unwatched *s, struct lh_unwatched_process *at, const char *exe,
		  const char *why)
{
	at->settled = true;
	if (s->count < LH_UNWATCHED_NAMED)
		snprintf(s->name[s->count], sizeof(s->name[0]), "%s (%s)", exe, why);
	s->count++;
}

/* What its file says is so from the first moment on, and it may not live for a second look. */
static bool is_out_of_reach(pid_t pid)
{
	struct lh_program t;
	char exe[40];
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	lh_program_check_file(&t, exe);
	return t.verdict == LH_UNREACHABLE;
}

/* What we may not know of a process with more rights than ours. Of a zombie and of one that is gone
 * the file is not there; of one that forbids us to look nothing is known, and it may be watched. */
static bool is_our_ancestor(pid_t pid, char *name, size_t capacity)
{
	if (errno != EACCES || !lh_proc_is_set_id(pid) ||
	    !lh_proc_read(pid, "comm", name, capacity))
		return false;
	name[strcspn(name, "\n")] = '\0';
	return true;
}

static void check_process(struct lh_unwatched *s, pid_t pid)
{
	char exe[PATH_MAX];
	bool known = lh_proc_exe(pid, exe, sizeof(exe));
	if (!known && !is_our_ancestor(pid, exe, sizeof(exe)))
		return;
	struct lh_unwatched_process *at = process_of(s, pid, exe);
	if (!at || at->settled)
		return;
	s->unsettled = true;
	if (!known)
		count(s, at, exe, "has more privileges than lockhound");
	else if (lh_proc_maps(pid, "liblockhound.so"))
		at->settled = true;
	else if (!at->samples++ && is_out_of_reach(pid))
		count(s, at, exe, "LD_PRELOAD has no effect");
	else if (at->samples >= LOOKS &&
		 !lh_proc_environment(pid, "LD_PRELOAD=", "liblockhound.so"))
		count(s, at, exe, "its environment was replaced");
	else if (at->samples >= PATIENCE)
		count(s, at, exe, "did not load the library");
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void lh_unwatched_scan(struct lh_unwatched *s, uint64_t now_ns)
{
	static pid_t all[DESCENDANTS];
	if (now_ns < s->next_ns)
		return;
	s->unsettled = false;
	for (uint32_t i = 0; i < s->n; i++)
		s->process[i].alive = false;
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS);
	for (size_t i = 0; i < n; i++)
		check_process(s, all[i]);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->n; i++) /* numbers of dead processes come again */
		if (s->process[i].alive)
			s->process[kept++] = s->process[i];
	s->n = kept;
	uint64_t pause = (now() - now_ns) * SHARE, least = s->unsettled ? LEAST_NS : QUIET_NS;
	s->next_ns = now_ns + (pause > least ? pause : least);
}

void lh_unwatched_free(struct lh_unwatched *s)
{
	free(s->process);
	s->process = NULL;
	s->n = s->capacity = 0;
}
