/* origin.c — reads the environment, and cgroup and mountinfo of /proc. */
#include "tools/util/origin.h"
#include "libcheck/base/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_RANK(variable) #variable,
static const char *const ranks[] = {
#include "libcheck/origin.def"
};

static bool is_rank(const char *text)
{
	return text && *text && strlen(text) <= 9 && !text[strspn(text, "0123456789")];
}

/* A variable that is set and empty counts as not set. */
void lh_origin_rank(char out[LH_ORIGIN_MAX])
{
	const char *rank = NULL;

	for (size_t i = 0; i < sizeof(ranks) / sizeof(*ranks) && (!rank || !*rank); i++)
		rank = getenv(ranks[i]);
	strcpy(out, is_rank(rank) ? rank : "none");
}

uint32_t lh_origin_rank_in(const char *environment, size_t n)
{
	for (size_t i = 0; i < sizeof(ranks) / sizeof(*ranks); i++)
		for (size_t at = 0; at < n; at += strlen(environment + at) + 1) {
			size_t name = strlen(ranks[i]);
			const char *value = environment + at + name + 1;

			if (strncmp(environment + at, ranks[i], name) == 0 &&
			    environment[at + name] == '=' && *value)
				return is_rank(value) ? (uint32_t)atoi(value) + 1 : 0;
		}
	return 0;
}

/* True: see lh_container_at_root. */
static bool scan(const char *path, struct lh_container_scan *s)
{
	FILE *f = fopen(path, "re");
	bool at_root = false;
	char text[4096];

	for (size_t n, at = 0; f && at < LH_CONTAINER_BYTES; at += n) {
		n = fread(text, 1, sizeof(text), f);
		if (!n)
			break;
		at_root = lh_container_at_root(text, n);
		lh_container_scan(s, text, n);
	}
	if (f)
		fclose(f);
	return at_root;
}

void lh_origin_container(char out[LH_ORIGIN_MAX])
{
	struct lh_container_scan cgroup = {.mounts = false}, mounts = {.mounts = true};

	if (scan("/proc/self/cgroup", &cgroup) && !cgroup.found)
		scan("/proc/self/mountinfo", &mounts);
	snprintf(out, LH_ORIGIN_MAX, "%.12s",
		 cgroup.found   ? cgroup.id
		 : mounts.found ? mounts.id
				: "none");
}
