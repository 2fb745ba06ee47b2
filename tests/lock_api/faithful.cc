/*
 * faithful.cc — lock functions of every kind of signature and end: the program prints the same with
 * and without rows for them. The assembler functions say which registers they leave alone.
 */
#include "turn.h"

#include <cerrno>
#include <cstdarg>
#include <csetjmp>
#include <csignal>
#include <execinfo.h>
#include <semaphore.h>
#include <stdexcept>
#include <stdint.h>
#include <sys/wait.h>

struct Pair {
	double a, b;
};
struct Mixed {
	long a;
	double b;
};
struct Big {
	long a[5];
};

/* The compiler may pass anything for an argument that is not used. */
#define USED(lock) __asm__ volatile("testq %0, %0" : : "r"(lock) : "cc")

static int one, two;
static sem_t never;
static jmp_buf out;

extern "C" {
CALLED int take_many(void *lock, long a, long b, long c, long d, long e, long f, long g, long h,
		     long i, long j, long k)
{
	USED(lock);
	return (int)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j +
		     11 * k);
}
CALLED double take_doubles(void *lock, double a, double b, double c, double d, double e, double f,
			   double g, double h, double i)
{
	USED(lock);
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}
CALLED long double take_long_double(void *lock, long double x)
{
	USED(lock);
	return x / 3;
}
CALLED Pair take_pair(void *lock, double x)
{
	USED(lock);
	return {x, x + 1};
}
CALLED Mixed take_mixed(void *lock, double x)
{
	USED(lock);
	return {7, x};
}
CALLED Big take_big(void *lock, long x)
{
	USED(lock);
	return {{x, x + 1, x + 2, x + 3, x + 4}};
}
CALLED int take_any(void *lock, const char *format, ...)
{
	USED(lock);
	va_list list;
	va_start(list, format);
	int i = va_arg(list, int);
	double d = va_arg(list, double);
	va_end(list);
	return i + (int)d;
}
CALLED void take_errno(void *lock)
{
	USED(lock);
	errno = errno + 1;
}
CALLED void take_throws(void *lock, int x)
{
	USED(lock);
	if (x)
		throw std::runtime_error("not acquired");
}
CALLED void take_jumps(void *lock)
{
	USED(lock);
	longjmp(out, 3);
}
CALLED void take_waits(void *lock)
{
	USED(lock);
	sem_wait(&never);
}
CALLED int take_deep(void *lock, int depth)
{
	USED(lock);
	return depth ? 1 + take_deep(lock, depth - 1) : 0;
}
CALLED int take_traced(void *lock)
{
	USED(lock);
	void *at[64];
	int n = backtrace(at, 64), frames = 0;
	for (char **name = backtrace_symbols(at, n); frames < n; frames++)
		if (strstr(name[frames], "(main+"))
			return 1;
	return 0;
}
CALLED void take_raises(void *lock)
{
	USED(lock);
	raise(SIGUSR1);
}
CALLED void give(void *lock)
{
	USED(lock);
}

/* Change eax and the flags only. raw_again begins anew twice; raw_calls begins with a call;
 * raw_global with an operand that is relative to the instruction; raw_short is three bytes long. */
int raw_again(void *), raw_calls(void *), raw_global(void *), raw_short(void *);
uint64_t keeps(int (*function)(void *), void *lock),
	keeps_wide(int (*function)(void *), void *lock);
}
__asm__(".text\n"
	".macro function name\n"
	".p2align 4\n.globl \\name\n.type \\name, @function\n\\name:\n.cfi_startproc\n"
	".endm\n"
	".macro end name\n"
	".cfi_endproc\n.size \\name, . - \\name\n"
	".endm\n"
	"function raw_again\n"
	"lock incl raw_turns(%rip)\n"
	"movl raw_turns(%rip), %eax\n"
	"cmpl $3, %eax\n"
	"jb raw_again\n"
	"testq %rdi, %rdi\n"
	"ret\n"
	"end raw_again\n"
	"function raw_helper\n"
	"movl $5, %eax\n"
	"ret\n"
	"end raw_helper\n"
	"function raw_calls\n"
	"call raw_helper\n"
	"addl $1, %eax\n"
	"ret\n"
	"end raw_calls\n"
	"function raw_global\n"
	"cmpl $3, raw_turns(%rip)\n"
	"jne 1f\n"
	"movl $8, %eax\n"
	"testq %rdi, %rdi\n"
	"ret\n"
	"1:	movl $9, %eax\n"
	"ret\n"
	"end raw_global\n"
	"function raw_short\n"
	"movl %edi, %eax\n"
	"ret\n"
	"end raw_short\n"
	/* The registers that the function has left alone, as bits. */
	"function keeps\n"
	"pushq %rbx\n.cfi_adjust_cfa_offset 8\n"
	"movq %rdi, %rax\n"
	"movq %rsi, %rdi\n"
	"movl $1, %ecx\nmovl $2, %edx\nmovl $3, %esi\nmovl $4, %r8d\nmovl $5, %r9d\nmovl $6, "
	"%r10d\nmovl $7, %r11d\n"
	"movq %rcx, %xmm1\nmovq %rdx, %xmm9\nmovq %r11, %xmm15\n"
	"call *%rax\n"
	"xorl %eax, %eax\n"
	".macro check value, register, bit\n"
	"cmpq $\\value, %\\register\njne 1f\norl $1 << \\bit, %eax\n1:\n"
	".endm\n"
	"check 1, rcx, 0\ncheck 2, rdx, 1\ncheck 3, rsi, 2\ncheck 4, r8, 3\ncheck 5, r9, 4\ncheck "
	"6, r10, 5\n"
	"check 7, r11, 6\n"
	"movq %xmm1, %rbx\ncheck 1, rbx, 7\nmovq %xmm9, %rbx\ncheck 2, rbx, 8\nmovq %xmm15, "
	"%rbx\ncheck 7, rbx, 9\n"
	"popq %rbx\n.cfi_adjust_cfa_offset -8\n"
	"ret\n"
	"end keeps\n"
	/* The upper half of a wide register, as it is after the call. */
	"function keeps_wide\n"
	"pushq %rbx\n.cfi_adjust_cfa_offset 8\n"
	"movq %rdi, %rax\n"
	"movq %rsi, %rdi\n"
	"movl $9, %ecx\n"
	"vmovq %rcx, %xmm5\n"
	"vinsertf128 $1, %xmm5, %ymm5, %ymm5\n"
	"call *%rax\n"
	"vextractf128 $1, %ymm5, %xmm5\n"
	"vmovq %xmm5, %rax\n"
	"vzeroupper\n"
	"popq %rbx\n.cfi_adjust_cfa_offset -8\n"
	"ret\n"
	"end keeps_wide\n"
	".data\n.globl raw_turns\n.type raw_turns, @object\n.size raw_turns, 4\nraw_turns: .long "
	"0\n.text\n");

typedef float wide __attribute__((vector_size(32)));

__attribute__((target("avx"))) CALLED wide take_wide(void *lock, wide a, wide b)
{
	USED(lock);
	return a * b;
}

__attribute__((target("avx"))) static void try_wide(void)
{
	wide a = {1, 2, 3, 4, 5, 6, 7, 8}, c = take_wide(&one, a, a + a);
	for (int i = 0; i < 8; i++)
		printf(" %g", (double)c[i]);
	give(&one);
}

static void *cancelled(void *)
{
	take_waits(&one);
	return NULL;
}

static void handler(int)
{
	take_deep(&two, 0);
	give(&two);
}

static void signatures(void)
{
	printf("%d", take_many(&one, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
	give(&one);
	printf(" %g", take_doubles(&one, 1, 2, 3, 4, 5, 6, 7, 8, 9));
	give(&one);
	printf(" %Lg", take_long_double(&one, 5));
	give(&one);
	Pair p = take_pair(&one, 2.5);
	give(&one);
	Mixed m = take_mixed(&one, 4.5);
	give(&one);
	Big b = take_big(&one, 30);
	give(&one);
	printf(" %g %g %ld %g %ld", p.a, p.b, m.a, m.b, b.a[4]);
	printf(" %d", take_any(&one, "", 5, 6.0));
	give(&one);
	if (__builtin_cpu_supports("avx"))
		try_wide();
	puts("");
}

static void ends(void)
{
	errno = 40;
	take_errno(&one);
	give(&one);
	printf("errno %d", errno);
	for (int i = 2; i-- > 0;) {
		try {
			take_throws(&one, i);
			give(&one);
		} catch (std::exception &e) {
			printf(" %s", e.what());
		}
	}
	int jumped = setjmp(out);
	if (!jumped)
		take_jumps(&one);
	pthread_t thread;
	void *result;
	pthread_create(&thread, NULL, cancelled, NULL);
	usleep(1000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf(" %d %d %d", jumped, result == PTHREAD_CANCELED, take_deep(&one, 5));
	give(&one);
	signal(SIGUSR1, handler);
	take_raises(&one);
	give(&one);
	printf(" main %d\n", take_traced(&one));
	give(&one);
}

static void children(void)
{
	int status = -1;
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		take_deep(&one, 1);
		give(&one);
		_exit(5);
	}
	waitpid(child, &status, 0);
	printf("fork %d", WEXITSTATUS(status));
	child = vfork();
	if (!child) {
		take_deep(&one, 1);
		give(&one);
		_exit(6);
	}
	waitpid(child, &status, 0);
	printf(" vfork %d\n", WEXITSTATUS(status));
}

int main(void)
{
	sem_init(&never, 0, 0);
	signatures();
	ends();
	printf("raw %d", raw_again(&one));
	give(&one);
	printf(" %d", raw_calls(&one));
	give(&one);
	printf(" %d %d\n", raw_global(&one), raw_short((void *)77));
	printf("kept %llx %llx %llx %llx\n", (unsigned long long)keeps(raw_again, &one),
	       (unsigned long long)keeps(raw_calls, &one),
	       (unsigned long long)keeps(raw_global, &one),
	       (unsigned long long)keeps(raw_short, &one));
	for (int i = 0; i < 3 && __builtin_cpu_supports("avx"); i++)
		printf("wide %d\n", (int)keeps_wide(raw_global, i < 2 ? &two : (void *)7));
	children();
	return 0;
}
