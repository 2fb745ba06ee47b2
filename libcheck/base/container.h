/*
 * container.h — finds the id of a container, 64 hex digits, in the text of /proc/PID/cgroup or of
 * /proc/PID/mountinfo, which the caller reads piece by piece.
 *
 * In cgroup the last id counts, that of the innermost container. A container with a cgroup
 * namespace of its own sees no id there, but "0::/". In mountinfo the id is in the path of the file
 * that the container's engine mounted at /etc/hostname; in a pod of Kubernetes it is the pod's.
 *
 * Does not read files or allocate; the front end uses it, too.
 */
#ifndef LH_BASE_CONTAINER_H
#define LH_BASE_CONTAINER_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	LH_CONTAINER_DIGITS = LH_CONTAINER_MAX - 1,
	LH_CONTAINER_BYTES =
		128 << 10 /* read of a file at most: the mounts of a host may be thousands */
};
#define LH_CONTAINER_MOUNT "/etc/hostname"

/* All zero at the start, but for `mounts`. */
struct lh_container_scan {
	bool mounts;               /* the text is mountinfo */
	bool found;                /* `id` is the container's */
	char id[LH_CONTAINER_MAX]; /* the last one in the text; "" none, or not on this line */
	char run[LH_CONTAINER_MAX];
	unsigned digits; /* at the end of the text so far; the first are in `run` */
	unsigned spaces; /* behind `id` */
	unsigned same;   /* characters behind the last space that are as in the mount point */
};

/* True: the text ends with the root of the cgroups, as it does in a namespace of cgroups. */
static inline bool lh_container_at_root(const char *text, size_t n)
{
	return n >= 5 && __builtin_memcmp(text + n - 5, "0::/\n", 5) == 0;
}

static inline void lh_container_word(struct lh_container_scan *s, char c)
{
	unsigned length = sizeof(LH_CONTAINER_MOUNT) - 1;

	if (c == '\n')
		s->id[0] = '\0';
	if (c == ' ') {
		s->found |= s->id[0] && s->spaces == 1 && s->same == length;
		s->spaces++;
		s->same = 0;
	} else if (s->same < length && c == LH_CONTAINER_MOUNT[s->same]) {
		s->same++;
	} else {
		s->same = length + 1;
	}
}

static inline void lh_container_scan(struct lh_container_scan *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n && !(s->mounts && s->found); i++) {
		char c = text[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
			if (s->digits < LH_CONTAINER_DIGITS)
				s->run[s->digits] = c;
			s->digits++;
		} else {
			if (s->digits == LH_CONTAINER_DIGITS) {
				__builtin_memcpy(s->id, s->run, sizeof(s->id));
				s->spaces = 0;
				s->found |= !s->mounts;
			}
			s->digits = 0;
		}
		if (s->mounts)
			lh_container_word(s, c);
	}
}

#endif
