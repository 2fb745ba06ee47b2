/* Part of the room `hang`: what a thread that waits for no lock does, and with which file. */
#include "tools/process/thread_activity.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum operand {
	NO_FILE,
	FILE_0 /* the first argument is its descriptor */,
	FILES /* a list of struct pollfd */
};

static const struct {
	long call;
	const char *text;
	enum operand operand;
} words[] = {
	{SYS_nanosleep, "sleeps", NO_FILE},
	{SYS_clock_nanosleep, "sleeps", NO_FILE},
	{SYS_read, "reads", FILE_0},
	{SYS_write, "writes", FILE_0},
	{SYS_ppoll, "polls", FILES},
	{SYS_pselect6, "polls", NO_FILE},
	{SYS_epoll_pwait, "polls", FILE_0},
#ifdef SYS_poll
	{SYS_poll, "polls", FILES},
	{SYS_select, "polls", NO_FILE},
	{SYS_epoll_wait, "polls", FILE_0},
	{SYS_pause, "waits for a signal", NO_FILE},
	{SYS_accept, "waits for a connection", FILE_0},
#endif
	{SYS_accept4, "waits for a connection", FILE_0},
	{SYS_recvfrom, "waits for a message", FILE_0},
	{SYS_recvmsg, "waits for a message", FILE_0},
	{SYS_sendmsg, "sends", FILE_0},
	{SYS_sendto, "sends", FILE_0},
	{SYS_connect, "connects", FILE_0},
	{SYS_wait4, "waits for a child process", NO_FILE},
	{SYS_waitid, "waits for a child process", NO_FILE},
	{SYS_rt_sigsuspend, "waits for a signal", NO_FILE},
	{SYS_rt_sigtimedwait, "waits for a signal", NO_FILE},
	{SYS_fsync, "syncs a file", FILE_0},
	{SYS_fdatasync, "syncs a file", FILE_0},
	{SYS_flock, "waits for a file lock", FILE_0},
	{SYS_fcntl, "waits for a file lock", FILE_0},
};

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

/* The first of them, and how many more. */
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
	const char *file = NULL;
	size_t i = 0;

	if (t->state == 'Z' || t->state == 'X')
		return "has ended";
	if (!t->blocked)
		return t->state == 'T' ? "is stopped" : "runs";
	while (i < sizeof(words) / sizeof(*words) && words[i].call != t->call)
		i++;
	if (i == sizeof(words) / sizeof(*words))
		return NULL;
	if (words[i].operand == FILE_0)
		file = file_of(p, (int)t->arg[0]);
	else if (words[i].operand == FILES)
		file = files_of(p, t->arg[0], t->arg[1]);
	return file ? lh_arena_printf(p->arena, "%s on %s", words[i].text, file) : words[i].text;
}
