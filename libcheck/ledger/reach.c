/* reach.c — gets the run file by its path, by the front end's socket, or by asking. */
#include "libcheck/ledger/reach.h"
#include "libcheck/base/sys.h"
#include "libcheck/base/text.h"
#include "libcheck/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { NETNS_COOKIE = 71 /* SO_NETNS_COOKIE, Linux 5.14 */ };
enum { FIELD = 64, PAGE = 4096, ANSWER_MS = 3000 /* how long a process waits for the front end */ };

struct place {
	char path[FIELD], name[FIELD], network[FIELD], filtered[FIELD];
};

static const char *read_field(const char *s, char out[FIELD])
{
	size_t n = 0;

	for (; *s && *s != '|'; s++)
		if (n < FIELD - 1)
			out[n++] = *s;
	out[n] = '\0';
	return *s ? s + 1 : s;
}

static struct place place_of(const char *run)
{
	struct place p;

	run = read_field(run, p.path);
	run = read_field(run, p.name);
	run = read_field(run, p.network);
	read_field(run, p.filtered);
	return p;
}

/*
 * The run file cannot become shorter: what another user passes for it could, and then each access
 * would be a SIGBUS.
 */
bool lh_reach_is_run_file(int fd)
{
	long seals = lh_syscall(SYS_fcntl, fd, F_GET_SEALS, 0, 0, 0, 0);

	return seals >= 0 && (seals & F_SEAL_SHRINK) &&
	       lh_syscall(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0) >= (long)LH_RUN_HEADER_BYTES;
}

bool lh_reach_is_run(const char *run, const char *name)
{
	struct place p = place_of(run);

	return lh_text_equal(p.name, name);
}

/* The number of this process in the /proc that is mounted here. */
static int pid_in_proc(void)
{
	char text[FIELD];
	int pid = 0;

	lh_sys_readlink("/proc/self", text, sizeof(text));
	for (const char *s = text; *s >= '0' && *s <= '9'; s++)
		pid = pid * 10 + (*s - '0');
	return pid;
}

int lh_reach_by_path(const char *run, int *outer_pid)
{
	struct place p = place_of(run);
	char link[FIELD];

	/* In another pid namespace the path leads to any file, and opening some devices acts. */
	if (lh_sys_readlink(p.path, link, sizeof(link)) < 0 ||
	    !lh_text_begins(link, "/memfd:lockhound"))
		return -1;
	*outer_pid = pid_in_proc();
	return lh_sys_open(p.path, O_RDWR | O_CLOEXEC, 0);
}

/* ---- answers ---- */

static bool is_readable(int socket)
{
	uint64_t now = lh_sys_now(), end = now + ANSWER_MS * 1000000ull;

	for (; now < end; now = lh_sys_now()) { /* a signal ends the call early */
		struct pollfd p = {.fd = socket, .events = POLLIN};
		struct timespec rest = {(time_t)((end - now) / 1000000000u),
					(long)((end - now) % 1000000000u)};
		long n = lh_syscall(SYS_ppoll, (long)&p, 1, (long)&rest, 0, 8, 0);
		if (n != -EINTR)
			return n > 0;
	}
	return false;
}

/* The descriptor that the front end sends; -1: it sends none. */
static int receive(int socket, int *outer_pid)
{
	struct lh_run_answer answer = {{0}, 0, 0};
	struct iovec data = {&answer, sizeof(answer)};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	const int flags = MSG_CMSG_CLOEXEC | MSG_DONTWAIT;
	int fd = -1;

	if (!is_readable(socket) || lh_syscall(SYS_recvmsg, socket, (long)&m, flags, 0, 0, 0) < 0 ||
	    m.msg_controllen < CMSG_LEN(sizeof(int)) || control.head.cmsg_type != SCM_RIGHTS)
		return -1;
	__builtin_memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	*outer_pid = answer.outer_pid;
	return fd;
}

/* True if this process is in another network namespace than the front end. False: not known. */
static bool is_in_other_network(const struct place *p, int socket)
{
	char text[FIELD];
	struct lh_text own = LH_TEXT(text);
	uint64_t cookie = 0;
	uint32_t size = sizeof(cookie);

	if (!p->network[0] || lh_syscall(SYS_getsockopt, socket, SOL_SOCKET, NETNS_COOKIE,
					 (long)&cookie, (long)&size, 0) < 0)
		return false;
	lh_text_number(&own, cookie);
	return !lh_text_equal(text, p->network);
}

/* `elsewhere`: the socket cannot be reached from here, though the front end may be there. */
static int through_socket(const struct place *p, int *outer_pid, bool *elsewhere)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
	struct sockaddr_un to = {.sun_family = AF_UNIX}; /* a name after a zero byte: abstract */
	size_t n = lh_text_length(p->name) > LH_RUN_ADDRESS ? LH_RUN_ADDRESS : 0,
	       size = offsetof(struct sockaddr_un, sun_path) + 1 + n;
	int fd = -1, s = n ? (int)lh_syscall(SYS_socket, AF_UNIX, type, 0, 0, 0, 0) : -1;

	if (s < 0)
		return -1;
	__builtin_memcpy(to.sun_path + 1, p->name, n);
	if (lh_syscall(SYS_connect, s, (long)&to, (long)size, 0, 0, 0) < 0)
		*elsewhere = is_in_other_network(p, s);
	else
		fd = receive(s, outer_pid);
	lh_sys_close(s);
	return fd;
}

static int by_request(const struct place *p, int *outer_pid)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
	char buffer[2 * FIELD];
	struct lh_text name = LH_TEXT(buffer);
	int pair[2], fd = -1;

	if (lh_syscall(SYS_socketpair, AF_UNIX, type, 0, (long)pair, 0, 0) < 0)
		return -1;
	lh_text_add(&name, LH_RUN_ASK);
	lh_text_add(&name, p->name);
	lh_text_add(&name, ".");
	lh_text_number(&name, (unsigned)pair[1]);
	int mark = (int)lh_syscall(SYS_memfd_create, (long)buffer, MFD_CLOEXEC, 0, 0, 0, 0);
	if (mark >= 0) {
		fd = receive(pair[0], outer_pid);
		lh_sys_close(mark);
	}
	lh_sys_close(pair[0]);
	lh_sys_close(pair[1]);
	return fd;
}

int lh_reach_by_asking(const char *run, int *outer_pid)
{
	struct place p = place_of(run);

	/* The filter of a sandbox may end the process for a call of sockets. */
	if (lh_sys_seccomp_at_start() && !p.filtered[0])
		return -1;
	bool elsewhere = false;
	int fd = through_socket(&p, outer_pid, &elsewhere);
	/* Nobody listens in the front end's own network: the front end is gone, nobody would
	 * answer. */
	return elsewhere ? by_request(&p, outer_pid) : fd;
}

/* ---- mappings ---- */

/*
 * mremap with an old size of 0 maps the same pages of a shared mapping once more, and may map what
 * follows them in the file. Where address space is scarce, the distance is covered in steps.
 */
void *lh_reach_by_mapping(const void *from, uint64_t distance, uint64_t size)
{
	uint64_t step = 1ull << 40, least = 16ull << 20;
	const char *at = from;

	while (step >= least) {
		uint64_t part = distance < step ? distance : step;
		uint64_t kept = part < distance ? PAGE : size;
		long to = lh_syscall(SYS_mremap, (long)at, 0, (long)(part + kept), MREMAP_MAYMOVE,
				     0, 0);
		if (to < 0 && to > -4096) {
			step >>= 1;
			continue;
		}
		if (at != from)
			lh_sys_unmap((void *)(uintptr_t)at, PAGE);
		lh_sys_unmap((void *)to, part);
		at = (char *)to + part;
		distance -= part;
		if (!distance)
			return (void *)(uintptr_t)at;
	}
	if (at != from)
		lh_sys_unmap((void *)(uintptr_t)at, PAGE);
	return NULL;
}
