/*
 * deny.c — starts a program in which one system call fails, as it may in a sandbox or on a machine
 * without memory: deny CALL ERRNO [shared|large|create] PROG ARGS…
 */
#include "../faithful/observe.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

static const struct {
	const char *name;
	unsigned nr;
} calls[] = {{"mmap", SYS_mmap},           {"openat", SYS_openat},
	     {"open", SYS_open},           {"memfd_create", SYS_memfd_create},
	     {"ftruncate", SYS_ftruncate}, {"fallocate", SYS_fallocate},
	     {"madvise", SYS_madvise},     {"mprotect", SYS_mprotect},
	     {"futex", SYS_futex},         {"gettid", SYS_gettid},
	     {"readlink", SYS_readlink},   {"readlinkat", SYS_readlinkat},
	     {"fstat", SYS_newfstatat},    {"clock_gettime", SYS_clock_gettime},
	     {"prctl", SYS_prctl},         {"write", SYS_write},
	     {"pread64", SYS_pread64},     {"unlink", SYS_unlink},
	     {"renameat2", SYS_renameat2}, {"process_vm_readv", SYS_process_vm_readv},
	     {"mremap", SYS_mremap}};

/* The condition on an argument without which ld.so and libc themselves would fail. */
static struct sock_filter condition(const char *what)
{
	if (!strcmp(what, "shared"))
		return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1);
	if (!strcmp(what, "large"))
		return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 16u << 20, 0, 1);
	if (!strcmp(what, "create"))
		return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 0, 1);
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, 0, 1);
}

static unsigned argument_of(const char *what)
{
	int arg = !strcmp(what, "shared")   ? 3
		  : !strcmp(what, "large")  ? 1
		  : !strcmp(what, "create") ? 2
					    : 5;
	return (unsigned)(offsetof(struct seccomp_data, args) + 8u * (unsigned)arg);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 125;
	unsigned nr = ~0u;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, argv[1]))
			nr = calls[i].nr;
	if (nr == ~0u)
		return 125;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument_of(argv[3])),
		condition(argv[3]),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)atoi(argv[2])),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return 125;
	execv(argv[4], argv + 4);
	return 127;
}
