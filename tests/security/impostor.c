/*
 * impostor.c — another user at the socket of a run.
 *
 *   impostor ask NAME          connects to the socket and prints what it gets: "nothing" or "a
 *                              descriptor"
 *   impostor answer NAME HOW   listens there in the place of a front end that has ended, and sends
 *                              one process a run file: `empty` (not a byte long), `other` (of
 *                              another run) or `true` (of the run NAME, so that the process
 *                              believes it). Prints "ready", and at the end the slots taken.
 */
#include "libcheck/ledger.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

static int at_name(const char *name, size_t n, bool listens)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	memcpy(a.sun_path + 1, name, n);
	if (listens)
		return bind(s, (struct sockaddr *)&a, size) || listen(s, 8) ? -1 : s;
	return connect(s, (struct sockaddr *)&a, size) ? -1 : s;
}

static bool is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, WAIT_MS) == 1;
}

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static int ask(const char *name)
{
	struct lh_run_answer answer;
	struct iovec data = {&answer, sizeof(answer)};
	union control control = {{0}};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	int s = at_name(name, LH_RUN_ADDRESS, false);

	if (s < 0 || !is_ready(s))
		return 3;
	bool got = recvmsg(s, &m, 0) > 0 && m.msg_controllen >= CMSG_LEN(sizeof(int));
	puts(got ? "a descriptor" : "nothing");
	return 0;
}

static int make_run_file(const char *name, const char *how, struct lh_run_header **header)
{
	int fd = memfd_create("lockhound", MFD_ALLOW_SEALING);

	if (!strcmp(how, "empty"))
		return fd;
	if (ftruncate(fd, (off_t)(LH_RUN_HEADER_BYTES + 2 * LH_RUN_SLOT_BYTES)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return -1;
	*header = mmap(NULL, LH_RUN_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*header == MAP_FAILED)
		return -1;
	memcpy((*header)->magic, LH_RUN_MAGIC, sizeof(LH_RUN_MAGIC));
	(*header)->version = LH_LEDGER_VERSION;
	(*header)->slots_max = 2;
	(*header)->flags = LH_LEDGER_SPARSE;
	snprintf((*header)->name, LH_RUN_NAME, "%.*s%s", LH_RUN_ADDRESS, name,
		 strcmp(how, "true") ? "000000000000" : name + LH_RUN_ADDRESS);
	return fd;
}

static int answer(const char *name, const char *how)
{
	struct lh_run_answer text = {LH_RUN_MAGIC, 0, 0};
	struct iovec data = {&text, sizeof(text)};
	union control control = {{.cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS}};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct lh_run_header *header = NULL;
	char byte;
	int fd = make_run_file(name, how, &header), s = at_name(name, LH_RUN_ADDRESS, true);

	if (s < 0 || fd < 0)
		return 3;
	puts("ready");
	fflush(stdout);
	int peer = is_ready(s) ? accept(s, NULL, NULL) : -1;
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (peer < 0 || sendmsg(peer, &m, MSG_NOSIGNAL) < 0)
		return 4;
	if (is_ready(STDIN_FILENO) && read(STDIN_FILENO, &byte, 1) >= 0) /* the process has ended */
		printf("%u slots\n", header ? header->next : 0);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "ask"))
		return ask(argv[2]);
	return argc == 4 && !strcmp(argv[1], "answer") ? answer(argv[2], argv[3]) : 2;
}
