/* test_move_code.c — moves the first instructions of functions and runs the copies; and functions
 * that cannot be moved.
 * LINKS: libcheck/machine_code/ */
#include "libcheck/machine_code/move_code.h"
#include "libcheck/machine_code/x86_code.h"
#include "tests/unit/unit.h"

#include <sys/mman.h>

#ifdef __x86_64__
typedef long function(long, long);

/* name, the instructions; the functions are between move_first and move_last. */
#define FUNCTION(name, text)                                                                       \
	__asm__(".text\n.p2align 4\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"    \
		".cfi_startproc\n" text "\n.cfi_endproc\n" #name "_end:\n.globl " #name "_end\n"   \
		".p2align 4\n");                                                                   \
	extern function name;                                                                      \
	extern const uint8_t name##_end[];

__asm__(".data\nmove_word: .long 40, 2\n.text\n");
FUNCTION(frame, "pushq %rbp\nmovq %rsp, %rbp\nleaq (%rdi,%rsi), %rax\npopq %rbp\nret")
FUNCTION(relative, "movl move_word(%rip), %eax\naddl move_word+4(%rip), %eax\nret")
FUNCTION(relative_immediate, "cmpl $40, move_word(%rip)\nsete %al\nmovzbl %al, %eax\nret")
FUNCTION(branch, "testl %edi, %edi\nje 1f\nmovl $5, %eax\nret\n1: movl $6, %eax\nret")
FUNCTION(tail, "addq %rsi, %rdi\njmp frame")
FUNCTION(calls, "call frame\naddq $1, %rax\nret")
FUNCTION(calls_later, "pushq %rbx\ncall frame\naddq $1, %rax\npopq %rbx\nret")
FUNCTION(calls_by_memory, "call *move_pointer(%rip)\naddq $2, %rax\nret")
FUNCTION(endbr, "endbr64\nmovl %edi, %eax\nsubl %esi, %eax\nret")
FUNCTION(loops, "decq %rdi\njs 1f\njmp loops\n1: movq %rsi, %rax\nret")
FUNCTION(again, "incq %rsi\ndecq %rdi\njns again\nmovq %rsi, %rax\nret")
FUNCTION(returns, "movl %edi, %eax\nret")
__asm__(".data\nmove_pointer: .quad frame\n.text\n");

FUNCTION(writes, "testl %esi, %esi\nje 1f\nmovl $1, %edi\n1: xorl %edi, %edi\nret")
FUNCTION(reads_later, "testl %esi, %esi\njne 1f\nmovl $1, %edi\nret\n1: movl (%rdi), %eax\nret")
FUNCTION(inside, "movl %edi, %eax\n1: decl %eax\nnop\njns 1b\nret")
FUNCTION(short_loop, "jrcxz 1f\nmovl $1, %eax\n1: ret")
FUNCTION(breakpoint, "int3\nmovl $1, %eax\nret")
FUNCTION(early_call, "call *%rax\nmovl $1, %eax\nret")

static enum lh_move_result move(function *f, const uint8_t *end, uint8_t *copy, struct lh_moved *m)
{
	return lh_move_code((const uint8_t *)f, (size_t)(end - (const uint8_t *)f), 64,
			    (uintptr_t)f, copy, (uintptr_t)copy, m);
}

#define RUNS(name)                                                                                 \
	do {                                                                                       \
		struct lh_moved m;                                                                 \
		if (CHECK_EQ(move(name, name##_end, page, &m), LH_MOVE_GOOD)) {                    \
			function *copy = (function *)(void *)page;                                 \
			CHECK(m.n >= LH_JUMP_BYTES && m.copied <= LH_MOVED_MAX);                   \
			CHECK_EQ(copy(0, 9), name(0, 9));                                          \
			CHECK_EQ(copy(4, 5), name(4, 5));                                          \
		}                                                                                  \
	} while (0)
#define REFUSES(name, why) CHECK_EQ(move(name, name##_end, page, &(struct lh_moved){0}), why)

static void run_copies(uint8_t *page)
{
	RUNS(frame);
	RUNS(relative);
	RUNS(relative_immediate);
	RUNS(branch);
	RUNS(tail);
	RUNS(calls);
	RUNS(calls_later);
	RUNS(calls_by_memory);
	RUNS(endbr);
	RUNS(loops);
	RUNS(again);
	RUNS(returns);
}

static void refuse(uint8_t *page)
{
	struct lh_moved m;

	REFUSES(inside, LH_MOVE_JUMP_INSIDE);
	REFUSES(short_loop, LH_MOVE_UNKNOWN_CODE);
	REFUSES(breakpoint, LH_MOVE_UNKNOWN_CODE);
	REFUSES(early_call, LH_MOVE_UNKNOWN_CODE);
	/* the next function follows at once; or nothing does */
	CHECK_EQ(lh_move_code((const uint8_t *)frame, 4, 64, (uintptr_t)frame, page,
			      (uintptr_t)page, &m),
		 LH_MOVE_TOO_SHORT);
	CHECK_EQ(lh_move_code((const uint8_t *)returns, 3, 8, (uintptr_t)returns, page,
			      (uintptr_t)page, &m),
		 LH_MOVE_TOO_SHORT);
	CHECK_EQ(lh_move_code((const uint8_t *)relative, 13, 64, (uintptr_t)relative, page,
			      (uintptr_t)page + (5ull << 30), &m),
		 LH_MOVE_TOO_FAR);
}

static void arguments(void)
{
#define USES(name, r)                                                                              \
	lh_code_uses_argument((const uint8_t *)name, (size_t)(name##_end - (const uint8_t *)name), \
			      r)
	CHECK(USES(frame, LH_RDI) && USES(frame, LH_RSI) && !USES(frame, LH_RDX));
	CHECK(USES(tail, LH_RDX)); /* the function that it jumps to may use it */
	CHECK(USES(calls, LH_RCX));
	CHECK(!USES(relative, LH_RDI));
	CHECK(!USES(writes, LH_RDI) && USES(writes, LH_RSI));
	CHECK(USES(reads_later, LH_RDI));
	CHECK(USES(returns, LH_RDI) && !USES(returns, LH_RSI));
}

int main(void)
{
	/* within reach of the functions: right behind the program's own pages, or near them */
	uint8_t *page = MAP_FAILED;

	for (uintptr_t at = (uintptr_t)frame & ~0xfffful; page == MAP_FAILED && at > 1 << 20;) {
		at -= 1 << 16;
		page = mmap((void *)at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	}
	if (!CHECK(page != MAP_FAILED))
		return unit_done();
	run_copies(page);
	refuse(page);
	arguments();
	return unit_done();
}
#else
int main(void)
{
	CHECK(1);
	return unit_done();
}
#endif
