/* one_call.c — proves of short functions that they do nothing but one call. */
#include "tools/symbols/one_call.h"
#include "tools/symbols/callee.h"
#include "tools/machine_code/code_effect.h"

#include <dwarf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum {
	INSTRUCTIONS_MAX = LH_ONE_CALL_BYTES,
	RANGES_MAX = 16,
	OUTSIDE_MAX = 64,
	CALLS_MAX = 12,
	AROUND_MAX = 8
};

struct instruction {
	struct lh_effect is;
	uint64_t at;  /* libdwfl's address */
	bool stops;   /* a call that does not return */
	bool returns; /* a path leads from it to the end of the function */
	bool after;   /* a path leads to it from the call */
};

struct function {
	struct lh_object *object;
	Elf *elf;
	bool inlined;
	bool frame; /* rbp points to the function's own frame */
	uint64_t start[RANGES_MAX], end[RANGES_MAX];
	uint32_t ranges;
	struct instruction code[INSTRUCTIONS_MAX];
	uint32_t n;
};

/* ---- who is called ---- */

/* NULL: unknown, or it goes nowhere else. */
static const char *callee(struct lh_symbols *s, const struct function *f, const struct lh_effect *i)
{
	return i->target || i->slot ? lh_symbol_callee(s, f->object, i->target, i->slot) : NULL;
}

/* ---- the code ---- */

static bool add_ranges(struct function *f, Dwarf_Die *scope, uint64_t bias)
{
	Dwarf_Addr base, start, end;
	uint64_t bytes = 0;

	for (ptrdiff_t at = 0; (at = dwarf_ranges(scope, at, &base, &start, &end)) > 0;) {
		if (f->ranges == RANGES_MAX || end < start || end - start > LH_ONE_CALL_BYTES)
			return false;
		f->start[f->ranges] = start + bias;
		f->end[f->ranges++] = end + bias;
		bytes += end - start;
	}
	return f->ranges && bytes <= LH_ONE_CALL_BYTES;
}

static bool is_inside(const struct function *f, uint64_t at)
{
	for (uint32_t i = 0; i < f->ranges; i++)
		if (at >= f->start[i] && at < f->end[i])
			return true;
	return false;
}

/*
 * Does every path from here end the program or throw? So do the clean-ups of the function around an
 * inlined copy, and a project's own function that reports an error and exits. `steps` bounds the
 * search; beyond it the answer is no.
 */
static bool never_ends(struct lh_symbols *s, const struct function *f, uint64_t at, int *steps)
{
	struct lh_effect i;
	const uint8_t *byte;
	size_t n = 0;

	while ((*steps)-- > 0) {
		byte = lh_symbol_bytes(f->elf, at - f->object->bias, &n);
		if (!byte || !lh_code_effect(byte, n, at, &i) || i.path == LH_PATH_RETURN)
			return false;
		if (i.path == LH_PATH_END)
			return true;
		if (i.path != LH_PATH_BRANCH && lh_callee_never_returns(callee(s, f, &i)))
			return true;
		if (i.path == LH_PATH_BRANCH && !never_ends(s, f, i.target, steps))
			return false;
		at = i.path == LH_PATH_JUMP ? i.target : at + i.length;
		if (!at)
			return false;
	}
	return false;
}

/* The same of a function of this object; remembered. */
static bool function_never_ends(struct lh_symbols *s, const struct function *f, uint64_t at)
{
	const uint64_t key[] = {(uintptr_t)f->object, at};
	struct {
		bool asked, never;
	} *answer = lh_map_get(&s->endings, s->arena, key, sizeof(key), sizeof(*answer));
	int steps = OUTSIDE_MAX;

	if (!answer->asked)
		answer->never = never_ends(s, f, at, &steps);
	answer->asked = true;
	return answer->never;
}

/* Does what is called here never return? */
static bool stops(struct lh_symbols *s, const struct function *f, const struct lh_effect *i)
{
	if ((i->path != LH_PATH_CALL && i->path != LH_PATH_JUMP) || is_inside(f, i->target))
		return false;
	return lh_callee_never_returns(callee(s, f, i)) ||
	       (i->target && function_never_ends(s, f, i->target));
}

static bool decode_range(struct lh_symbols *s, struct function *f, uint64_t at, uint64_t end)
{
	uint32_t calls = 0;
	size_t n = 0;
	const uint8_t *byte = lh_symbol_bytes(f->elf, at - f->object->bias, &n);

	if (!byte || n < end - at)
		return false;
	while (at < end) {
		struct instruction *c = &f->code[f->n];

		if (f->n == INSTRUCTIONS_MAX || !lh_code_effect(byte, end - at, at, &c->is))
			return false;
		f->n++;
		c->at = at;
		at += c->is.length;
		byte += c->is.length;
		calls += c->is.path == LH_PATH_CALL;
		if (calls > CALLS_MAX)
			return false;
		c->stops = stops(s, f, &c->is);
	}
	return true;
}

/* ---- paths ---- */

/* Does a path lead from outside of the code at `at` to the end of the function? */
static bool returns_outside(struct lh_symbols *s, const struct function *f, uint64_t at)
{
	int steps = OUTSIDE_MAX;

	return !is_inside(f, at) && !never_ends(s, f, at, &steps);
}

/* Does the instruction itself return, or leave the code for where a path does? */
static bool leaves(struct lh_symbols *s, const struct function *f, const struct instruction *c)
{
	if (c->stops || c->is.path == LH_PATH_END)
		return false;
	if (c->is.path == LH_PATH_RETURN || (c->is.path == LH_PATH_JUMP && !c->is.target))
		return true;
	if ((c->is.path == LH_PATH_JUMP || c->is.path == LH_PATH_BRANCH) &&
	    returns_outside(s, f, c->is.target))
		return true;
	/* Code falls out of an inlined copy, not out of a function. */
	return c->is.path != LH_PATH_JUMP && f->inlined &&
	       returns_outside(s, f, c->at + c->is.length);
}

static struct instruction *find(struct function *f, uint64_t at)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->code[i].at == at)
			return &f->code[i];
	return NULL;
}

static bool returns_at(struct function *f, uint64_t at)
{
	const struct instruction *c = find(f, at);

	return c && c->returns;
}

static bool leads_to_return(struct function *f, const struct instruction *c)
{
	if (c->returns || c->stops || c->is.path == LH_PATH_END)
		return c->returns;
	if ((c->is.path == LH_PATH_JUMP || c->is.path == LH_PATH_BRANCH) &&
	    returns_at(f, c->is.target))
		return true;
	return c->is.path != LH_PATH_JUMP && returns_at(f, c->at + c->is.length);
}

/* Marks the instructions from which a path leads to the end of the function. */
static void mark_returns(struct lh_symbols *s, struct function *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		f->code[i].returns = leaves(s, f, &f->code[i]);
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = f->n; i-- > 0;) {
			bool does = leads_to_return(f, &f->code[i]);

			changed |= does && !f->code[i].returns;
			f->code[i].returns |= does;
		}
	}
}

/* A jump out of a function calls another one at its end, and one out of an inlined copy goes on in
 * the function around it, unless its target is a function. */
static bool calls(struct lh_symbols *s, struct function *f, const struct instruction *c)
{
	if (c->is.path == LH_PATH_CALL)
		return true;
	if (c->is.path != LH_PATH_JUMP && c->is.path != LH_PATH_BRANCH)
		return false;
	if (!c->is.target)
		return true; /* a switch, or a call through a pointer */
	return returns_outside(s, f, c->is.target) && (!f->inlined || callee(s, f, &c->is));
}

static bool set_after(struct function *f, uint64_t at)
{
	struct instruction *c = find(f, at);
	bool fresh = c && !c->after;

	if (fresh)
		c->after = true;
	return fresh;
}

/* Marks the instructions to which a path leads from the end of the call. */
static void mark_after(struct function *f, uint64_t at)
{
	bool changed = set_after(f, at);

	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < f->n; i++) {
			const struct instruction *c = &f->code[i];

			if (!c->after || c->stops)
				continue;
			if (c->is.path == LH_PATH_JUMP || c->is.path == LH_PATH_BRANCH)
				changed |= set_after(f, c->is.target);
			if (c->is.path != LH_PATH_JUMP && c->is.path != LH_PATH_RETURN)
				changed |= set_after(f, c->at + c->is.length);
		}
	}
}

/*
 * Before the call a function may read what it is given, and a constructor initializes its object;
 * after the call both would be work under the lock.
 */
static bool is_work(const struct function *f, const struct instruction *c, bool constructor)
{
	enum lh_memory where = c->is.memory;

	if (where == LH_MEMORY_NONE || where == LH_MEMORY_STACK ||
	    (where == LH_MEMORY_FRAME && f->frame))
		return false;
	return c->after || (c->is.writes && !(constructor && where != LH_MEMORY_GLOBAL));
}

/* Is the call that ends at `at` all that the function does? */
static bool only_calls(struct lh_symbols *s, struct function *f, uint64_t at, bool constructor)
{
	bool found = false;

	mark_returns(s, f);
	mark_after(f, at);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct instruction *c = &f->code[i];

		if (!c->returns)
			continue;
		if (c->is.path != LH_PATH_CALL && is_work(f, c, constructor))
			return false;
		if (!calls(s, f, c))
			continue;
		if (c->is.path != LH_PATH_CALL || c->at + c->is.length != at)
			return false;
		found = true;
	}
	return found;
}

/* "push %rbp; mov %rsp,%rbp", perhaps after endbr64: rbp is the frame pointer. */
static bool has_frame_pointer(Elf *elf, Dwarf_Die *outer, uint64_t difference)
{
	static const uint8_t push_mov[] = {0x55, 0x48, 0x89, 0xe5};
	const uint8_t *byte;
	Dwarf_Addr at;
	size_t n = 0;

	if (dwarf_entrypc(outer, &at) != 0)
		return false;
	byte = lh_symbol_bytes(elf, at + difference, &n);
	return byte && n >= 8 &&
	       (memcmp(byte, push_mov, 4) == 0 || memcmp(byte + 4, push_mov, 4) == 0);
}

/* Where the part of a qualified name that ends at `end` begins: "Guard" in "ns::Guard<std::mutex>".
 */
static const char *part_before(const char *name, const char *end)
{
	int depth = 0;

	for (; end > name; end--) {
		depth += (end[-1] == '>') - (end[-1] == '<');
		if (!depth && (end[-1] == ':' || end[-1] == ' '))
			break;
	}
	return end;
}

/* "ns::Guard<std::mutex>::Guard(std::mutex&)" */
static bool is_constructor(const char *function)
{
	const char *end = function ? function + strcspn(function, "(") : NULL, *last, *class;

	if (!end)
		return false;
	last = part_before(function, end);
	if (last < function + 3)
		return false;
	class = part_before(function, last - 2);
	return strncmp(class, last, (size_t)(end - last)) == 0 && strchr(":<", class[end - last]);
}

/* ---- what an inlined function returns ---- */

static unsigned number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value = 0;

	return dwarf_attr_integrate(die, name, &attr) && dwarf_formudata(&attr, &value) == 0
		       ? (unsigned)value
		       : 0;
}

/* Is it an int, as the lock calls return? */
static bool is_int(Dwarf_Attribute *type)
{
	Dwarf_Die die;

	return dwarf_formref_die(type, &die) && dwarf_peel_type(&die, &die) == 0 &&
	       dwarf_tag(&die) == DW_TAG_base_type && number_of(&die, DW_AT_byte_size) == 4 &&
	       number_of(&die, DW_AT_encoding) == DW_ATE_signed;
}

/*
 * The code around an inlined copy may read for it what it returns. So an instruction after the call
 * that is not of the copy, reads memory and belongs to the line of the inlined call, is in doubt.
 */
static bool is_read_around(struct lh_symbols *s, const struct function *f, Dwarf_Die *scope,
			   uint64_t bias, uint64_t at)
{
	unsigned call = number_of(scope, DW_AT_call_line);
	Dwarf_Die unit;
	struct lh_effect e = {.path = LH_PATH_NEXT};

	if (!dwarf_diecu(scope, &unit, NULL, NULL))
		return true;
	for (int i = 0; i < AROUND_MAX; i++, at += e.length) {
		size_t n = 0;
		const uint8_t *byte = lh_symbol_bytes(f->elf, at - f->object->bias, &n);
		Dwarf_Line *row = dwarf_getsrc_die(&unit, at - bias);
		int line = 0;

		if (!byte || !lh_code_effect(byte, n, at, &e) || !row ||
		    dwarf_lineno(row, &line) != 0)
			return true;
		if ((unsigned)line == call &&
		    is_work(f, &(struct instruction){.is = e, .after = true}, false))
			return true;
		/* past the check of the call's result */
		if (e.path != LH_PATH_NEXT &&
		    !(e.path == LH_PATH_BRANCH && function_never_ends(s, f, e.target)))
			break;
	}
	return false;
}

/* False: an inlined copy returns something else than the call. */
static bool returns_call(struct lh_symbols *s, const struct function *f, Dwarf_Die *scope,
			 uint64_t bias, uint64_t at)
{
	Dwarf_Attribute type;

	return !f->inlined || !dwarf_attr_integrate(scope, DW_AT_type, &type) ||
	       (is_int(&type) && !is_read_around(s, f, scope, bias, at));
}

bool lh_one_call(struct lh_symbols *s, struct lh_object *o, Dwarf_Die *scope, Dwarf_Die *outer,
		 uint64_t at, const char *function)
{
	struct function *f = calloc(1, sizeof(*f));
	GElf_Addr own;
	Dwarf_Addr bias; /* added to an address of libdw, it is one of libdwfl */
	GElf_Ehdr head;
	bool does = false;

	if (!f)
		return false;
	f->object = o;
	f->elf = dwfl_module_getelf(o->module, &own);
	f->inlined = dwarf_tag(scope) == DW_TAG_inlined_subroutine;
	if (f->elf && dwfl_module_getdwarf(o->module, &bias) && gelf_getehdr(f->elf, &head) &&
	    head.e_machine == EM_X86_64 && add_ranges(f, scope, bias)) {
		f->frame = has_frame_pointer(f->elf, outer, bias - o->bias);
		does = true;
		for (uint32_t i = 0; i < f->ranges && does; i++)
			does = decode_range(s, f, f->start[i], f->end[i]);
		does = does && only_calls(s, f, at, is_constructor(function)) &&
		       returns_call(s, f, scope, bias, at);
	}
	free(f);
	return does;
}
