/* scope_tree.c — walks a compilation unit once and records its scopes. */
#include "tools/symbols/scope_tree.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/intervals.h"

#include <dwarf.h>
#include <stdlib.h>

enum {
	DEPTH_MAX = 256,
	NONE = -1,
};

/* In the order of the walk: the scopes inside scope i are the next ones, up to `end`. */
struct scope {
	const char *at; /* the entry in the section's memory */
	int32_t around; /* index of the scope around it; NONE: it is the unit */
	uint32_t end;
	uint16_t tag;
};

/* A range of a function's code. */
struct code {
	struct lh_interval is;
	uint32_t scope;
};

struct lh_scope_tree {
	struct lh_arena *arena;
	struct Dwarf_CU *unit;
	struct scope *scope;
	struct code *code;
	uint32_t scopes, codes;
	bool has_types;
};

static bool is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static bool is_scope(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
		return true;
	default:
		return is_block(tag);
	}
}

/* True if this entry shows that the unit has types at all; every unit with types has one of these.
 */
static bool is_type(int tag)
{
	return tag == DW_TAG_base_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_pointer_type || tag == DW_TAG_typedef;
}

static Dwarf_Die die_of(const struct lh_scope_tree *t, uint32_t i)
{
	/* the third field is found by libdw at first use */
	return (Dwarf_Die){.addr = (void *)t->scope[i].at, .cu = t->unit};
}

/* ---- the walk ---- */

static void add_code(struct lh_scope_tree *t, Dwarf_Die *die, uint32_t scope)
{
	Dwarf_Addr base, start, end;

	for (ptrdiff_t next = 0; (next = dwarf_ranges(die, next, &base, &start, &end)) > 0;)
		if (start && start < end) /* a removed function begins at 0 */
			LH_PUSH(t->arena, t->code, t->codes,
				((struct code){.is = {.start = start, .end = end},
					       .scope = scope}));
}

static int32_t add_scope(struct lh_scope_tree *t, Dwarf_Die *die, int tag, int32_t around)
{
	LH_PUSH(t->arena, t->scope, t->scopes,
		((struct scope){.at = die->addr, .around = around, .tag = (uint16_t)tag}));
	if (tag == DW_TAG_subprogram)
		add_code(t, die, t->scopes - 1);
	return (int32_t)t->scopes - 1;
}

/* Each level of the path knows the scope that its entries are in. */
static void walk(struct lh_scope_tree *t, Dwarf_Die *unit)
{
	Dwarf_Die path[DEPTH_MAX];
	int32_t inside[DEPTH_MAX];
	const char *last = unit->addr;
	int depth = 0;

	inside[0] = add_scope(t, unit, dwarf_tag(unit), NONE);
	if (dwarf_child(unit, &path[0]) != 0)
		depth = -1;
	while (depth >= 0 && (const char *)path[depth].addr > last) {
		int tag = dwarf_tag(&path[depth]);

		last = path[depth].addr;
		t->has_types |= is_type(tag);
		if (is_scope(tag)) {
			int32_t own = add_scope(t, &path[depth], tag, inside[depth]);

			if (depth + 1 < DEPTH_MAX &&
			    dwarf_child(&path[depth], &path[depth + 1]) == 0) {
				inside[++depth] = own;
				continue;
			}
		}
		while (depth >= 0 && !lh_next_sibling(&path[depth]))
			depth--;
	}
}

static int by_start(const void *x, const void *y)
{
	const struct code *a = x, *b = y;

	int order = lh_interval_by_start(&a->is, &b->is);

	if (order)
		return order;
	return a->scope < b->scope ? 1 : -1; /* the search goes backwards: the first is found */
}

static void finish(struct lh_scope_tree *t)
{
	for (uint32_t i = 0; i < t->scopes; i++)
		t->scope[i].end = i + 1;
	for (uint32_t i = t->scopes; i-- > 1;) {
		struct scope *around = &t->scope[t->scope[i].around];

		if (around->end < t->scope[i].end)
			around->end = t->scope[i].end;
	}
	lh_intervals_sort(t->code, t->codes, sizeof(*t->code), by_start);
}

struct lh_scope_tree *lh_scope_tree_new(struct lh_arena *arena, const Dwarf_Die *die)
{
	struct lh_scope_tree *t = lh_arena_alloc(arena, sizeof(*t));
	Dwarf_Die any = *die, unit;

	t->arena = arena;
	t->unit = die->cu;
	if (dwarf_diecu(&any, &unit, NULL, NULL))
		walk(t, &unit);
	finish(t);
	return t;
}

/* ---- queries ---- */

bool lh_scope_tree_function(const struct lh_scope_tree *t, Dwarf_Addr at, Dwarf_Die *function)
{
	const struct code *best = NULL;
	uint32_t i = lh_intervals_begun(t->code, t->codes, sizeof(*t->code), at);

	while (i-- > 0 && t->code[i].is.end_of_all > at) {
		const struct code *c = &t->code[i];

		if (c->is.end > at &&
		    (!best || c->is.end - c->is.start <= best->is.end - best->is.start))
			best = c;
	}
	if (best)
		*function = die_of(t, best->scope);
	return best != NULL;
}

bool lh_scope_tree_has_types(const struct lh_scope_tree *t)
{
	return t->has_types;
}

/* Index of the last scope that begins at or before the entry; NONE: there is none. */
static int32_t scope_before(const struct lh_scope_tree *t, const Dwarf_Die *die)
{
	uint32_t low = 0, high = t->scopes;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t->scope[mid].at <= (const char *)die->addr)
			low = mid + 1;
		else
			high = mid;
	}
	return (int32_t)low - 1;
}

/* Only scopes have a known place: of another entry, it is unknown where the scope before it ends.
 */
static int32_t scope_of(const struct lh_scope_tree *t, const Dwarf_Die *die)
{
	int32_t i = die->cu == t->unit ? scope_before(t, die) : NONE;

	return i != NONE && t->scope[i].at == (const char *)die->addr ? i : NONE;
}

static int32_t named_around(const struct lh_scope_tree *t, int32_t i)
{
	do
		i = t->scope[i].around;
	while (i != NONE && is_block(t->scope[i].tag));
	return i;
}

bool lh_scope_tree_parent(const struct lh_scope_tree *t, const Dwarf_Die *die, Dwarf_Die *parent)
{
	int32_t i = scope_of(t, die);

	i = i != NONE ? named_around(t, i) : NONE;
	if (i != NONE)
		*parent = die_of(t, (uint32_t)i);
	return i != NONE;
}

bool lh_scope_tree_next(const struct lh_scope_tree *t, const Dwarf_Die *around, uint32_t *position,
			Dwarf_Die *die)
{
	int32_t own = scope_of(t, around);
	uint32_t i = own == NONE ? 0 : *position ? *position : (uint32_t)own + 1;

	while (own != NONE && i < t->scope[own].end) {
		bool is = !is_block(t->scope[i].tag) && named_around(t, (int32_t)i) == own;

		if (is)
			*die = die_of(t, i);
		/* what is inside a named scope has another scope around it */
		i = is_block(t->scope[i].tag) ? i + 1 : t->scope[i].end;
		*position = i;
		if (is)
			return true;
	}
	return false;
}

bool lh_scope_tree_next_function(const struct lh_scope_tree *t, uint32_t *position, Dwarf_Die *die)
{
	while (*position < t->scopes) {
		uint32_t i = (*position)++;

		if (t->scope[i].tag == DW_TAG_subprogram) {
			*die = die_of(t, i);
			return true;
		}
	}
	return false;
}
