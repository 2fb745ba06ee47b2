/* cfi.c — finds an address in .eh_frame_hdr and runs the call frame program of its function. */
#include "libcheck/stack/cfi.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/*
 * From an address to its rules; the linker wrote all of this data:
 *
 *   .eh_frame_hdr   a sorted table (start address, FDE)     search()
 *   FDE             one function: its range, its program     open_function()
 *   CIE             what functions have in common            open_common()
 *   program         rows of rules, by address                run()
 *
 * - Every read is bounded by the end of the record, every record by the end of the mapping that
 *   it lies in. The end of .eh_frame itself is not known.
 * - A program may remember 2 nested states; compilers use 1.
 */
enum { REMEMBERED = 2 };

/* How the parts of .eh_frame may be encoded (DW_EH_PE_*): a size and what it is relative to. */
enum { PE_SIZE = 0x0f, PE_UDATA4 = 0x03, PE_DATAREL_SDATA4 = 0x3b, PE_OMIT = 0xff };

struct function {
	struct lh_cfi_bytes first, program; /* the instructions of the CIE and of the FDE */
	uint32_t code_factor;
	int32_t data_factor;
	uintptr_t start, range;
	uint8_t pointer; /* how the FDE encodes its addresses */
	bool signal;
	bool sized; /* the FDE has augmentation data, which is skipped by its length */
};

struct run {
	const struct lh_cfi_object *o;
	const struct function *f;
	struct lh_cfi_row *row;
	struct lh_cfi_row initial; /* the row of the CIE, for DW_CFA_restore */
	struct lh_cfi_row saved[REMEMBERED];
	unsigned int depth;
	uintptr_t at, pc;
};

uint64_t lh_cfi_fixed(struct lh_cfi_bytes *b, unsigned int size)
{
	uint64_t v = 0;
	if ((size_t)(b->end - b->at) < size) {
		b->bad = true;
		b->at = b->end;
		return 0;
	}
	switch (size) {
	case 1:
		v = *b->at;
		break;
	case 2:
		__builtin_memcpy(&v, b->at, 2);
		break;
	case 4:
		__builtin_memcpy(&v, b->at, 4);
		break;
	default:
		__builtin_memcpy(&v, b->at, 8);
	}
	b->at += size;
	return v;
}

static uint64_t leb(struct lh_cfi_bytes *b, bool is_signed)
{
	uint64_t v = 0;
	for (unsigned int shift = 0; b->at < b->end && shift < 64; shift += 7) {
		uint8_t byte = *b->at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (is_signed && byte & 0x40 && shift + 7 < 64)
			v |= ~0ull << (shift + 7);
		return v;
	}
	b->bad = true;
	return 0;
}

uint64_t lh_cfi_uleb(struct lh_cfi_bytes *b)
{
	if (b->at < b->end && *b->at < 0x80) /* nearly always */
		return *b->at++;
	return leb(b, false);
}

int64_t lh_cfi_sleb(struct lh_cfi_bytes *b)
{
	return (int64_t)leb(b, true);
}

/* Cuts off the next `n` bytes. */
static struct lh_cfi_bytes consume(struct lh_cfi_bytes *b, uint64_t n)
{
	if ((uint64_t)(b->end - b->at) < n) {
		b->bad = true;
		n = 0;
	}
	struct lh_cfi_bytes part = {b->at, b->at, b->bad};
	if (n > 0) /* C has no sum of a null pointer and 0 */
		b->at = part.end = b->at + n;
	return part;
}

#pragma weak _dl_find_object /* glibc < 2.35 and other libcs have none */

__attribute__((noinline)) bool lh_cfi_find_object(struct lh_cfi_object *o, uintptr_t pc)
{
#if defined(__x86_64__) && defined(DLFO_EH_SEGMENT_TYPE)
	struct dl_find_object found;
	if (!&_dl_find_object || _dl_find_object((void *)pc, &found) != 0)
		return false;
	o->start = (uintptr_t)found.dlfo_map_start;
	o->end = (uintptr_t)found.dlfo_map_end;
	o->header = (uintptr_t)found.dlfo_eh_frame;
	return o->header != 0;
#else
	(void)o, (void)pc;
	return false;
#endif
}

static struct lh_cfi_bytes bytes_from(const struct lh_cfi_object *o, uintptr_t at)
{
	struct lh_cfi_object other = {0};
	uintptr_t end = o->end;
	if (at < o->start || at >= o->end) { /* in another segment of the same object? */
		if (!lh_cfi_find_object(&other, at) || other.header != o->header)
			return (struct lh_cfi_bytes){NULL, NULL, true};
		end = other.end;
	}
	return (struct lh_cfi_bytes){(const uint8_t *)at, (const uint8_t *)end, false};
}

struct lh_cfi_bytes lh_cfi_expression(const struct lh_cfi_object *o, const struct lh_cfi_rule *rule)
{
	struct lh_cfi_bytes b = bytes_from(o, o->header + (uintptr_t)(intptr_t)rule->n);
	uint64_t n = lh_cfi_uleb(&b);
	return consume(&b, n);
}

/* The bytes of one record of .eh_frame after its length. The 64-bit form is not supported. */
static struct lh_cfi_bytes read_entry(const struct lh_cfi_object *o, uintptr_t at)
{
	struct lh_cfi_bytes b = bytes_from(o, at);
	uint64_t n = lh_cfi_fixed(&b, 4);
	if (n == 0 || n >= 0xfffffff0)
		b.bad = true;
	return consume(&b, n);
}

static unsigned int pointer_size(uint8_t encoding)
{
	static const uint8_t size[16] = {8, 0, 2, 4, 8, 0, 0, 0, 8, 0, 2, 4, 8};
	return size[encoding & PE_SIZE];
}

/* Reads the letters of the augmentation and the data of each. */
static bool read_augmentation(struct function *f, struct lh_cfi_bytes *b, const uint8_t *letters)
{
	uint64_t length = lh_cfi_uleb(b);
	struct lh_cfi_bytes data = consume(b, length);
	for (; *letters; letters++) {
		unsigned int size = 0;
		if (*letters == 'R')
			f->pointer = (uint8_t)lh_cfi_fixed(&data, 1);
		else if (*letters == 'S')
			f->signal = true;
		else if (*letters == 'L')
			lh_cfi_fixed(&data, 1);
		else if (*letters == 'P')
			size = pointer_size((uint8_t)lh_cfi_fixed(&data, 1));
		else
			return false;
		if (*letters == 'P' && !size)
			return false;
		consume(&data, size);
	}
	return !data.bad;
}

static bool open_common(struct function *f, const struct lh_cfi_object *o, uintptr_t at)
{
	struct lh_cfi_bytes b = read_entry(o, at);
	uint64_t id = lh_cfi_fixed(&b, 4);
	uint64_t version = lh_cfi_fixed(&b, 1);
	if (b.bad || id != 0 || (version != 1 && version != 3))
		return false;
	const uint8_t *letters = b.at;
	while (lh_cfi_fixed(&b, 1))
		;
	f->code_factor = (uint32_t)lh_cfi_uleb(&b);
	f->data_factor = (int32_t)lh_cfi_sleb(&b);
	uint64_t pc = version == 1 ? lh_cfi_fixed(&b, 1) : lh_cfi_uleb(&b);
	if (b.bad || (int64_t)pc != LH_CFI_REG_PC)
		return false;
	f->sized = *letters == 'z';
	if (*letters && (!f->sized || !read_augmentation(f, &b, letters + 1)))
		return false;
	f->first = b;
	return !b.bad;
}

static __attribute__((noinline)) bool open_function(struct function *f,
						    const struct lh_cfi_object *o, uintptr_t at)
{
	struct lh_cfi_bytes b = read_entry(o, at);
	if (b.bad)
		return false;
	uintptr_t field = (uintptr_t)b.at;
	uint64_t distance = lh_cfi_fixed(&b, 4);
	if (distance == 0 || !open_common(f, o, field - distance))
		return false;
	unsigned int size = pointer_size(f->pointer);
	if (!size)
		return false;
	lh_cfi_fixed(&b, size); /* the start: known from the table */
	f->range = lh_cfi_fixed(&b, size);
	if (f->sized)
		consume(&b, lh_cfi_uleb(&b));
	f->program = b;
	return !b.bad;
}

/* The last entry that begins at or before `pc`. 0: there is none, or an unusual form of table. */
static uintptr_t search(const struct lh_cfi_object *o, uintptr_t pc, uintptr_t *start)
{
	struct entry {
		int32_t pc, fde; /* relative to the header */
	};
	struct lh_cfi_bytes b = bytes_from(o, o->header);
	const uint8_t *kind = b.at; /* version, then the encodings of .eh_frame, count and table */
	if (lh_cfi_fixed(&b, 4) == 0 || kind[0] != 1 || kind[1] == PE_OMIT ||
	    kind[2] != PE_UDATA4 || kind[3] != PE_DATAREL_SDATA4 || !pointer_size(kind[1]))
		return 0;
	consume(&b, pointer_size(kind[1]));
	size_t n = lh_cfi_fixed(&b, 4);
	const struct entry *table = (const struct entry *)b.at;
	if (b.bad || n == 0 || n > (size_t)(b.end - b.at) / sizeof *table)
		return 0;
	intptr_t want = (intptr_t)(pc - o->header);
	if (want < table[0].pc)
		return 0;
	size_t low = 0; /* table[low].pc <= want always; halves without a branch to mispredict */
	while (n > 1) {
		size_t half = n / 2;
		low += table[low + half].pc <= want ? half : 0;
		n -= half;
	}
	*start = o->header + (uintptr_t)(intptr_t)table[low].pc;
	return o->header + (uintptr_t)(intptr_t)table[low].fde;
}

/* The rule of a register; `forget` for a register that we do not follow. */
static struct lh_cfi_rule *rule_of(struct lh_cfi_row *row, uint64_t reg, struct lh_cfi_rule *forget)
{
	switch (reg) {
	case LH_CFI_REG_PC:
		return &row->pc;
	case LH_CFI_REG_BP:
		return &row->bp;
	case LH_CFI_REG_SP:
		return &row->sp;
	default:
		return forget;
	}
}

/* A factored offset. Unsigned, since damaged data may overflow; set() refuses what is too large. */
static int64_t factored(const struct run *r, uint64_t n)
{
	return (int64_t)(n * (uint64_t)(int64_t)r->f->data_factor);
}

static bool set(struct run *r, uint64_t reg, enum lh_cfi_how how, int64_t n)
{
	struct lh_cfi_rule forget;
	*rule_of(r->row, reg, &forget) = (struct lh_cfi_rule){.n = (int32_t)n, .how = (uint8_t)how};
	return n == (int32_t)n;
}

static bool restore(struct run *r, uint64_t reg)
{
	struct lh_cfi_rule forget = {0};
	*rule_of(r->row, reg, &forget) = *rule_of(&r->initial, reg, &forget);
	return true;
}

static bool set_cfa(struct run *r, enum lh_cfi_how how, uint64_t reg, int64_t n)
{
	r->row->cfa = (struct lh_cfi_rule){(int32_t)n, (uint8_t)how, (uint8_t)reg};
	return reg < 256 && n == (int32_t)n;
}

/* Skips an expression and returns its offset from the header. */
static int64_t expression(struct run *r, struct lh_cfi_bytes *b)
{
	int64_t n = (int64_t)((uintptr_t)b->at - r->o->header);
	consume(b, lh_cfi_uleb(b));
	return n;
}

static bool remember(struct run *r)
{
	if (r->depth == REMEMBERED)
		return false;
	r->saved[r->depth++] = *r->row;
	return true;
}

static bool recall(struct run *r)
{
	if (r->depth == 0)
		return false;
	*r->row = r->saved[--r->depth];
	return true;
}

/* The instructions about the CFA, and those about no register. */
static bool do_frame(struct run *r, struct lh_cfi_bytes *b, uint8_t op)
{
	struct lh_cfi_rule *cfa = &r->row->cfa;
	uint64_t reg;
	switch (op) {
	case 0x00: /* nop */
		return true;
	case 0x0a:
		return remember(r);
	case 0x0b:
		return recall(r);
	case 0x0c: /* def_cfa */
		reg = lh_cfi_uleb(b);
		return set_cfa(r, LH_CFI_AT, reg, (int64_t)lh_cfi_uleb(b));
	case 0x0d: /* def_cfa_register */
		return set_cfa(r, LH_CFI_AT, lh_cfi_uleb(b), cfa->n);
	case 0x0e: /* def_cfa_offset */
		return set_cfa(r, LH_CFI_AT, cfa->reg, (int64_t)lh_cfi_uleb(b));
	case 0x0f: /* def_cfa_expression */
		return set_cfa(r, LH_CFI_COMPUTED, 0, expression(r, b));
	case 0x12: /* def_cfa_sf */
		reg = lh_cfi_uleb(b);
		return set_cfa(r, LH_CFI_AT, reg, factored(r, (uint64_t)lh_cfi_sleb(b)));
	case 0x13: /* def_cfa_offset_sf */
		return set_cfa(r, LH_CFI_AT, cfa->reg, factored(r, (uint64_t)lh_cfi_sleb(b)));
	case 0x2e: /* GNU_args_size: for exceptions only */
		lh_cfi_uleb(b);
		return true;
	default: /* set_loc, and unknown instructions */
		return false;
	}
}

/* The instructions about one register. */
static bool do_register(struct run *r, struct lh_cfi_bytes *b, uint8_t op)
{
	uint64_t reg = lh_cfi_uleb(b);
	switch (op) {
	case 0x05: /* offset_extended */
		return set(r, reg, LH_CFI_AT, factored(r, lh_cfi_uleb(b)));
	case 0x06: /* restore_extended */
		return restore(r, reg);
	case 0x07:
		return set(r, reg, LH_CFI_UNDEFINED, 0);
	case 0x08:
		return set(r, reg, LH_CFI_SAME, 0);
	case 0x10:
		return set(r, reg, LH_CFI_COMPUTED, expression(r, b));
	case 0x11: /* offset_extended_sf */
		return set(r, reg, LH_CFI_AT, factored(r, (uint64_t)lh_cfi_sleb(b)));
	case 0x16: /* val_expression */
		expression(r, b);
		return set(r, reg, LH_CFI_OTHER, 0);
	default: /* register, val_offset, val_offset_sf: one more number */
		lh_cfi_uleb(b);
		return set(r, reg, LH_CFI_OTHER, 0);
	}
}

static bool do_one(struct run *r, struct lh_cfi_bytes *b)
{
	const uint32_t about_register = 1u << 0x05 | 1u << 0x06 | 1u << 0x07 | 1u << 0x08 |
					1u << 0x09 | 1u << 0x10 | 1u << 0x11 | 1u << 0x14 |
					1u << 0x15 | 1u << 0x16;
	uint8_t op = (uint8_t)lh_cfi_fixed(b, 1);
	uint8_t low = op & 0x3f;
	switch (op >> 6) {
	case 1: /* advance_loc */
		r->at += (uintptr_t)low * r->f->code_factor;
		return true;
	case 2: /* offset */
		return set(r, low, LH_CFI_AT, factored(r, lh_cfi_uleb(b)));
	case 3:
		return restore(r, low);
	}
	if (op >= 0x02 && op <= 0x04) { /* advance_loc1, 2, 4 */
		r->at += lh_cfi_fixed(b, 1u << (op - 2)) * r->f->code_factor;
		return true;
	}
	if (op < 32 && about_register >> op & 1)
		return do_register(r, b, op);
	return do_frame(r, b, op);
}

/* Runs a program up to r->pc; the instructions after that are for later addresses. */
static bool run(struct run *r, struct lh_cfi_bytes b)
{
	while (b.at < b.end && r->at <= r->pc)
		if (!do_one(r, &b) || b.bad)
			return false;
	return true;
}

static __attribute__((noinline)) bool rules_at(const struct lh_cfi_object *o,
					       const struct function *f, uintptr_t pc,
					       struct lh_cfi_row *row)
{
	struct run r = {.o = o, .f = f, .row = row, .at = f->start, .pc = pc};
	*row = (struct lh_cfi_row){.cfa.how = LH_CFI_OTHER};
	if (!run(&r, f->first))
		return false;
	r.initial = *row;
	r.at = f->start;
	return run(&r, f->program);
}

enum lh_cfi_result lh_cfi_find(const struct lh_cfi_object *o, uintptr_t pc, struct lh_cfi_row *row)
{
	struct function f = {0};
	uintptr_t fde = search(o, pc, &f.start);
	if (!fde)
		return LH_CFI_NOT_THERE;
	if (!open_function(&f, o, fde))
		return LH_CFI_NOT_READ;
	if (pc - f.start >= f.range)
		return LH_CFI_NOT_THERE;
	if (!rules_at(o, &f, pc, row))
		return LH_CFI_NOT_READ;
	return f.signal ? LH_CFI_FOUND_SIGNAL : LH_CFI_FOUND;
}
