/*
 * shim.c — preloaded into the command `lockhound hang`: makes situations that are rare otherwise.
 *
 * SHIM=yama: the kernel refuses every read of another process that needs the right to trace, as
 * with kernel.yama.ptrace_scope=1. SHIM=die: the command is killed while it has a thread
 * stopped. SHIM=count: prints at the end how many threads the command stopped, and for how long
 * on average and at most. SHIM=between: before the first pause the command writes a line into the
 * fifo `between` of the current directory, and waits for a line from the fifo `go_on`.
 * SHIM=elf32: every ELF header read from another process is one of 32 bits, as in a
 * 32-bit process, which not every kernel can run. SHIM=kthread: every process is a kernel
 * thread, which no process inside a PID namespace can see.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int stops;
static long long began, longest, total;

static int is(const char *mode)
{
	const char *now = getenv("SHIM");

	return now && strcmp(now, mode) == 0;
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int ends(const char *path, const char *with)
{
	size_t n = strlen(path), m = strlen(with);

	return n >= m && strcmp(path + n - m, with) == 0;
}

/* Returns a file with the text of /proc/PID/stat in which the flag of kernel threads is set. */
static int kernel_thread_stat(const char *path)
{
	enum { PF_KTHREAD = 0x200000 };
	char text[4096] = "", state;
	int parent, group, session, terminal, in_front, at = 0;
	unsigned flags;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	char *name_end =
		fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strrchr(text, ')') : NULL;
	int changed = memfd_create("stat", MFD_CLOEXEC);

	if (!name_end || changed < 0 ||
	    sscanf(name_end, ") %c %d %d %d %d %d %u%n", &state, &parent, &group, &session,
		   &terminal, &in_front, &flags, &at) != 7)
		abort();
	close(fd);
	dprintf(changed, "%.*s) %c %d %d %d %d %d %u%s", (int)(name_end - text), text, state,
		parent, group, session, terminal, in_front, flags | PF_KTHREAD, name_end + at);
	lseek(changed, 0, SEEK_SET);
	return changed;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode = 0;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, int);
		va_end(args);
	}
	if (is("yama") && strncmp(path, "/proc/", 6) == 0 &&
	    (ends(path, "/syscall") || ends(path, "/mem") || strstr(path, "/map_files/"))) {
		errno = EPERM;
		return -1;
	}
	if (is("kthread") && strncmp(path, "/proc/", 6) == 0 && ends(path, "/stat"))
		return kernel_thread_stat(path);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* One line through a fifo: each side waits for the other. */
static void handshake(const char *fifo, int way)
{
	char line[1] = {'\n'};
	int fd = (int)syscall(SYS_openat, AT_FDCWD, fifo, way);

	if (fd < 0 || (way == O_WRONLY ? write(fd, line, 1) : read(fd, line, 1)) != 1)
		abort();
	close(fd);
}

int nanosleep(const struct timespec *t, struct timespec *rest)
{
	static int once;

	if (is("between") && !once++) {
		handshake("between", O_WRONLY);
		handshake("go_on", O_RDONLY);
	}
	return clock_nanosleep(CLOCK_REALTIME, 0, t, rest) ? -1 : 0;
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *here, unsigned long n,
			 const struct iovec *there, unsigned long m, unsigned long flags)
{
	if (is("yama")) {
		errno = EPERM;
		return -1;
	}
	ssize_t got = syscall(SYS_process_vm_readv, pid, here, n, there, m, flags);

	if (is("elf32") && got > EI_CLASS && memcmp(here->iov_base, ELFMAG, SELFMAG) == 0)
		((char *)here->iov_base)[EI_CLASS] = ELFCLASS32;
	return got;
}

long ptrace(enum __ptrace_request what, ...)
{
	va_list args;
	long pid, a, b;

	va_start(args, what);
	pid = va_arg(args, long);
	a = va_arg(args, long);
	b = va_arg(args, long);
	va_end(args);
	if (is("yama")) {
		errno = EPERM;
		return -1;
	}
	if (what == PTRACE_INTERRUPT)
		began = now_ns();
	long rc = syscall(SYS_ptrace, what, pid, a, b);

	/* the registers are read only of a thread that has stopped */
	if (what == PTRACE_GETREGSET && rc == 0) {
		stops++;
		if (is("die"))
			raise(SIGKILL);
	}
	if (what == PTRACE_DETACH) {
		total += now_ns() - began;
		longest = now_ns() - began > longest ? now_ns() - began : longest;
	}
	return rc;
}

__attribute__((destructor)) static void say(void)
{
	if (is("count"))
		fprintf(stderr, "stopped %d\nmean %lld us, longest %lld us\n", stops,
			stops ? total / stops / 1000 : 0, longest / 1000);
}
