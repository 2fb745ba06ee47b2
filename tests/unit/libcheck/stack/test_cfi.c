/*
 * test_cfi.c — compares the decoder of call frame information with that of elfutils, at addresses
 * all over the C library and the C++ runtime; then tests the walker on rules written by hand, each
 * of which breaks or just keeps one condition; then the decoder on damaged bytes.
 * LINKS: libcheck/stack/walk.c libcheck/stack/walk_cache.c libcheck/stack/cfi.c
 * LIBS: -ldw -lelf -ldl
 */
#include <dlfcn.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "libcheck/stack/walk.h"
#include "libcheck/stack/cfi.h"

enum { OP_DEREF = 0x06, OP_PLUS_UCONST = 0x23, OP_BREG0 = 0x70, OP_BREGX = 0x92, OP_CFA = 0x9c };
enum { STRIDE = 3 }; /* prime to the usual sizes of instructions */

static bool in_a_register(uint8_t atom)
{
	return (atom >= 0x50 && atom < 0x70) || atom == 0x90; /* DW_OP_reg0..31, DW_OP_regx */
}

/* The rule of libdw, as a struct lh_cfi_rule. */
static struct lh_cfi_rule register_rule(Dwarf_Frame *frame, int reg)
{
	struct lh_cfi_rule rule = {.how = LH_CFI_OTHER};
	Dwarf_Op memory[3], *ops;
	size_t n;
	if (dwarf_frame_register(frame, reg, memory, &ops, &n) != 0)
		return rule;
	if (n == 0)
		rule.how = ops == NULL ? LH_CFI_SAME : LH_CFI_UNDEFINED;
	else if (ops[0].atom == OP_CFA && (n == 1 || (n == 2 && ops[1].atom == OP_PLUS_UCONST)))
		rule = (struct lh_cfi_rule){n == 1 ? 0 : (int32_t)ops[1].number, LH_CFI_AT, 0};
	else if (ops[n - 1].atom != 0x9f /* DW_OP_stack_value */ && !in_a_register(ops[0].atom))
		rule.how = LH_CFI_COMPUTED;
	return rule;
}

static struct lh_cfi_rule cfa_rule(Dwarf_Frame *frame)
{
	Dwarf_Op *ops;
	size_t n;
	if (dwarf_frame_cfa(frame, &ops, &n) != 0 || n == 0)
		return (struct lh_cfi_rule){.how = LH_CFI_OTHER};
	if (n == 1 && ops[0].atom >= OP_BREG0 && ops[0].atom < OP_BREG0 + 32)
		return (struct lh_cfi_rule){(int32_t)ops[0].number, LH_CFI_AT,
					    (uint8_t)(ops[0].atom - OP_BREG0)};
	if (n == 1 && ops[0].atom == OP_BREGX)
		return (struct lh_cfi_rule){(int32_t)ops[0].number2, LH_CFI_AT,
					    (uint8_t)ops[0].number};
	return (struct lh_cfi_rule){.how = LH_CFI_COMPUTED};
}

static bool same_rule(struct lh_cfi_rule ours, struct lh_cfi_rule theirs)
{
	if (ours.how != theirs.how)
		return ours.how == LH_CFI_OTHER && theirs.how == LH_CFI_COMPUTED;
	return ours.how != LH_CFI_AT || (ours.n == theirs.n && ours.reg == theirs.reg);
}

static bool same_row(const struct lh_cfi_row *row, Dwarf_Frame *frame)
{
	return same_rule(row->cfa, cfa_rule(frame)) &&
	       same_rule(row->pc, register_rule(frame, LH_CFI_REG_PC)) &&
	       same_rule(row->bp, register_rule(frame, LH_CFI_REG_BP));
}

static struct {
	long agreed, no_cfi;
} counts;

static void compare_at(const struct lh_cfi_object *o, Dwarf_CFI *cfi, uintptr_t vaddr)
{
	struct lh_cfi_row row;
	Dwarf_Frame *frame = NULL;
	enum lh_cfi_result answer = lh_cfi_find(o, o->start + vaddr, &row);
	bool theirs = dwarf_cfi_addrframe(cfi, vaddr, &frame) == 0;
	bool ours = answer == LH_CFI_FOUND || answer == LH_CFI_FOUND_SIGNAL;
	if (ours != theirs || (ours && !same_row(&row, frame))) {
		CHECK(!"the decoders agree");
		printf("\tat %#lx: ours %d, theirs %d\n", (long)vaddr, answer, theirs);
	}
	counts.agreed += ours;
	counts.no_cfi += !ours;
	free(frame);
}

static void compare_object(const void *inside)
{
	struct dl_find_object found;
	if (!CHECK(_dl_find_object((void *)inside, &found) == 0))
		return;
	struct lh_cfi_object o = {(uintptr_t)found.dlfo_map_start, (uintptr_t)found.dlfo_map_end,
				  (uintptr_t)found.dlfo_eh_frame};
	int fd = open(found.dlfo_link_map->l_name, O_RDONLY);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Dwarf_CFI *cfi = dwarf_getcfi_elf(elf);
	GElf_Phdr ph;
	size_t n = 0;
	if (!CHECK(cfi != NULL) || !CHECK(elf_getphdrnum(elf, &n) == 0))
		return;
	counts.agreed = counts.no_cfi = 0;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD && ph.p_flags & PF_X)
			for (uintptr_t at = ph.p_vaddr; at < ph.p_vaddr + ph.p_memsz; at += STRIDE)
				compare_at(&o, cfi, at);
	CHECK(counts.agreed > 20000);
	CHECK(counts.agreed > counts.no_cfi * 5);
	dwarf_cfi_end(cfi);
	elf_end(elf);
	close(fd);
}

/* A function that is never run, and its rules. The default: CFA = rsp + 8, return address below. */
#define RULES(name, ...)                                                                           \
	__asm__(".pushsection .text\n" #name ": .cfi_startproc\n" __VA_ARGS__                      \
		"\nnop\nnop\n.cfi_endproc\n.popsection");                                          \
	extern const char name[]

/* 0x0f def_cfa_expression, 0x76 breg6 (rbp), 0x77 breg7 (rsp), 0x06 deref, 0x11 offset_extended_sf
 */
RULES(plain, "");
RULES(by_bp, ".cfi_def_cfa rbp, 16");
RULES(by_bp_odd, ".cfi_def_cfa rbp, 17\n.cfi_escape 0x10,16,2,0x77,24");
RULES(by_bp_far, ".cfi_def_cfa rbp, 16\n.cfi_offset rip, -256");
RULES(by_bx, ".cfi_def_cfa rbx, 16");
RULES(at_bp, ".cfi_escape 0x0f,3,0x76,0,0x06");
RULES(same_sp, ".cfi_def_cfa rsp, 0\n.cfi_escape 0x11,16,0x7f"); /* address at CFA + 8 */
RULES(outermost, ".cfi_undefined rip");
RULES(in_register, ".cfi_register rip, rdx");
RULES(val_offset, ".cfi_escape 0x14,16,1");
RULES(computed, ".cfi_escape 0x10,16,3,0x77,16,0x22\n"); /* CFA + rsp + 16: nonsense */
RULES(computed_pc, ".cfi_escape 0x10,16,2,0x77,24");     /* rsp + 24 */
RULES(computed_odd, ".cfi_escape 0x10,16,2,0x77,25");
RULES(no_bp, ".cfi_undefined rbp");
/* rsp + 8 + ((5 & 3) << 3) + (2 - 1) * 8 */
RULES(sums, ".cfi_escape 0x0f,17,0x77,8,0x08,5,0x33,0x1a,0x33,0x24,0x22,0x0a,2,0,0x31,0x1c,0x38,"
	    "0x1e,0x22");
RULES(compared, ".cfi_escape 0x0f,9,0x77,8,0x32,0x11,0x7f,0x2a,0x33,0x24,0x22"); /* 2 >= -1 */
RULES(shifted, ".cfi_escape 0x0f,7,0x77,16,0x31,0x08,64,0x24,0x22");             /* 1 << 64 is 0 */
RULES(nothing, ".cfi_escape 0x0f,0");
RULES(too_few, ".cfi_escape 0x0f,3,0x77,8,0x22");
RULES(no_address, ".cfi_escape 0x0f,1,0x06");
RULES(too_many, ".cfi_escape 0x0f,9,0x31,0x31,0x31,0x31,0x31,0x31,0x31,0x31,0x31");
RULES(saved_state, ".cfi_remember_state\n.cfi_def_cfa rsp, 24\n.cfi_remember_state\n"
		   ".cfi_def_cfa rsp, 16\n.cfi_restore_state");
RULES(saved_thrice, ".cfi_remember_state\n.cfi_remember_state\n.cfi_remember_state");
RULES(restored_state, ".cfi_escape 0x0b");
RULES(restored, ".cfi_offset rip, -256\n.cfi_restore rip");

enum { WORDS = 64, SP = 16, HIGH = 48, MARK = 0x1000 };
static uintptr_t words[WORDS];

/* `slot`: the word in which the return address is found; -1: none, and `end` is the reason. */
static const struct row {
	const char *name, *pc;
	int bp, offset; /* where rbp points: the word, and bytes beyond it */
	int slot;
	enum lh_walk_end end;
} rows[] = {
#define ROW(name, ...)                                                                             \
	{                                                                                          \
#name, name, __VA_ARGS__                                                           \
	}
	ROW(plain, 0, 0, SP, LH_WALK_CUT),
	ROW(by_bp, SP + 4, 0, SP + 5, LH_WALK_CUT),
	ROW(by_bp, SP - 1, 0, SP, LH_WALK_CUT),
	ROW(by_bp, SP - 2, 0, -1, LH_WALK_DAMAGED),
	ROW(by_bp, HIGH - 2, 0, HIGH - 1, LH_WALK_CUT),
	ROW(by_bp, HIGH - 1, 0, -1, LH_WALK_DAMAGED),
	ROW(by_bp, SP, 4, -1, LH_WALK_DAMAGED),
	ROW(by_bp_odd, SP + 4, 0, -1, LH_WALK_DAMAGED),
	ROW(by_bp_far, HIGH, 0, -1, LH_WALK_DAMAGED),
	ROW(by_bp_far, SP + 4, 0, -1, LH_WALK_DAMAGED),
	ROW(by_bx, SP + 4, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(at_bp, SP, 0, SP + 7, LH_WALK_CUT),
	ROW(at_bp, HIGH - 1, 0, SP + 7, LH_WALK_CUT),
	ROW(at_bp, SP - 1, 0, -1, LH_WALK_DAMAGED),
	ROW(at_bp, HIGH, 0, -1, LH_WALK_DAMAGED),
	ROW(at_bp, SP, 1, -1, LH_WALK_DAMAGED),
	ROW(same_sp, 0, 0, -1, LH_WALK_DAMAGED),
	ROW(outermost, 0, 0, -1, LH_WALK_DONE),
	ROW(in_register, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(val_offset, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(computed, 0, 0, -1, LH_WALK_DAMAGED),
	ROW(computed_pc, 0, 0, SP + 3, LH_WALK_CUT),
	ROW(computed_odd, 0, 0, -1, LH_WALK_DAMAGED),
	ROW(sums, 0, 0, SP + 2, LH_WALK_CUT),
	ROW(compared, 0, 0, SP + 1, LH_WALK_CUT),
	ROW(shifted, 0, 0, SP + 1, LH_WALK_CUT),
	ROW(nothing, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(too_few, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(no_address, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(too_many, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(saved_state, 0, 0, SP + 2, LH_WALK_CUT),
	ROW(saved_thrice, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(restored_state, 0, 0, -1, LH_WALK_UNSUPPORTED),
	ROW(restored, 0, 0, SP, LH_WALK_CUT),
};

/* Each word has a value that identifies it; walk_row puts the address of word SP + 8 where a rule
 * dereferences rbp. */
static void set_words(void)
{
	for (int i = 0; i < WORDS; i++)
		words[i] = MARK + (uintptr_t)i;
}

static void walk_row(const struct row *r)
{
	uintptr_t at = (uintptr_t)&words[r->bp];
	struct lh_regs regs = {(uintptr_t)r->pc + 2, (uintptr_t)&words[SP],
			       at + (uintptr_t)r->offset};
	struct lh_return_slot found = {0, 0};
	enum lh_walk_end end;
	set_words();
	if (r->pc == at_bp)
		words[r->bp] = (uintptr_t)&words[SP + 8];
	int n = lh_walk(&regs, (uintptr_t)&words[HIGH], &found, 1, &end, NULL);
	bool ok = CHECK_EQ(end, r->end) & CHECK_EQ(n, r->slot >= 0);
	if (n == 1 && r->slot >= 0)
		ok &= CHECK_EQ(found.slot, (uintptr_t)&words[r->slot]) &
		      CHECK_EQ(found.pc, MARK + r->slot);
	if (!ok)
		printf("\tin %s, bp at %d+%d\n", r->name, r->bp, r->offset);
}

/* If a callee did not save rbp, the caller's frame cannot be found through rbp. */
static void lost_frame_pointer(void)
{
	struct lh_regs regs = {(uintptr_t)no_bp + 2, (uintptr_t)&words[SP],
			       (uintptr_t)&words[SP + 4]};
	struct lh_return_slot slots[3];
	enum lh_walk_end end;
	set_words();
	words[SP] = (uintptr_t)by_bp + 2;
	CHECK_EQ(lh_walk(&regs, (uintptr_t)&words[HIGH], slots, 3, &end, NULL), 1);
	CHECK_EQ(end, LH_WALK_UNSUPPORTED);
	regs.pc = (uintptr_t)plain + 2;
	CHECK_EQ(lh_walk(&regs, (uintptr_t)&words[HIGH], slots, 3, &end, NULL), 2);
	CHECK_EQ(end, LH_WALK_NO_CFI);
}

/* An object of one function in 84 bytes. The tests put it at the end of a readable page. */
static const uint8_t smallest[] = {
	/* 0: .eh_frame_hdr: version, encodings, where .eh_frame is, 1 function: its start, its FDE
	 */
	1,
	0x1b,
	0x03,
	0x3b,
	16,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	0,
	0xff,
	0xff,
	0xff,
	44,
	0,
	0,
	0,
	/* 20: CIE: 20 bytes, id, version, "zR", factors 1 and -8, return address in 16, encoding,
	 * def_cfa rsp 8, rip at -8, nops */
	20,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	'z',
	'R',
	0,
	1,
	0x78,
	16,
	1,
	0x1b,
	0x0c,
	7,
	8,
	0x90,
	1,
	0,
	0,
	/* 44: FDE: 36 bytes, distance to the CIE, start, range, no augmentation, then */
	36,
	0,
	0,
	0,
	28,
	0,
	0,
	0,
	0xcc,
	0xfe,
	0xff,
	0xff,
	0x80,
	0,
	0,
	0,
	0,
	/* 61: 4 bytes on: def_cfa_offset 16, rbp at -16, remember; 16 on: def_cfa rbp 16; 16 on:
	 * recall, rbp computed at rsp; 32 on: nothing new */
	0x44,
	0x0e,
	16,
	0x86,
	2,
	0x0a,
	0x50,
	0x0c,
	6,
	16,
	0x50,
	0x0b,
	0x10,
	6,
	2,
	0x77,
	0,
	0x60,
	0x0e,
	24,
	0,
	0,
	0,
};

static enum lh_cfi_result find_in(uint8_t *at, uintptr_t offset, struct lh_cfi_row *row)
{
	uintptr_t header = (uintptr_t)at;
	struct lh_cfi_object o = {header - 256, header + sizeof smallest, header};
	return lh_cfi_find(&o, header - 256 + offset, row);
}

static void by_hand(uint8_t *at)
{
	struct lh_cfi_row row;
	memcpy(at, smallest, sizeof smallest);
	CHECK_EQ(find_in(at, 0, &row), LH_CFI_FOUND);
	CHECK_EQ(row.cfa.n, 8);
	CHECK_EQ(row.bp.how, LH_CFI_SAME);
	CHECK_EQ(find_in(at, 4, &row), LH_CFI_FOUND);
	CHECK_EQ(row.cfa.n, 16);
	CHECK_EQ(row.bp.n, -16);
	CHECK_EQ(find_in(at, 20, &row), LH_CFI_FOUND);
	CHECK_EQ(row.cfa.reg, 6);
	CHECK_EQ(find_in(at, 67, &row), LH_CFI_FOUND);
	CHECK_EQ(row.cfa.reg, 7);
	CHECK_EQ(row.bp.how, LH_CFI_COMPUTED);
	CHECK_EQ(find_in(at, 68, &row), LH_CFI_FOUND);
	CHECK_EQ(row.cfa.n, 24);
	CHECK_EQ(find_in(at, 127, &row), LH_CFI_FOUND);
	CHECK_EQ(find_in(at, 128, &row), LH_CFI_NOT_THERE);
	CHECK_EQ(find_in(at, (uintptr_t)-1, &row), LH_CFI_NOT_THERE);
	at[61] = 0x3f; /* an unknown instruction */
	CHECK_EQ(find_in(at, 4, &row), LH_CFI_NOT_READ);
	memcpy(at, smallest, sizeof smallest);
	at[28] = 2; /* an unknown version */
	CHECK_EQ(find_in(at, 4, &row), LH_CFI_NOT_READ);
}

/* Damaged bytes are refused or decoded, but the decoder never reads past their end. */
static void damaged(uint8_t *at)
{
	uint64_t r = 88172645463325252;
	struct lh_cfi_row row;
	long refused = 0;
	const char *part = getenv("LH_PART"); /* the part of the rounds that is tried */
	const int rounds = 300000 / (part ? atoi(part) : 1);
	for (int i = 0; i < rounds; i++) {
		memcpy(at, smallest, sizeof smallest);
		for (int k = 0; k < 1 + i % 3; k++) {
			r ^= r << 13, r ^= r >> 7, r ^= r << 17;
			at[r % sizeof smallest] = (uint8_t)(r >> 32);
		}
		enum lh_cfi_result answer = find_in(at, r >> 40 & 127, &row);
		refused += answer == LH_CFI_NOT_READ || answer == LH_CFI_NOT_THERE;
	}
	CHECK(refused > rounds / 10);
	CHECK(refused < rounds);
}

int main(void)
{
	elf_version(EV_CURRENT);
	/* in libc itself: sanitizers have a qsort too */
	compare_object((const void *)dlsym(dlopen("libc.so.6", RTLD_NOW), "qsort"));
	compare_object((const void *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
	void *library = dlopen("libstdc++.so.6", RTLD_NOW);
	if (library)
		compare_object(dlsym(library, "__cxa_throw"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		walk_row(&rows[i]);
	lost_frame_pointer();
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (CHECK(pages != MAP_FAILED) && CHECK(mprotect(pages + 4096, 4096, PROT_NONE) == 0)) {
		by_hand((uint8_t *)pages + 4096 - sizeof smallest);
		damaged((uint8_t *)pages + 4096 - sizeof smallest);
	}
	return unit_done();
}
