/*
 * sandbox.c — syscall and prctl, by which a process sets a seccomp filter. Special because they are
 * no lock calls, and because both may return twice, on another stack or never: the wrappers leave
 * no frame, change no register and jump to the original. Only a call about seccomp, or on a futex
 * (futex.c), runs C code.
 *
 * After a filter is set, the library makes no system call that the program does not make itself
 * (base/sys.h). Asking the kernel whether there is a filter would be one.
 *
 * A filter that is set by a system call instruction in the program's own code is not seen here.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/base/real.h"
#include "libcheck/base/sys.h"
#include "libcheck/events/events.h"

#include <linux/seccomp.h>

lh_real_call lh_sandbox_by_syscall, lh_sandbox_by_prctl; /* called by the assembler code below */

/* Marks the process if the call sets a filter. Programs also call without a filter, to learn what
 * the kernel supports; the kernel refuses such a call. */
static void probe(bool strict, bool filter, long program)
{
	if (!strict && !(filter && program))
		return;
	lh_on_sandbox((uintptr_t)__builtin_frame_address(0));
	lh_sys_seccomp_mark();
}

long lh_sandbox_by_syscall(long n, long operation, long flags, long program, long d, long e, long f)
{
	probe(operation == SECCOMP_SET_MODE_STRICT, operation == SECCOMP_SET_MODE_FILTER, program);
	return lh_real_next_syscall(n, operation, flags, program, d, e, f);
}

long lh_sandbox_by_prctl(long option, long mode, long program, long c, long d, long e, long f)
{
	probe(mode == SECCOMP_MODE_STRICT, mode == SECCOMP_MODE_FILTER, program);
	return lh_real_next_prctl(option, mode, program, c, d, e, f);
}

/*
 * A call whose first argument is the number of a TEST goes to the C function; any other call goes
 * straight on. So of `syscall` a call that is none of the two gets two compares, two jumps that are
 * not taken and the last jump.
 */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#if defined(__x86_64__)
#define TEST(number, function) "cmpl $" TEXT(number) ", %edi\nje " #function "\n"
#define PASS(name, tests)                                                                          \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                \
		".cfi_startproc\nendbr64\n" tests "jmp *lh_real_next_" #name "(%rip)\n"            \
		".cfi_endproc\n.size " #name ", .-" #name "\n")
#else
#define TEST(number, function) "cmp w0, #" TEXT(number) "\nb.eq " #function "\n"
#define PASS(name, tests)                                                                          \
	__asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n"                \
		".cfi_startproc\nhint 34\n" tests "adrp x16, lh_real_next_" #name "\n"             \
		"ldr x16, [x16, :lo12:lh_real_next_" #name "]\nbr x16\n"                           \
		".cfi_endproc\n.size " #name ", .-" #name "\n")
#endif
PASS(syscall, TEST(SYS_futex, lh_futex_by_syscall) TEST(SYS_seccomp, lh_sandbox_by_syscall));
PASS(prctl, TEST(PR_SET_SECCOMP, lh_sandbox_by_prctl));
