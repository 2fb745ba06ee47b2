/*
 * lock_of_call.c — names the lock that a call gets, by the types of the variables around the call.
 *
 * The code before the call says where the pointer to the lock came from (code_values.h), as a load
 * from a variable, say, plus 40. The variables of the function and of those inlined there are
 * compared with that: if `this` is a part of it, what is left leads through its type to the member.
 * If the function got the pointer itself, the search goes on in its caller.
 */
#include "libcheck/kinds.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/expression.h"
#include "tools/symbols/functions.h"
#include "tools/symbols/type_path.h"

#include <ctype.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

enum {
	FRAMES_MAX = 12,
	RDI = 5,               /* DWARF's number of the first argument's register */
	CODE_MAX = 256 * 1024, /* bytes of one function */
	SMALL = 40 + 16        /* bytes of a type that is little more than a lock */
};

struct search {
	struct lh_symbols *symbols;
	struct lh_arena *arena;
	unsigned kind;
	struct lh_object *object;
	struct lh_scopes scopes;
	struct lh_call_values values;
	struct lh_value lock;   /* the pointer, in the present frame */
	bool lost;              /* the code did not say where the pointer comes from */
	bool outward;           /* `passed` is known */
	struct lh_value passed; /* the pointer, by the registers at the function's entry */
	const char *lock_type;  /* what a lock function of the program gets */
	struct lh_lock_name best;
};

static void found(struct search *x, const char *text, enum lh_name_rank rank)
{
	if (text && rank > x->best.rank)
		x->best = (struct lh_lock_name){text, rank};
}

/* ---- the frame ---- */

/* The code of the function from its start. */
static bool read_code(struct search *x, Dwarf_Addr start, Dwarf_Addr end)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(x->object->module, &bias);
	size_t headers;

	if (!elf || elf_getphdrnum(elf, &headers) != 0 || end <= start || end - start > CODE_MAX)
		return false;
	for (size_t i = 0; i < headers; i++) {
		GElf_Phdr h;
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &h) || h.p_type != PT_LOAD ||
		    start - bias < h.p_vaddr || end - bias > h.p_vaddr + h.p_filesz)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)(h.p_offset + (start - bias - h.p_vaddr)),
					    end - start, ELF_T_BYTE);
		return data &&
		       lh_code_values(data->d_buf, data->d_size, start, x->values.call, &x->values);
	}
	return false;
}

/* The part of the function that contains the call. */
static bool read_values(struct search *x, Dwarf_Addr after)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;
	GElf_Ehdr header;
	GElf_Addr bias;

	if (!gelf_getehdr(dwfl_module_getelf(x->object->module, &bias), &header) ||
	    header.e_machine != EM_X86_64)
		return false;
	while ((at = dwarf_ranges(&x->scopes.scope[0], at, &base, &start, &end)) > 0)
		if (after - 1 - x->scopes.bias >= start && after - 1 - x->scopes.bias < end) {
			x->values.call = after;
			return read_code(x, start + x->scopes.bias, end + x->scopes.bias);
		}
	return false;
}

static bool find_scopes(struct search *x, const struct lh_symbol_frame *frame)
{
	x->object = lh_symbol_object(x->symbols, frame->module);
	return x->object->module &&
	       lh_scopes_at(x->symbols, x->object, frame->offset + x->object->bias - 1, &x->scopes);
}

/* ---- what is left of the pointer behind a variable ---- */

static bool rest_behind(const struct lh_value *lock, const struct lh_value *v,
			struct lh_value *rest)
{
	if (lock->root != v->root || lock->of != v->of || lock->loads < v->loads ||
	    (lock->root == LH_UNKNOWN && !lock->of))
		return false;
	for (uint32_t i = 0; i < v->loads; i++)
		if (lock->offset[i] != v->offset[i])
			return false;
	*rest = (struct lh_value){.loads = lock->loads - v->loads};
	for (uint32_t i = 0; i <= rest->loads; i++)
		rest->offset[i] = lock->offset[v->loads + i];
	rest->offset[0] -= v->offset[v->loads];
	return true;
}

/* A variable in memory is compared by its address; a pointer also by its value. */
static bool is_behind(struct search *x, Dwarf_Die *variable, struct lh_place *place,
		      struct lh_value *rest)
{
	Dwarf_Die type;
	const char *name;

	if (rest_behind(&x->lock, &place->at, rest))
		return true;
	if (!place->memory || !lh_type_of(variable, &type, &name) ||
	    (lh_declaration_is_class(&type) && !lh_is_closure(&type) &&
	     !lh_type_is_standard(x->symbols, &type)))
		return false;
	*place = (struct lh_place){lh_call_load(&x->values, place->at), false};
	return rest_behind(&x->lock, &place->at, rest);
}

/* A pointer may point into an array: its elements have one name. */
static bool into_element(struct lh_type_path *p)
{
	Dwarf_Word size;

	if ((int64_t)p->into < 0)
		return false;
	if (dwarf_aggregate_size(&p->type, &size) != 0)
		return p->into == 0; /* `void` */
	if (size)
		p->into %= size;
	return size > 0;
}

static bool follow_all(struct lh_type_path *p, const struct lh_value *rest, bool memory)
{
	for (uint32_t i = memory; i <= rest->loads; i++)
		if (!lh_type_path_follow(p, (uint64_t)rest->offset[i]) || !into_element(p))
			return false;
	return true;
}

/* From the variable to the lock, or to the object that has it. `memory`: `rest` begins at the
 * variable's address, not at its value. */
static bool walk_from(struct search *x, Dwarf_Die *variable, bool memory,
		      const struct lh_value *rest, struct lh_type_path *path)
{
	Dwarf_Word size;

	if (!lh_type_path_begin(path, x->symbols, x->object, variable,
				memory ? (uint64_t)rest->offset[0] : 0))
		return false;
	if (memory && (dwarf_aggregate_size(&path->type, &size) != 0 || path->into >= size))
		return false;
	path->lock_type = x->lock_type;
	return follow_all(path, rest, memory);
}

/* ---- names ---- */

/* The function whose scope it is: blocks are parts of functions. */
static Dwarf_Die *function_around(struct search *x, uint32_t scope)
{
	while (scope && dwarf_tag(&x->scopes.scope[scope]) == DW_TAG_lexical_block)
		scope--;
	return &x->scopes.scope[scope];
}

static const char *local_name(struct search *x, Dwarf_Die *function, Dwarf_Die *variable,
			      const char *path)
{
	const char *in = lh_function_name(x->symbols, function), *name = dwarf_diename(variable);

	return in && name ? lh_arena_printf(x->arena, "%s::%s%s", in, name, path) : NULL;
}

/* A wait has two locks, and the second argument is not known. */
static bool is_of_kind(const struct search *x, const struct lh_type_path *p)
{
	Dwarf_Die type = p->type;
	const char *name = p->name ? p->name : dwarf_diename(&type);
	bool condition =
		name && (strstr(name, "cond") || strstr(name, "cnd_t") || strstr(name, "GCond"));

	return condition == (lh_kind_acts(x->kind) == LH_COND);
}

static const char *captured_name(struct search *x, const struct lh_type_path *p)
{
	Dwarf_Die closure = p->closure;
	const char *in = lh_closure_function(x->symbols, &closure);

	return in ? lh_arena_printf(x->arena, "%s::%s%s", in, p->captured, "") : NULL;
}

static bool is_lock_word(const char *name)
{
	char lower[64];
	size_t i = 0;

	for (; name && name[i] && i + 1 < sizeof(lower); i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	return strstr(lower, "lock") || strstr(lower, "acquire") || strstr(lower, "enter");
}

/* A lock of the program in a struct of its own, in a function that locks: its owner is further out.
 */
static bool is_lock_alone(struct search *x, const struct lh_type_path *object, Dwarf_Die *function)
{
	Dwarf_Die type = object->type;
	Dwarf_Word size;

	if (!is_lock_word(dwarf_diename(function)) || dwarf_aggregate_size(&type, &size) != 0 ||
	    size > SMALL)
		return false;
	x->lock_type = object->name ? object->name : dwarf_diename(&type);
	return true;
}

/* `variable` holds the lock or leads to it: `path` has come to the object that has it. */
static void name_object(struct search *x, struct lh_type_path *path, Dwarf_Die *function,
			Dwarf_Die *variable, bool holds)
{
	struct lh_type_path object = *path;
	const char *name;

	lh_type_path_to_lock(path);
	if (!lh_type_path_is_lock(path) || !is_of_kind(x, path))
		return;
	name = lh_type_path_name(path);
	if (name && !holds && is_lock_alone(x, &object, function))
		found(x, name, LH_NAME_POINTER);
	else if (name)
		found(x, name, LH_NAME_MEMBER);
	else if (holds)
		found(x, local_name(x, function, variable, path->text), LH_NAME_LOCAL);
}

/* A guard that holds the pointer is none. */
static bool is_pointer_variable(Dwarf_Die *variable)
{
	Dwarf_Die type;
	const char *name;

	if (!lh_type_of(variable, &type, &name))
		return false;
	name = dwarf_diename(&type);
	return !lh_declaration_is_class(&type) || (name && (strncmp(name, "unique_ptr<", 11) == 0 ||
							    strncmp(name, "shared_ptr<", 11) == 0));
}

/* The variable points to the lock itself. */
static void name_pointer(struct search *x, struct lh_type_path *path, Dwarf_Die *function,
			 Dwarf_Die *variable)
{
	const char *name = lh_type_path_name(path);

	if (!is_of_kind(x, path))
		return;
	if (name) /* a guard's reference says whose lock it has, but the lock is another's */
		found(x, name, path->by_reference ? LH_NAME_POINTER : LH_NAME_MEMBER);
	else if (path->captured)
		found(x, captured_name(x, path), LH_NAME_LOCAL);
	else if (dwarf_tag(variable) == DW_TAG_variable && is_pointer_variable(variable))
		found(x, local_name(x, function, variable, ""), LH_NAME_POINTER);
}

/* ---- parameters ---- */

/* The register of a parameter, if all before it have one register each; -1: not known. */
static int register_of(Dwarf_Die *function, Dwarf_Die *parameter)
{
	static const int8_t number[] = {RDI, 4, 1, 2, 8, 9};
	Dwarf_Off wanted = dwarf_dieoffset(parameter);
	Dwarf_Die child, type;
	Dwarf_Word size;
	const char *name;
	uint32_t n = 0;

	if (lh_type_of(function, &type, &name) && dwarf_aggregate_size(&type, &size) == 0 &&
	    size > 8)
		return -1; /* may be returned in memory, and then its address is the first */
	if (dwarf_child(function, &child) != 0)
		return -1;
	do {
		int tag;

		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		if (dwarf_dieoffset(&child) == wanted)
			return n < sizeof(number) ? number[n] : -1;
		tag = lh_type_of(&child, &type, &name) ? dwarf_tag(&type) : 0;
		if (tag != DW_TAG_pointer_type && tag != DW_TAG_reference_type &&
		    tag != DW_TAG_rvalue_reference_type && tag != DW_TAG_enumeration_type &&
		    !(tag == DW_TAG_base_type && dwarf_aggregate_size(&type, &size) == 0 &&
		      size <= 8 && strcmp(name ? name : "", "double") != 0))
			return -1;
		n++;
	} while (lh_next_sibling(&child));
	return -1;
}

/* `rest`: what is behind the parameter, or behind its address. */
static void pass(struct search *x, Dwarf_Die *parameter, bool memory, struct lh_value rest)
{
	int reg = register_of(&x->scopes.scope[0], parameter);

	if (reg < 0 || x->outward)
		return;
	if (memory) {
		rest.loads--;
		memmove(rest.offset, rest.offset + 1, (rest.loads + 1) * sizeof(rest.offset[0]));
	}
	x->passed = rest;
	x->passed.root = LH_ENTRY;
	x->passed.of = (uint32_t)reg;
	x->outward = true;
}

/* ---- one frame ---- */

static void match(struct search *x, uint32_t scope, Dwarf_Die *variable)
{
	Dwarf_Die *function = function_around(x, scope);
	struct lh_type_path path;
	struct lh_place place;
	struct lh_value rest;
	bool holds;

	if (!lh_place_of(variable, &x->scopes.scope[0], x->scopes.bias, &x->values, &place) ||
	    !is_behind(x, variable, &place, &rest) ||
	    !walk_from(x, variable, place.memory, &rest, &path))
		return;
	holds = place.memory && !rest.loads;
	if (scope == 0 && !holds && dwarf_tag(variable) == DW_TAG_formal_parameter)
		pass(x, variable, place.memory, rest);
	if (!holds && lh_type_path_is_lock(&path))
		name_pointer(x, &path, function, variable);
	else
		name_object(x, &path, function, variable, holds);
}

/* The pointer is the address of a variable outside of functions. A lock that lies elsewhere, behind
 * that variable, has no name by its own address. */
static void match_address(struct search *x)
{
	uint64_t at = (uint64_t)x->lock.offset[0];
	const struct lh_variable *v =
		lh_variables_before(lh_symbol_variables(x->symbols, x->object), (Dwarf_Addr)at);
	struct lh_type_path path;
	const char *name;
	Dwarf_Die die;

	if (!v)
		return;
	die = v->die;
	name = dwarf_diename(&die);
	if (!name || !lh_type_path_begin(&path, x->symbols, x->object, &die, at - v->start))
		return;
	lh_type_path_to_lock(&path);
	if (lh_type_path_is_lock(&path) && is_of_kind(x, &path))
		found(x, lh_arena_printf(x->arena, "%s%s%s", v->scope, name, path.text),
		      LH_NAME_GLOBAL);
}

/* The pointer was loaded from a variable outside of functions. */
static void match_global(struct search *x)
{
	const struct lh_variable *v;
	struct lh_type_path path;
	struct lh_value rest, at = {.root = LH_ADDRESS};
	Dwarf_Die die, *function = &x->scopes.scope[0];
	const char *name;

	if (x->lock.root == LH_ADDRESS && !x->lock.loads)
		match_address(x);
	if (x->lock.root != LH_ADDRESS || !x->lock.loads)
		return;
	v = lh_variables_before(lh_symbol_variables(x->symbols, x->object),
				(Dwarf_Addr)x->lock.offset[0]);
	if (!v)
		return;
	die = v->die;
	at.offset[0] = (int64_t)v->start;
	if (!rest_behind(&x->lock, &at, &rest) || !walk_from(x, &die, true, &rest, &path))
		return;
	name = dwarf_diename(&die);
	if (!lh_type_path_is_lock(&path))
		name_object(x, &path, function, &die, false);
	else if (lh_type_path_name(&path))
		name_pointer(x, &path, function, &die);
	else if (name && is_of_kind(x, &path))
		found(x, lh_arena_printf(x->arena, "%s%s", v->scope, name), LH_NAME_GLOBAL);
}

static bool is_standard(struct search *x, Dwarf_Die *scope)
{
	Dwarf_Die written = lh_declaration(scope);

	return lh_type_is_standard(x->symbols, &written);
}

/* Is the whole frame code of the C++ library? */
static bool is_all_standard(struct search *x)
{
	for (uint32_t i = 0; i < x->scopes.n; i++)
		if (dwarf_tag(&x->scopes.scope[i]) != DW_TAG_lexical_block &&
		    !is_standard(x, &x->scopes.scope[i]))
			return false;
	return true;
}

/* A guard of the C++ library keeps the lock that it gets: only its parameter is asked. */
static void pass_lock_parameter(struct search *x)
{
	Dwarf_Die child;
	uint32_t n = 0;

	if (dwarf_child(&x->scopes.scope[0], &child) != 0)
		return;
	do {
		struct lh_type_path path;
		const struct lh_value none = {0};

		if (dwarf_tag(&child) != DW_TAG_formal_parameter ||
		    !lh_type_path_begin(&path, x->symbols, x->object, &child, 0) ||
		    !lh_type_path_follow(&path, 0) || !lh_type_path_is_lock(&path))
			continue;
		x->outward = false;
		if (n++ == 0)
			pass(x, &child, false, none);
	} while (lh_next_sibling(&child));
	x->outward &= n < 2;
}

static void search_frame(struct search *x)
{
	x->outward = x->lock.root == LH_ENTRY;
	x->passed = x->lock;
	if (is_all_standard(x)) {
		pass_lock_parameter(x);
		return;
	}
	for (uint32_t i = x->scopes.n; i-- > 0 && x->best.rank < LH_NAME_LOCAL;) {
		Dwarf_Die child;

		if (dwarf_child(&x->scopes.scope[i], &child) != 0)
			continue;
		do {
			int tag = dwarf_tag(&child);

			if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable)
				match(x, i, &child);
		} while (lh_next_sibling(&child));
	}
	if (x->best.rank < LH_NAME_LOCAL)
		match_global(x);
}

/* ---- where the code does not say ---- */

/* The locks that the variables of a function lead to. */
struct candidates {
	struct search *search;
	const char *name;
	bool several;
};

static void add_candidate(void *with, struct lh_type_path *path)
{
	struct candidates *c = with;
	const char *name;

	if (!is_of_kind(c->search, path))
		return;
	name = lh_type_path_name(path);
	if (!name && path->captured)
		name = captured_name(c->search, path);
	c->several |= !name || (c->name && strcmp(c->name, name) != 0);
	c->name = name ? name : c->name;
}

static void add_variables(struct candidates *c, Dwarf_Die *scope)
{
	struct search *x = c->search;
	struct lh_type_path path;
	Dwarf_Die child;

	if (dwarf_child(scope, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);

		if ((tag == DW_TAG_formal_parameter || tag == DW_TAG_variable) &&
		    lh_type_path_begin(&path, x->symbols, x->object, &child, 0))
			lh_type_path_visit(&path, 0, 2, add_candidate, c);
	} while (lh_next_sibling(&child));
}

/* The only lock that the variables of the innermost function of the program lead to. */
static void find_likely(struct search *x)
{
	struct candidates c = {.search = x};
	uint32_t end = x->scopes.n, i;

	for (i = end; i-- > 0;) {
		if (dwarf_tag(&x->scopes.scope[i]) == DW_TAG_lexical_block)
			continue;
		if (!is_standard(x, &x->scopes.scope[i]))
			break;
		end = i;
	}
	if (!end)
		return;
	for (; i < end; i++)
		add_variables(&c, &x->scopes.scope[i]);
	if (!c.several)
		found(x, c.name, LH_NAME_LIKELY);
}

/* ---- the stack ---- */

/* Does the call lead to the function of the frame before? A function that ends in a call of another
 * is not on the stack. */
static bool is_call_of(struct search *x, Dwarf_Addr function)
{
	struct lh_scopes scopes;
	Dwarf_Addr target = x->values.target;

	return !target || target == function ||
	       !lh_scopes_at(x->symbols, x->object, target, &scopes);
}

/* The pointer in the caller, by the registers at the call. */
static struct lh_value from_caller(const struct lh_call_values *caller, const struct lh_value *v)
{
	struct lh_value at = caller->reg[v->of % LH_REGISTERS];

	at = lh_value_plus(at, v->offset[0]);
	for (uint32_t i = 1; i <= v->loads; i++)
		at = lh_value_plus(lh_call_load(caller, at), v->offset[i]);
	return at;
}

/* A function of the C++ library's object, which passes a lock of its own: `this`. */
static bool is_library_function(struct search *x, const struct lh_symbol_frame *frame)
{
	const char *name = lh_symbol_name(x->symbols, frame->module, frame->offset, true);

	return name && strncmp(name, "std::", 5) == 0 &&
	       (strstr(name, "mutex::") ||
		(x->kind == LH_COND && strstr(name, "condition_variable::")));
}

/* One frame; false: the search ends here. */
static bool step_out(struct search *x, const struct lh_symbol_frame *frame, Dwarf_Addr *called)
{
	bool known = read_values(x, frame->offset + x->object->bias) && is_call_of(x, *called);

	x->lost |= !known;
	x->outward = false;
	if (!x->lost) {
		x->lock = from_caller(&x->values, &x->passed);
		search_frame(x);
	}
	if (x->outward && x->best.rank < LH_NAME_LOCAL &&
	    dwarf_lowpc(&x->scopes.scope[0], called) == 0) {
		*called += x->scopes.bias;
		return true;
	}
	x->lost = true;
	if (is_all_standard(x))
		return true;
	if (x->best.rank < LH_NAME_LIKELY)
		find_likely(x);
	return false;
}

static void search(struct search *x, const struct lh_symbol_frame *frame, uint32_t n)
{
	Dwarf_Addr called = 0;

	x->passed = (struct lh_value){.root = LH_ENTRY, .of = RDI};
	for (uint32_t i = 0; i < n; i++) {
		if (!find_scopes(x, &frame[i])) {
			if (i == 0 && is_library_function(x, &frame[0]))
				continue;
			break;
		}
		if (!step_out(x, &frame[i], &called))
			break;
	}
}

/* Many processes have the same stack. */
struct lh_lock_name lh_symbol_lock_of_call(struct lh_symbols *s, unsigned kind,
					   const struct lh_symbol_frame *frame, uint32_t n)
{
	struct known {
		bool searched;
		struct lh_lock_name name;
	} * known;
	uint64_t key[1 + 2 * FRAMES_MAX] = {kind};

	n = n < FRAMES_MAX ? n : FRAMES_MAX;
	for (uint32_t i = 0; i < n; i++) {
		key[1 + 2 * i] = (uintptr_t)lh_symbol_object(s, frame[i].module);
		key[2 + 2 * i] = frame[i].offset;
	}
	known = lh_map_get(&s->locks_of_calls, s->arena, key, (1 + 2 * n) * sizeof(*key),
			   sizeof(*known));
	if (!known->searched) {
		struct search *x = lh_arena_alloc(s->arena, sizeof(*x));

		*x = (struct search){.symbols = s, .arena = s->arena, .kind = kind};
		search(x, frame, n);
		*known = (struct known){true, x->best};
	}
	return known->name;
}
