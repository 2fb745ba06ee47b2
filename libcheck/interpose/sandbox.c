/*
 * sandbox.c — the calls by which a process locks itself up (seccomp). Odd because they are no
 * lock calls, and because the two functions may return twice, on another stack or never: so
 * they leave no frame and no register changed behind, and jump to the original. Only a call
 * that sets a filter comes to C.
 *
 * From then on the library makes no system call that the program does not make itself
 * (base/sys.h). To ask the kernel whether there is a filter would be such a call.
 *
 * A filter that is set by an instruction of the program's own is not seen here.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/base/real.h"
#include "libcheck/base/sys.h"

#include <linux/seccomp.h>

lh_real_call lh_sandbox_by_syscall, lh_sandbox_by_prctl; /* called below */

/* Programs also ask what the kernel can do, without a filter: that is refused. */
static void probe(bool strict, bool filter, long program)
{
	if (strict || (filter && program))
		lh_sys_seccomp_mark();
}

long lh_sandbox_by_syscall(long n, long what, long flags, long program, long d, long e, long f)
{
	probe(what == SECCOMP_SET_MODE_STRICT, what == SECCOMP_SET_MODE_FILTER, program);
	return lh_real_next_syscall(n, what, flags, program, d, e, f);
}

long lh_sandbox_by_prctl(long what, long mode, long program, long c, long d, long e, long f)
{
	probe(mode == SECCOMP_MODE_STRICT, mode == SECCOMP_MODE_FILTER, program);
	return lh_real_next_prctl(what, mode, program, c, d, e, f);
}

/* NAME: when its first parameter is NUMBER, C looks at it; all else goes on as it came. */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#if defined(__x86_64__)
#define PASS(name, number)                                                                         \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                \
		".cfi_startproc\nendbr64\ncmpl $" TEXT(                                            \
			number) ", %edi\n"                                                         \
				"je lh_sandbox_by_" #name "\njmp *lh_real_next_" #name "(%rip)\n"  \
				".cfi_endproc\n.size " #name ", .-" #name "\n")
#else
#define PASS(name, number)                                                                         \
	__asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n"                \
		".cfi_startproc\nhint 34\ncmp w0, #" TEXT(                                         \
			number) "\n"                                                               \
				"b.eq lh_sandbox_by_" #name "\nadrp x16, lh_real_next_" #name "\n" \
				"ldr x16, [x16, :lo12:lh_real_next_" #name "]\nbr x16\n"           \
				".cfi_endproc\n.size " #name ", .-" #name "\n")
#endif
PASS(syscall, SYS_seccomp);
PASS(prctl, PR_SET_SECCOMP);
