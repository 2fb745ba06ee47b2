/* syscall_text.c — has a table of system calls, and describes what a thread in a call does. */
#include "tools/process/syscall_text.h"
#include "tools/process/proc.h"
#include "tools/util/duration.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Which argument shows what the call waits for. */
enum about { NOTHING, FD0, PATH0, PATH1, SLEEP0, SLEEP2, POLLED, SELECTED, CHILD, SYNC, LOCKED };

static const struct {
	long nr;
	const char *name;
	enum about about;
	const char *verb; /* what a thread in the call does; NULL: nothing worth a word */
} calls[] = {
#define ROW(name, about, verb)                                                                     \
	{                                                                                          \
		SYS_##name, #name, about, verb                                                     \
	}
	ROW(nanosleep, SLEEP0, "sleeps"),
	ROW(clock_nanosleep, SLEEP2, "sleeps"),
	ROW(read, FD0, "reads"),
	ROW(write, FD0, "writes"),
	ROW(readv, FD0, NULL),
	ROW(writev, FD0, NULL),
	ROW(pread64, FD0, NULL),
	ROW(pwrite64, FD0, NULL),
	ROW(recvfrom, FD0, "waits for a message"),
	ROW(recvmsg, FD0, "waits for a message"),
	ROW(recvmmsg, FD0, NULL),
	ROW(sendto, FD0, "sends"),
	ROW(sendmsg, FD0, "sends"),
	ROW(sendmmsg, FD0, NULL),
	ROW(accept, FD0, "waits for a connection"),
	ROW(accept4, FD0, "waits for a connection"),
	ROW(connect, FD0, "connects"),
	ROW(sendfile, FD0, NULL),
	ROW(splice, FD0, NULL),
	ROW(ioctl, FD0, NULL),
	ROW(epoll_pwait, FD0, "polls"),
	ROW(fsync, SYNC, "syncs a file"),
	ROW(fdatasync, SYNC, "syncs a file"),
	ROW(sync_file_range, SYNC, NULL),
	ROW(flock, LOCKED, "waits for a file lock"),
	ROW(fcntl, LOCKED, "waits for a file lock"),
	ROW(ppoll, POLLED, "polls"),
	ROW(pselect6, SELECTED, "polls"),
	ROW(wait4, CHILD, "waits for a child process"),
	ROW(waitid, CHILD, "waits for a child process"),
	ROW(futex, NOTHING, NULL),
	ROW(rt_sigtimedwait, NOTHING, "waits for a signal"),
	ROW(rt_sigsuspend, NOTHING, "waits for a signal"),
	ROW(semop, NOTHING, NULL),
	ROW(semtimedop, NOTHING, NULL),
	ROW(msgrcv, NOTHING, NULL),
	ROW(msgsnd, NOTHING, NULL),
	ROW(mq_timedreceive, FD0, NULL),
	ROW(mq_timedsend, FD0, NULL),
	ROW(openat, PATH1, NULL),
	ROW(io_getevents, NOTHING, NULL),
	ROW(io_uring_enter, FD0, NULL),
	ROW(msync, SYNC, NULL),
	ROW(getrandom, NOTHING, NULL),
	ROW(unlinkat, PATH1, NULL),
	ROW(execve, NOTHING, NULL),
	ROW(clone, NOTHING, NULL),
	ROW(syncfs, SYNC, NULL),
#ifdef SYS_epoll_pwait2
	ROW(epoll_pwait2, FD0, NULL),
#endif
#ifdef SYS_clone3
	ROW(clone3, NOTHING, NULL),
#endif
#ifdef SYS_poll
	ROW(poll, POLLED, "polls"),
	ROW(select, SELECTED, "polls"),
	ROW(pause, NOTHING, "waits for a signal"),
	ROW(epoll_wait, FD0, "polls"),
	ROW(open, PATH0, NULL),
	ROW(vfork, NOTHING, NULL),
#endif
#undef ROW
};
enum { CALLS = sizeof(calls) / sizeof(*calls) };

struct text {
	char *at;
	size_t capacity, n;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at + t->n, t->capacity - t->n, format, args);
	va_end(args);
	if (n > 0)
		t->n = t->n + (size_t)n < t->capacity ? t->n + (size_t)n : t->capacity - 1;
}

static int row_of(long nr)
{
	for (int i = 0; i < CALLS; i++)
		if (calls[i].nr == nr)
			return i;
	return -1;
}

bool lh_syscall_is_sync(long nr)
{
	int i = row_of(nr);

	return i >= 0 && calls[i].about == SYNC;
}

/* ---- sockets ---- */

/* "0100007F:1F90"; an IPv6 address has four words. Words are in the byte order of this machine. */
static bool address(const char *hex, char *out, size_t capacity)
{
	char text[INET6_ADDRSTRLEN];
	uint32_t word[4];
	unsigned port;
	size_t n = strcspn(hex, ":");

	for (size_t i = 0; i < n / 8; i++)
		if (sscanf(hex + 8 * i, "%8" SCNx32, &word[i]) != 1)
			return false;
	if ((n != 8 && n != 32) || sscanf(hex + n, ":%x", &port) != 1 || !port ||
	    !inet_ntop(n == 8 ? AF_INET : AF_INET6, word, text, sizeof(text)))
		return false;
	return snprintf(out, capacity, n == 8 ? "%s:%u" : "[%s]:%u", text, port) > 0;
}

static bool find_inet_socket(pid_t pid, const char *table, unsigned long long inode, struct text *t)
{
	char path[64], line[512], local[128], remote[128], a[80], kind[4] = {0};
	unsigned long long found;
	bool done = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, table);
	f = fopen(path, "re");
	while (f && !done && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*s %127s %127s %*s %*s %*s %*s %*s %*s %llu", local, remote,
			   &found) != 3 ||
		    found != inode)
			continue;
		done = true;
		for (int i = 0; i < 3; i++)
			kind[i] = (char)(table[i] - 'a' + 'A');
		if (address(remote, a, sizeof(a)))
			add(t, "%s to %s", kind, a);
		else if (address(local, a, sizeof(a)))
			add(t, "%s at %s", kind, a);
		else
			add(t, "a %s socket", kind);
	}
	if (f)
		fclose(f);
	return done;
}

static bool find_unix_socket(pid_t pid, unsigned long long inode, struct text *t)
{
	char path[64], line[512], name[256] = "";
	unsigned long long found;
	bool done = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/net/unix", pid);
	f = fopen(path, "re");
	while (f && !done && fgets(line, sizeof(line), f)) {
		name[0] = '\0';
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %llu %255s", &found, name) < 1 ||
		    found != inode)
			continue;
		done = true;
		add(t, name[0] ? "a local socket, %s" : "a local socket", name);
	}
	if (f)
		fclose(f);
	return done;
}

static void add_socket(pid_t pid, unsigned long long inode, struct text *t)
{
	static const char *const tables[] = {"tcp", "tcp6", "udp", "udp6"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (find_inet_socket(pid, tables[i], inode, t))
			return;
	if (!find_unix_socket(pid, inode, t))
		add(t, "a socket");
}

/* ---- descriptors ---- */

static void add_fd(pid_t pid, int fd, struct text *t)
{
	char path[64], to[PATH_MAX];
	unsigned long long inode;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		add(t, "descriptor %d", fd);
	else if (sscanf(to, "socket:[%llu]", &inode) == 1)
		add_socket(pid, inode, t);
	else if (strncmp(to, "pipe:", 5) == 0)
		add(t, "a pipe");
	else if (strncmp(to, "anon_inode:", 11) == 0)
		add(t, "%s", to + 11);
	else
		add(t, "%s", to);
}

static void add_time(struct text *t, double seconds)
{
	char text[LH_DURATION_TEXT];

	add(t, "%s", lh_duration_text(seconds, text));
}

static void add_sleep(pid_t pid, uint64_t at, struct text *t)
{
	struct timespec s;

	if (lh_proc_memory(pid, at, &s, sizeof(s)))
		add_time(t, (double)s.tv_sec + (double)s.tv_nsec / 1e9);
}

/* A sleep until a point in time. The remaining time is known unless it is a CPU time clock. */
static void add_until(pid_t pid, const struct lh_task_call *c, struct text *t)
{
	clockid_t clock = (clockid_t)c->arg[0];
	struct timespec s, now;

	if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID ||
	    clock_gettime(clock, &now) || !lh_proc_memory(pid, c->arg[2], &s, sizeof(s))) {
		add(t, "until a point in time");
		return;
	}
	double left = (double)(s.tv_sec - now.tv_sec) + (double)(s.tv_nsec - now.tv_nsec) / 1e9;
	add_time(t, left > 0 ? left : 0);
	add(t, " more");
}

/* The first two descriptors, and the number of the others. */
static void add_polled(pid_t pid, uint64_t at, uint64_t n, struct text *t)
{
	struct pollfd p[2];

	if (!n) {
		add(t, "only a time limit");
		return;
	}
	if (!lh_proc_memory(pid, at, p, sizeof(p[0]) * (n < 2 ? n : 2)))
		return;
	for (uint64_t i = 0; i < n && i < 2; i++) {
		if (i)
			add(t, ", ");
		add_fd(pid, p[i].fd, t);
	}
	if (n > 2)
		add(t, " and %" PRIu64 " more", n - 2);
}

/* As add_polled, for the descriptors below n in any of the three sets. */
static void add_selected(pid_t pid, const struct lh_task_call *c, struct text *t)
{
	enum { WORD = 64, WORDS = FD_SETSIZE / WORD, SHOWN = 2 };
	uint64_t n = c->arg[0] < FD_SETSIZE ? c->arg[0] : FD_SETSIZE, all[WORDS] = {0}, count = 0;

	for (int set = 1; set <= 3; set++) {
		uint64_t some[WORDS];
		if (!lh_proc_memory(pid, c->arg[set], some, (n + WORD - 1) / WORD * sizeof(*some)))
			continue;
		for (uint64_t i = 0; i < (n + WORD - 1) / WORD; i++)
			all[i] |= some[i];
	}
	for (uint64_t fd = 0; fd < n; fd++) {
		if (!(all[fd / WORD] >> fd % WORD & 1) || count++ >= SHOWN)
			continue;
		if (count > 1)
			add(t, ", ");
		add_fd(pid, (int)fd, t);
	}
	if (!count)
		add(t, "only a time limit");
	if (count > SHOWN)
		add(t, " and %" PRIu64 " more", count - SHOWN);
}

/* The path as the program passed it. The next page is read last: it may not be mapped. */
static void add_path(pid_t pid, uint64_t at, struct text *t)
{
	char path[256] = "";
	size_t n = 4096 - at % 4096;

	if (lh_proc_memory(pid, at, path, n < sizeof(path) - 1 ? n : sizeof(path) - 1)) {
		if (n < sizeof(path) - 1 && memchr(path, '\0', n) == NULL)
			lh_proc_memory(pid, at + n, path + n, sizeof(path) - 1 - n);
		add(t, "%s", path);
	}
}

static void add_locked(pid_t pid, const struct lh_task_call *c, struct text *t)
{
	if (c->nr != SYS_fcntl || c->arg[1] == F_SETLKW || c->arg[1] == F_OFD_SETLKW)
		add(t, "a lock on ");
	add_fd(pid, (int)c->arg[0], t);
}

static void add_object(pid_t pid, const struct lh_task_call *c, enum about about, struct text *t)
{
	switch (about) {
	case FD0:
		add_fd(pid, (int)c->arg[0], t);
		break;
	case SYNC:
		if (c->nr != SYS_msync)
			add_fd(pid, (int)c->arg[0], t);
		break;
	case SLEEP0:
		add_sleep(pid, c->arg[0], t);
		break;
	case SLEEP2:
		if (c->arg[1] & TIMER_ABSTIME)
			add_until(pid, c, t);
		else
			add_sleep(pid, c->arg[2], t);
		break;
	case POLLED:
		add_polled(pid, c->arg[0], c->arg[1], t);
		break;
	case SELECTED:
		add_selected(pid, c, t);
		break;
	case PATH0:
	case PATH1:
		add_path(pid, c->arg[about == PATH1], t);
		break;
	case CHILD:
		add(t, "the end of a child process");
		break;
	case LOCKED:
		add_locked(pid, c, t);
		break;
	case NOTHING:
		break;
	}
}

void lh_syscall_text(pid_t pid, const struct lh_task_call *c, char *out, size_t capacity)
{
	struct text t = {out, capacity, 0}, object;
	char what[400] = "";
	int i = row_of(c->nr);

	object = (struct text){what, sizeof(what), 0};
	if (c->nr == SYS_restart_syscall) {
		snprintf(out, capacity, "a wait with a time limit");
		return;
	}
	if (i < 0) {
		snprintf(out, capacity, "system call %ld", c->nr);
		return;
	}
	add_object(pid, c, calls[i].about, &object);
	if (what[0] &&
	    strlen(what) + 24 > capacity) /* keep the end, the part that tells paths apart */
		snprintf(out, capacity, "%s (...%s)", calls[i].name,
			 what + strlen(what) - (capacity - 24));
	else
		add(&t, what[0] ? "%s (%s)" : "%s", calls[i].name, what);
}

/* ---- what a thread of an inspected process does ---- */

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
	const char *file = NULL;
	int i;

	if (t->state == 'Z' || t->state == 'X')
		return "has ended";
	if (!t->blocked)
		return t->state == 'T' ? "is stopped" : "runs";
	i = row_of(t->call);
	if (i < 0 || !calls[i].verb)
		return NULL;
	if (calls[i].about == FD0 || calls[i].about == LOCKED || calls[i].about == SYNC)
		file = file_of(p, (int)t->arg[0]);
	else if (calls[i].about == POLLED)
		file = files_of(p, t->arg[0], t->arg[1]);
	return file ? lh_arena_printf(p->arena, "%s on %s", calls[i].verb, file) : calls[i].verb;
}
