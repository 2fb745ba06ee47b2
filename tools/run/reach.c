/* reach.c — the socket and its thread; finding and answering a process that waits. */
#include "tools/run/reach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcheck/ledger.h"
#include "tools/process/proc.h"
#include "tools/util/thread.h"
#include "tools/util/time.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

enum {
	DESCRIPTORS = 1024, /* of a process, searched for its request */
	DESCENDANTS = 4096, /* searched */
	FIRST_MS = 20,      /* until the first search */
	IDLE_MS = 100,      /* between two searches, */
	HOT_MS = 10,        /* and while processes ask, */
	HOT_SEARCHES = 300, /* that many searches after the last request */
	SHARE = 100,        /* the searches may use 1/SHARE of the time */
};

/* ---- an answer ---- */

static bool send_run_file(int socket, int run_file, pid_t pid)
{
	struct lh_run_answer answer = {LH_RUN_MAGIC, pid, 0};
	struct iovec data = {&answer, sizeof(answer)};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS}};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	memcpy(CMSG_DATA(&control.head), &run_file, sizeof(run_file));
	return sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(answer);
}

/* Takes a descriptor of another process. */
static int take(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int own = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	int e = errno;
	if (pidfd >= 0)
		close(pidfd);
	errno = e;
	return own;
}

/* The number of the socket on which the process waits, from the name of its memory file; -1. */
static int requested(const struct lh_reach *r, pid_t pid)
{
	char path[40], link[128], name[sizeof("/memfd:" LH_RUN_ASK ".") + LH_RUN_NAME];
	struct dirent *entry;
	int socket = -1;
	snprintf(name, sizeof(name), "/memfd:" LH_RUN_ASK "%s.", r->run_file->header->name);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	for (int i = 0; dir && socket < 0 && i < DESCRIPTORS && (entry = readdir(dir)); i++) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (!strncmp(link, name, strlen(name)))
			socket = atoi(link + strlen(name));
	}
	if (dir)
		closedir(dir);
	return socket;
}

enum lh_reach_result lh_reach_answer(const struct lh_reach *r, pid_t pid)
{
	int theirs = requested(r, pid), socket = theirs < 0 ? -1 : take(pid, theirs);
	if (theirs < 0)
		return LH_REACH_NOT_ASKED;
	if (socket < 0) /* the process may have ended its wait */
		return errno == EPERM ? LH_REACH_REFUSED : LH_REACH_NOT_ASKED;
	/* if the process still asks, the number was still that of its socket when we took it */
	bool sent = requested(r, pid) == theirs && send_run_file(socket, r->run_file->fd, pid);
	close(socket);
	return sent ? LH_REACH_ANSWERED : LH_REACH_NOT_ASKED;
}

/* ---- the search for processes that wait ---- */

/* True if the process's first thread is in the call in which it would wait; also if we cannot know.
 */
static bool may_wait(pid_t pid)
{
	char text[128];
	return !lh_proc_read(pid, "syscall", text, sizeof(text)) || atoi(text) == SYS_ppoll;
}

/* Answers all that wait. Returns the milliseconds until the next search. */
static int search(const struct lh_reach *r, int *searches_left)
{
	static pid_t all[DESCENDANTS];
	uint64_t begun = lh_time_own();
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS);
	for (size_t i = 0; i < n; i++)
		if (may_wait(all[i]) && lh_reach_answer(r, all[i]) == LH_REACH_ANSWERED)
			*searches_left = HOT_SEARCHES;
	int period = *searches_left ? HOT_MS : IDLE_MS;
	uint64_t least = (lh_time_own() - begun) * SHARE / LH_MS;
	*searches_left -= *searches_left > 0;
	return least > (uint64_t)period ? (int)least : period;
}

/* ---- the socket ---- */

static void serve(const struct lh_reach *r)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	int socket = accept4(r->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (socket < 0)
		return;
	if (!getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &n) &&
	    lh_proc_is_descendant(peer.pid))
		send_run_file(socket, r->run_file->fd, peer.pid);
	close(socket);
}

static void *answer_all(void *reach)
{
	const struct lh_reach *r = reach;
	struct pollfd p[] = {{.fd = r->socket, .events = POLLIN},
			     {.fd = r->stop, .events = POLLIN}};
	uint64_t next = lh_time_now() + FIRST_MS * LH_MS;
	int searches_left = 0;
	while (!p[1].revents) {
		uint64_t now = lh_time_now();
		if (now >= next)
			next = lh_time_now() + (uint64_t)search(r, &searches_left) * LH_MS;
		now = lh_time_now();
		if (poll(p, 2, next > now ? (int)((next - now) / LH_MS) + 1 : 0) > 0 &&
		    p[0].revents)
			serve(r);
	}
	return NULL;
}

/*
 * May we use sockets? A seccomp filter may end a process for that, so a child tries it. If we may,
 * a process with a filter may too, unless it has another one.
 */
static bool may_use_sockets(void)
{
	int status = -1;
	if (!prctl(PR_GET_SECCOMP, 0, 0, 0, 0))
		return true;
	pid_t child = fork();
	if (!child)
		_exit(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) < 0);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/*
 * An abstract name is in no file system. It is random: nobody else can take it before. While we
 * listen, every user can read it, and take it after us: so it is only the beginning of the run's
 * name, and a process believes a run file only if it has the whole name.
 */
static int listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = LH_RUN_ADDRESS;
	memcpy(a.sun_path + 1, name, n);
	n += offsetof(struct sockaddr_un, sun_path) + 1;
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s >= 0 && (bind(s, (struct sockaddr *)&a, (socklen_t)n) || listen(s, SOMAXCONN))) {
		close(s);
		s = -1;
	}
	return s;
}

void lh_reach_open(struct lh_reach *r, struct lh_run_file *run_file)
{
	char *name = run_file->header->name;
	uint64_t number[2];
	*r = (struct lh_reach){.run_file = run_file, .stop = -1};
	if (getrandom(number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number[0] = number[1] = run_file->header->start_ns;
	snprintf(name, LH_RUN_NAME, "lockhound-%09llx%012llx",
		 (unsigned long long)(number[0] & 0xfffffffff),
		 (unsigned long long)(number[1] & 0xffffffffffff));
	r->may_answer = may_use_sockets();
	r->socket = r->may_answer ? listen_at(name) : -1;
}

void lh_reach_start(struct lh_reach *r)
{
	r->stop = r->may_answer ? eventfd(0, EFD_CLOEXEC) : -1;
	r->started = r->stop >= 0 && !lh_start_thread(&r->thread, answer_all, r);
}

void lh_reach_close(struct lh_reach *r)
{
	if (r->started) {
		eventfd_write(r->stop, 1);
		pthread_join(r->thread, NULL);
	}
	if (r->stop >= 0)
		close(r->stop);
	if (r->socket >= 0)
		close(r->socket);
	*r = (struct lh_reach){.socket = -1, .stop = -1};
}

/* The number of our network namespace; "": the kernel has no numbers (before Linux 5.14). */
static const char *network_of(int socket, char out[24])
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	*out = '\0';
	if (!getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		snprintf(out, 24, "%llu", (unsigned long long)cookie);
	return out;
}

void lh_reach_option(const struct lh_reach *r, char *out, size_t capacity)
{
	char network[24];
	snprintf(out, capacity, "/proc/%d/fd/%d|%s|%s|%s", (int)getpid(), r->run_file->fd,
		 r->run_file->header->name, network_of(r->socket, network),
		 r->may_answer && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) ? "filtered" : "");
}

/* ---- the test ---- */

/* Enters the namespaces if they are allowed, says so, and waits for the other end to close. */
static _Noreturn void wait_elsewhere(int socket)
{
	char byte = 0;
	unshare(CLONE_NEWUSER | CLONE_NEWNET);
	_exit(write(socket, &byte, 1) != 1 || read(socket, &byte, 1) != 0);
}

int lh_reach_test(void)
{
	int pair[2], taken, e = 0;
	char byte;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errno;
	pid_t child = fork();
	if (!child) {
		close(pair[0]);
		wait_elsewhere(pair[1]);
	}
	if (child < 0 || read(pair[0], &byte, 1) != 1 || (taken = take(child, pair[1])) < 0)
		e = errno;
	else
		close(taken);
	close(pair[0]);
	close(pair[1]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return e;
}
