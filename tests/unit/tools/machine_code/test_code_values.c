/*
 * test_code_values.c — where a pointer comes from, out of the code before a call.
 *
 * LINKS: tools/machine_code/code_values.c libcheck/machine_code/x86_code.c
 */
#include "tools/machine_code/code_values.h"
#include "tests/unit/unit.h"

enum { RBX = 3, RDI = 5, RBP = 6, START = 0x1000 };

static struct lh_call_values values;

/* The code ends with a call. */
static bool evaluate(const uint8_t *code, size_t n)
{
	return lh_code_values(code, n, START, START + n, &values);
}
#define EVALUATE(...)                                                                              \
	evaluate((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define CALL 0xe8, 0xfb, 0xff, 0xff, 0xff /* of itself */

static bool is(struct lh_value v, enum lh_root root, uint32_t of, uint32_t loads, int64_t first,
	       int64_t last)
{
	return v.root == root && v.of == of && v.loads == loads && v.offset[0] == first &&
	       v.offset[loads] == last;
}

static void straight(void)
{
	/* lea 0x28(%rdi), %rdi */
	CHECK(EVALUATE(0x48, 0x8d, 0x7f, 0x28, CALL));
	CHECK(is(values.reg[RDI], LH_ENTRY, RDI, 0, 40, 40));
	CHECK_EQ(values.call, START + 4);
	CHECK_EQ(values.target, START + 4);
	/* mov %rdi, %rbx; mov 8(%rbx), %rax; mov 0x10(%rax), %rdi */
	CHECK(EVALUATE(0x48, 0x89, 0xfb, 0x48, 0x8b, 0x43, 0x08, 0x48, 0x8b, 0x78, 0x10, CALL));
	CHECK(is(values.reg[RDI], LH_ENTRY, RDI, 2, 8, 0));
	CHECK_EQ(values.reg[RDI].offset[1], 16);
	/* lea 0x100(%rip), %rdi */
	CHECK(EVALUATE(0x48, 0x8d, 0x3d, 0x00, 0x01, 0x00, 0x00, CALL));
	CHECK(is(values.reg[RDI], LH_ADDRESS, 0, 0, START + 7 + 0x100, START + 7 + 0x100));
	/* lea (%rdi,%rsi,8), %rdi: an element that is not known */
	CHECK(EVALUATE(0x48, 0x8d, 0x3c, 0xf7, CALL));
	CHECK_EQ(values.reg[RDI].root, LH_UNKNOWN);
	/* mov $1, %edi; a register that the call before may have changed */
	CHECK(EVALUATE(0xe8, 0, 0, 0, 0, CALL));
	CHECK_EQ(values.reg[RDI].root, LH_UNKNOWN);
	CHECK(is(values.reg[RBX], LH_ENTRY, RBX, 0, 0, 0));
}

/* push %rbp; mov %rsp, %rbp; sub $16, %rsp; mov %rdi, -8(%rbp); mov -8(%rbp), %rax; add $40, %rax;
 * mov %rax, %rdi */
static void in_frame(void)
{
	CHECK(EVALUATE(0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0x48, 0x89, 0x7d, 0xf8, 0x48,
		       0x8b, 0x45, 0xf8, 0x48, 0x83, 0xc0, 0x28, 0x48, 0x89, 0xc7, CALL));
	CHECK(is(values.reg[RBP], LH_FRAME, 0, 0, -16, -16));
	CHECK(is(values.reg[RDI], LH_ENTRY, RDI, 0, 40, 40));
	/* another value is stored in between: movl $0, -8(%rbp) */
	CHECK(EVALUATE(0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0x7d, 0xf8, 0xc7, 0x45, 0xf8, 0, 0, 0, 0,
		       0x48, 0x8b, 0x7d, 0xf8, CALL));
	CHECK(is(values.reg[RDI], LH_FRAME, 0, 1, -24, 0));
}

static void branches(void)
{
	/* je 1f; lea 8(%rsi), %rdi; jmp 2f; 1: lea 16(%rsi), %rdi; 2: */
	CHECK(EVALUATE(0x74, 0x06, 0x48, 0x8d, 0x7e, 0x08, 0xeb, 0x04, 0x48, 0x8d, 0x7e, 0x10,
		       CALL));
	CHECK_EQ(values.reg[RDI].root, LH_UNKNOWN);
	CHECK(is(values.reg[RBX], LH_ENTRY, RBX, 0, 0, 0));
	/* the same value on both paths */
	CHECK(EVALUATE(0x74, 0x06, 0x48, 0x8d, 0x7e, 0x08, 0xeb, 0x04, 0x48, 0x8d, 0x7e, 0x08,
		       CALL));
	CHECK(is(values.reg[RDI], LH_ENTRY, 4, 0, 8, 8));
	/* 1: add $8, %rbx; jne 1b: the loop changes rbx, and nothing else */
	CHECK(EVALUATE(0x48, 0x83, 0xc3, 0x08, 0x75, 0xfa, CALL));
	CHECK_EQ(values.reg[RBX].root, LH_UNKNOWN);
	CHECK(is(values.reg[RDI], LH_ENTRY, RDI, 0, 0, 0));
	/* je 1f; xor %edi, %edi; ret; 1: what returns does not come here */
	CHECK(EVALUATE(0x74, 0x03, 0x31, 0xff, 0xc3, CALL));
	CHECK(is(values.reg[RDI], LH_ENTRY, RDI, 0, 0, 0));
	/* jmp *%rax: what follows has no known path */
	CHECK(EVALUATE(0xff, 0xe0, CALL));
	CHECK_EQ(values.reg[RDI].root, LH_UNKNOWN);
}

static void not_understood(void)
{
	static const uint8_t call[] = {CALL};

	CHECK(!EVALUATE(0x06, CALL));             /* no instruction of 64-bit code */
	CHECK(!EVALUATE(0x48, 0x8d, 0x7f, 0x28)); /* no call */
	CHECK(!lh_code_values(call, 3, START, START + 3, &values));
	CHECK(!lh_code_values(call, 0, START, START, &values));
	CHECK(!EVALUATE(0xb8, CALL)); /* the call is a part of another instruction */
}

int main(void)
{
	straight();
	in_frame();
	branches();
	not_understood();
	return unit_done();
}
