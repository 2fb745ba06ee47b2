/* thread_activity.c — describes what a thread that waits for no lock does, and with which file. */
#include "tools/process/thread_activity.h"
#include "tools/process/syscall_text.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* "descriptor 0 (pipe:[1234])" */
static const char *file_of(const struct lh_peek *p, int fd)
{
	char path[64], name[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", p->alive_tid, fd);
	n = p->core ? -1 : readlink(path, name, sizeof(name) - 1);
	if (n <= 0)
		return lh_arena_printf(p->arena, "descriptor %d", fd);
	return lh_arena_printf(p->arena, "descriptor %d (%.*s)", fd, (int)n, name);
}

/* The first descriptor, and the number of the others. */
static const char *files_of(const struct lh_peek *p, uint64_t list, uint64_t n)
{
	struct pollfd first;

	if (!n || n > INT16_MAX || !lh_peek_read(p, list, &first, sizeof(first)) || first.fd < 0)
		return NULL;
	if (n == 1)
		return file_of(p, first.fd);
	return lh_arena_printf(p->arena, "%s and %u more", file_of(p, first.fd), (unsigned)(n - 1));
}

const char *lh_thread_activity(const struct lh_peek *p, const struct lh_peek_task *t)
{
	const char *file = NULL, *verb;

	if (t->state == 'Z' || t->state == 'X')
		return "has ended";
	if (!t->blocked)
		return t->state == 'T' ? "is stopped" : "runs";
	verb = lh_syscall_verb(t->call);
	if (!verb)
		return NULL;
	if (lh_syscall_files(t->call) == LH_SYSCALL_FILE)
		file = file_of(p, (int)t->arg[0]);
	else if (lh_syscall_files(t->call) == LH_SYSCALL_POLLED)
		file = files_of(p, t->arg[0], t->arg[1]);
	return file ? lh_arena_printf(p->arena, "%s on %s", verb, file) : verb;
}
