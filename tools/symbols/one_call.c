/* one_call.c — proves of short functions that they do nothing but one call. */
#include "tools/symbols/one_call.h"
#include "tools/symbols/callee.h"
#include "tools/symbols/x86_64.h"

#include <dwarf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUCTIONS_MAX = LH_ONE_CALL_BYTES, RANGES_MAX = 16, OUTSIDE_MAX = 64 };

struct instruction {
	struct lh_instruction is;
	uint64_t at;  /* libdwfl's address */
	bool stops;   /* a call that does not return */
	bool returns; /* a path leads from it to the end of the function */
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
static const char *callee(struct lh_symbols *s, const struct function *f,
			  const struct lh_instruction *i)
{
	return i->target || i->slot ? lh_symbol_callee(s, f->object, i->target, i->slot) : NULL;
}

/* Does the function end the program, or throw? */
static bool never_returns(const char *name)
{
	static const char *const names[] = {
		"abort",          "exit",          "_exit",
		"_Exit",          "quick_exit",    "err",
		"errx",           "verr",          "verrx",
		"__cxa_throw",    "__cxa_rethrow", "__cxa_throw_bad_array_new_length",
		"_Unwind_Resume", "longjmp",       "siglongjmp",
		"pthread_exit",   "thrd_exit"};
	static const char *const begins[] = {
		"__assert",       "__stack_chk_fail",    "__clang_call_terminate",
		"_ZSt9terminate", "g_assertion_message", "__fortify_fail",
		"__chk_fail"};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0 &&
		    strchr("@", name[strlen(names[i])]))
			return true;
	for (size_t i = 0; name && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	/* std::__throw_system_error(int), std::__1::__throw_system_error(int, char const*) */
	return name && (strncmp(name, "_ZSt", 4) == 0 || strncmp(name, "_ZNSt", 5) == 0) &&
	       strstr(name, "__throw_");
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
	struct lh_instruction i;
	const uint8_t *byte;
	size_t n = 0;

	while ((*steps)-- > 0) {
		byte = lh_symbol_bytes(f->elf, at - f->object->bias, &n);
		if (!byte || !lh_x86_64_decode(byte, n, at, &i) || i.flow == LH_FLOW_RETURN)
			return false;
		if (i.flow == LH_FLOW_END)
			return true;
		if (i.flow != LH_FLOW_BRANCH && never_returns(callee(s, f, &i)))
			return true;
		if (i.flow == LH_FLOW_BRANCH && !never_ends(s, f, i.target, steps))
			return false;
		at = i.flow == LH_FLOW_JUMP ? i.target : at + i.length;
		if (!at)
			return false;
	}
	return false;
}

/* Does what is called here never return? */
static bool stops(struct lh_symbols *s, const struct function *f, const struct lh_instruction *i)
{
	int steps = OUTSIDE_MAX;

	if (i->flow != LH_FLOW_CALL && i->flow != LH_FLOW_JUMP)
		return false;
	return !is_inside(f, i->target) && (never_returns(callee(s, f, i)) ||
					    (i->target && never_ends(s, f, i->target, &steps)));
}

static bool decode_range(struct lh_symbols *s, struct function *f, uint64_t at, uint64_t end)
{
	size_t n = 0;
	const uint8_t *byte = lh_symbol_bytes(f->elf, at - f->object->bias, &n);

	if (!byte || n < end - at)
		return false;
	while (at < end) {
		struct instruction *c = &f->code[f->n];

		if (f->n == INSTRUCTIONS_MAX || !lh_x86_64_decode(byte, end - at, at, &c->is))
			return false;
		f->n++;
		c->at = at;
		at += c->is.length;
		byte += c->is.length;
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
	if (c->stops || c->is.flow == LH_FLOW_END)
		return false;
	if (c->is.flow == LH_FLOW_RETURN || (c->is.flow == LH_FLOW_JUMP && !c->is.target))
		return true;
	if ((c->is.flow == LH_FLOW_JUMP || c->is.flow == LH_FLOW_BRANCH) &&
	    returns_outside(s, f, c->is.target))
		return true;
	/* Code falls out of an inlined copy, not out of a function. */
	return c->is.flow != LH_FLOW_JUMP && f->inlined &&
	       returns_outside(s, f, c->at + c->is.length);
}

static bool returns_at(const struct function *f, uint64_t at)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->code[i].at == at)
			return f->code[i].returns;
	return false;
}

static bool leads_to_return(const struct function *f, const struct instruction *c)
{
	if (c->returns || c->stops || c->is.flow == LH_FLOW_END)
		return c->returns;
	if ((c->is.flow == LH_FLOW_JUMP || c->is.flow == LH_FLOW_BRANCH) &&
	    returns_at(f, c->is.target))
		return true;
	return c->is.flow != LH_FLOW_JUMP && returns_at(f, c->at + c->is.length);
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
	if (c->is.flow == LH_FLOW_CALL)
		return true;
	if (c->is.flow != LH_FLOW_JUMP && c->is.flow != LH_FLOW_BRANCH)
		return false;
	if (!c->is.target)
		return true; /* a switch, or a call through a pointer */
	return returns_outside(s, f, c->is.target) && (!f->inlined || callee(s, f, &c->is));
}

static bool writes_its_own(const struct function *f, enum lh_writes where, bool constructor)
{
	return where == LH_WRITES_NONE || where == LH_WRITES_STACK ||
	       (where == LH_WRITES_FRAME && f->frame) || (where != LH_WRITES_GLOBAL && constructor);
}

/* Is the call that ends at `at` all that the function does? */
static bool only_calls(struct lh_symbols *s, struct function *f, uint64_t at, bool constructor)
{
	bool found = false;

	mark_returns(s, f);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct instruction *c = &f->code[i];

		if (!c->returns)
			continue;
		if (!writes_its_own(f, c->is.writes, constructor))
			return false;
		if (!calls(s, f, c))
			continue;
		if (c->is.flow != LH_FLOW_CALL || c->at + c->is.length != at)
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
		does = does && only_calls(s, f, at, is_constructor(function));
	}
	free(f);
	return does;
}
