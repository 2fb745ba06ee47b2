#include "strays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect.h"
#include "proc.h"

enum {
	DESCENDANTS = 4096, /* looked at in one go */
	LOOKS = 2,          /* before a process without the library counts: it may be starting */
	PATIENCE = 8,       /* the same for one that was given our environment */
	SHARE = 400,        /* we use one part in so many of the time */
};
#define LEAST_NS 50000000u  /* between two looks while somebody is new */
#define QUIET_NS 250000000u /* else */

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static struct lh_sight *sight_of(struct lh_strays *s, pid_t pid, const char *exe)
{
	struct lh_sight *found = NULL;
	for (uint32_t i = 0; i < s->n && !found; i++)
		if (s->sight[i].pid == pid)
			found = &s->sight[i];
	if (!found) {
		if (s->n == s->room) {
			uint32_t room = s->room ? 2 * s->room : 64;
			struct lh_sight *more = realloc(s->sight, room * sizeof(*more));
			if (!more)
				return NULL;
			s->sight = more;
			s->room = room;
		}
		found = &s->sight[s->n++];
		*found = (struct lh_sight){.pid = pid, .exe = hash(exe)};
	}
	if (found->exe != hash(exe))
		*found = (struct lh_sight){.pid = pid, .exe = hash(exe)};
	found->alive = true;
	return found;
}

static void count(struct lh_strays *s, struct lh_sight *at, const char *exe, const char *why)
{
	at->settled = true;
	if (s->count < LH_STRAYS_NAMED)
		snprintf(s->name[s->count], sizeof(s->name[0]), "%s (%s)", exe, why);
	s->count++;
}

static void look_at(struct lh_strays *s, pid_t pid)
{
	char exe[PATH_MAX], mine[40];
	struct lh_target t;
	if (!lh_proc_exe(pid, exe, sizeof(exe)))
		return; /* a zombie, or gone */
	struct lh_sight *at = sight_of(s, pid, exe);
	if (!at || at->settled)
		return;
	s->unsettled = true;
	if (lh_proc_maps(pid, "liblockhound.so")) {
		at->settled = true;
		return;
	}
	if (++at->looks < LOOKS)
		return;
	if (!lh_proc_environment(pid, "LD_PRELOAD=", "liblockhound.so")) {
		count(s, at, exe, "its environment was made anew");
		return;
	}
	snprintf(mine, sizeof(mine), "/proc/%d/exe", pid);
	lh_inspect_file(&t, mine);
	if (t.verdict == LH_UNREACHABLE)
		count(s, at, exe, "LD_PRELOAD does not reach it");
	else if (at->looks >= PATIENCE)
		count(s, at, exe, "it did not load the library");
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void lh_strays_look(struct lh_strays *s, uint64_t now_ns)
{
	static pid_t all[DESCENDANTS];
	if (now_ns < s->next_ns)
		return;
	s->unsettled = false;
	for (uint32_t i = 0; i < s->n; i++)
		s->sight[i].alive = false;
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS);
	for (size_t i = 0; i < n; i++)
		look_at(s, all[i]);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->n; i++) /* numbers of dead processes come again */
		if (s->sight[i].alive)
			s->sight[kept++] = s->sight[i];
	s->n = kept;
	uint64_t pause = (now() - now_ns) * SHARE, least = s->unsettled ? LEAST_NS : QUIET_NS;
	s->next_ns = now_ns + (pause > least ? pause : least);
}

void lh_strays_free(struct lh_strays *s)
{
	free(s->sight);
	s->sight = NULL;
	s->n = s->room = 0;
}
