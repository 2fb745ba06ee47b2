/*
 * walk_damage.c — walks damaged stacks: lh_walk must end, return the reason, and return only frames
 * that are on the stack. A memory fault kills this program.
 *
 * A thread recurses on a stack of its own with a guard page below; its innermost function damages
 * a word of a caller, walks, and restores the word. First damages with a known outcome, then
 * random damages, then random registers, then every address of code, then code without CFI.
 *
 * LINKS: libcheck/stack/walk.c libcheck/stack/walk_cache.c libcheck/stack/cfi.c
 * LIBS: -ldl -lpthread
 */
#include <alloca.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/unit.h"
#include "libcheck/stack/walk.h"

#define NOINLINE __attribute__((noinline))
#define KEEP_ALIVE(x) __asm__ volatile("" : : "r"(x) : "memory")

enum { FRAMES_MAX = 64, DEPTH = 8, STACK = 256 << 10, ROUNDS = 200000 };

static char *stack; /* its first page is the guard */
static uintptr_t high;

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Checks what is true of every walk. There are many walks, so CHECK counts failures only. */
static void check_sane(const struct lh_regs *regs, const struct lh_return_slot *s, int n,
		       enum lh_walk_end end)
{
	uintptr_t last = regs->sp - 128; /* a red zone, if the first frame is a signal's */
	bool sane = n >= 0 && n <= FRAMES_MAX && end <= LH_WALK_DAMAGED;
	for (int i = 0; sane && i < n; i++) {
		sane = s[i].slot >= last && s[i].slot < high && s[i].slot % 8 == 0 &&
		       *(uintptr_t *)s[i].slot == s[i].pc && s[i].pc;
		last = s[i].slot - 128 + 8;
	}
	if (!sane)
		CHECK(!"a frame that is not on the stack");
}

static int walk(const struct lh_regs *regs, struct lh_return_slot *s, enum lh_walk_end *end)
{
	int n = lh_walk(regs, high, s, FRAMES_MAX, end, NULL);
	check_sane(regs, s, n, *end);
	return n;
}

/* Writes `value` to a word, walks, and restores the word; the outcome is known. */
static void damage_word(const struct lh_regs *regs, uintptr_t at, uintptr_t value, int frames,
			enum lh_walk_end why)
{
	struct lh_return_slot s[FRAMES_MAX];
	enum lh_walk_end end;
	uintptr_t saved = *(uintptr_t *)at;
	*(uintptr_t *)at = value;
	int n = walk(regs, s, &end);
	*(uintptr_t *)at = saved;
	CHECK_EQ(n, frames);
	CHECK_EQ(end, why);
}

/* The saved frame pointer of the function that returns to slots[k].pc is below the slot. */
static void known_damages(const struct lh_regs *regs, const struct lh_return_slot *slots)
{
	static char data[64];
	for (int k = 0; k < DEPTH - 2; k++) {
		uintptr_t slot = slots[k].slot, below = slot - 8;
		const uintptr_t pointers[] = {
			0x8000000000000000, /* not canonical */
			0x0001000000000000, /* the lowest that is not canonical */
			(uintptr_t)-8,      /* an addition wraps around */
			0,
			8, /* small */
			high - 8,
			high,
			high + 4096,             /* above the stack */
			(uintptr_t)stack + 2048, /* in the guard page */
			below,                   /* the same frame again */
			slot + 3,                /* not aligned */
			(uintptr_t)data,
		};
		const uintptr_t returns[] = {
			1,     0x8000000000000000, (uintptr_t)-1, (uintptr_t)data,
			below, (uintptr_t)stack};
		for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
			damage_word(regs, below, pointers[i], k + 1, LH_WALK_DAMAGED);
		for (size_t i = 0; i < sizeof returns / sizeof *returns; i++)
			damage_word(regs, slot, returns[i], k + 1, LH_WALK_NO_CFI);
		damage_word(regs, slot, 0, k, LH_WALK_DONE);
	}
}

static struct {
	uintptr_t start, size;
} code[64];
static size_t codes;

static int add_code(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X &&
		    codes < 64) {
			code[codes].start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			code[codes++].size = info->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

static uintptr_t some_code(void)
{
	size_t i = random_number() % codes;
	return code[i].start + random_number() % code[i].size;
}

static uintptr_t some_value(uintptr_t sp)
{
	switch (random_number() % 6) {
	case 0:
		return random_number();
	case 1:
		return random_number() % 64;
	case 2:
		return sp + random_number() % (high - sp + 64);
	case 3:
		return (sp + random_number() % (high - sp + 64)) & ~(uintptr_t)7;
	case 4:
		return (uintptr_t)stack + random_number() % STACK;
	default:
		return some_code();
	}
}

/* Up to four words at once, anywhere in the frames. */
static void random_damages(const struct lh_regs *regs, uintptr_t last)
{
	struct lh_return_slot s[FRAMES_MAX];
	enum lh_walk_end end;
	for (int round = 0; round < ROUNDS; round++) {
		uintptr_t *at[4], saved[4];
		int words = 1 + (int)(random_number() % 4);
		for (int i = 0; i < words; i++) {
			at[i] = (uintptr_t *)regs->sp + random_number() % ((last - regs->sp) / 8);
			saved[i] = *at[i];
			*at[i] = some_value(regs->sp);
		}
		walk(regs, s, &end);
		for (int i = words; i-- > 0;)
			*at[i] = saved[i];
	}
}

static void random_registers(uintptr_t sp)
{
	struct lh_return_slot s[FRAMES_MAX];
	enum lh_walk_end end;
	for (int round = 0; round < ROUNDS; round++) {
		struct lh_regs regs = {some_code(), sp + random_number() % (high - sp) / 8 * 8,
				       some_value(sp)};
		if (round % 8 == 0)
			regs.pc = some_value(sp);
		walk(&regs, s, &end);
	}
}

/* Every address of every loaded object, also inside instructions. */
static void every_address(const struct lh_regs *regs)
{
	struct lh_return_slot s[1];
	long walked = 0, ruled = 0;
	for (size_t i = 0; i < codes; i++)
		for (uintptr_t pc = code[i].start; pc < code[i].start + code[i].size; pc++) {
			struct lh_regs there = {pc + 1, regs->sp, regs->bp};
			enum lh_walk_end end;
			check_sane(&there, s, lh_walk(&there, high, s, 1, &end, NULL), end);
			walked++;
			ruled += end != LH_WALK_NO_CFI;
		}
	CHECK(walked > 100000);
	CHECK(ruled > walked / 10 * 8);
}

static uintptr_t rbp_seen;

static NOINLINE void called_by_bare_code(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	struct lh_regs regs = {(uintptr_t)__builtin_return_address(0), frame + 16,
			       *(uintptr_t *)frame};
	struct lh_regs inner = {(uintptr_t)called_by_bare_code + 8, frame + 16, frame};
	struct lh_return_slot s[FRAMES_MAX];
	enum lh_walk_end end;
	rbp_seen = regs.bp;
	CHECK_EQ(walk(&regs, s, &end), 0);
	CHECK_EQ(end, LH_WALK_NO_CFI);
	walk(&inner, s, &end);
}

/* push rbp; mov rbp, imm64; call rdi; pop rbp; ret */
static void code_without_rules(void)
{
	unsigned char bytes[] = {0x55, 0x48, 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd7, 0x5d, 0xc3};
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	const uintptr_t values[] = {0,
				    1,
				    8,
				    here,
				    here - 4096,
				    here | 1,
				    high,
				    (uintptr_t)stack,
				    0x8000000000000000,
				    (uintptr_t)-1};
	unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!CHECK(page != MAP_FAILED))
		return;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		memcpy(bytes + 3, &values[i], 8);
		memcpy(page, bytes, sizeof bytes);
		((void (*)(void (*)(void)))page)(called_by_bare_code);
		CHECK_EQ(rbp_seen, values[i]);
	}
	munmap(page, 4096);
}

static NOINLINE void innermost(void)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	struct lh_regs regs = {(uintptr_t)__builtin_return_address(0), frame + 16,
			       *(uintptr_t *)frame};
	struct lh_return_slot slots[FRAMES_MAX];
	enum lh_walk_end end;
	int n = walk(&regs, slots, &end);
	if (!CHECK(n > DEPTH) || !CHECK_EQ(end, LH_WALK_DONE))
		return;
	known_damages(&regs, slots);
	random_damages(&regs, slots[n - 1].slot);
	random_registers(regs.sp);
	every_address(&regs);
	code_without_rules();
	struct lh_return_slot again[FRAMES_MAX];
	CHECK_EQ(walk(&regs, again, &end), n);
	CHECK(memcmp(slots, again, (size_t)n * sizeof *slots) == 0);
}

/* alloca makes the compiler address the frame through the frame pointer. */
static NOINLINE void deep(int n)
{
	char *p = alloca((size_t)n * 16 + 16);
	KEEP_ALIVE(p);
	if (n)
		deep(n - 1);
	else
		innermost();
	KEEP_ALIVE(p);
}

static void *in_thread(void *argument)
{
	deep(DEPTH);
	return argument;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t t;
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!CHECK(stack != MAP_FAILED) || !CHECK(mprotect(stack, 4096, PROT_NONE) == 0))
		return unit_done();
	high = (uintptr_t)stack + STACK;
	dl_iterate_phdr(add_code, NULL);
	pthread_attr_init(&attr);
	CHECK_EQ(pthread_attr_setstack(&attr, stack + 4096, STACK - 4096), 0);
	CHECK_EQ(pthread_create(&t, &attr, in_thread, NULL), 0);
	pthread_join(t, NULL);
	return unit_done();
}
