/* functions.c — reads the functions of compilation units; names them by what they are written in.
 */
#include "tools/symbols/functions.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* The functions with code of a unit. */
struct unit {
	bool read;
	Dwarf_Die *function;
	uint32_t n;
};

static bool holds_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_inlined_subroutine;
}

static bool has_code(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_subprogram &&
	       (dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges));
}

static void read_unit(struct lh_symbols *s, struct unit *u, Dwarf_Die *cu)
{
	Dwarf_Die path[DEPTH_MAX];
	int depth = 0;

	if (dwarf_child(cu, &path[0]) != 0)
		return;
	while (depth >= 0) {
		if (has_code(&path[depth]))
			LH_PUSH(s->arena, u->function, u->n, path[depth]);
		if (depth + 1 < DEPTH_MAX && holds_functions(dwarf_tag(&path[depth])) &&
		    dwarf_child(&path[depth], &path[depth + 1]) == 0) {
			depth++;
			continue;
		}
		while (depth >= 0 && dwarf_siblingof(&path[depth], &path[depth]) != 0)
			depth--;
	}
}

/* The part of a scope that contains the address. */
static bool find_inner(Dwarf_Die *scope, Dwarf_Addr at, Dwarf_Die *inner)
{
	if (dwarf_child(scope, inner) != 0)
		return false;
	do {
		int tag = dwarf_tag(inner);

		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    dwarf_haspc(inner, at) == 1)
			return true;
	} while (dwarf_siblingof(inner, inner) == 0);
	return false;
}

bool lh_scopes_at(struct lh_symbols *s, struct lh_object *o, Dwarf_Addr at, struct lh_scopes *out)
{
	Dwarf_Die *cu = lh_symbol_unit(o->module, at, &out->bias);
	struct unit *u;

	out->n = 0;
	if (!cu)
		return false;
	const uintptr_t key[] = {(uintptr_t)o, dwarf_dieoffset(cu)};

	u = lh_map_get(&s->units, s->arena, key, sizeof(key), sizeof(*u));
	if (!u->read)
		read_unit(s, u, cu);
	u->read = true;
	for (uint32_t i = 0; i < u->n && !out->n; i++)
		if (dwarf_haspc(&u->function[i], at - out->bias) == 1)
			out->scope[out->n++] = u->function[i];
	while (out->n && out->n < LH_SCOPES_MAX &&
	       find_inner(&out->scope[out->n - 1], at - out->bias, &out->scope[out->n]))
		out->n++;
	return out->n;
}

/* ---- names ---- */

/* The entry that was written, of one that was compiled from it. */
static Dwarf_Die written(Dwarf_Die *die)
{
	Dwarf_Die at = *die, next;
	Dwarf_Attribute attr;

	for (int i = 0; i < 4; i++) {
		if (!dwarf_attr(&at, DW_AT_abstract_origin, &attr) &&
		    !dwarf_attr(&at, DW_AT_specification, &attr))
			break;
		if (!dwarf_formref_die(&attr, &next))
			break;
		at = next;
	}
	return at;
}

static bool is_class(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool lh_is_closure(Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	Dwarf_Die child;

	if (!is_class(type))
		return false;
	if (name)
		return strncmp(name, "<lambda", 7) == 0;
	if (dwarf_child(type, &child) != 0) /* clang gives it no name */
		return false;
	do {
		name = dwarf_diename(&child);
		if (dwarf_tag(&child) == DW_TAG_subprogram && name &&
		    strncmp(name, "operator()", 10) == 0)
			return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* The names of the classes and functions around an entry and of itself, the outermost first. */
static const char *path_name(struct lh_arena *arena, Dwarf_Die *die, bool itself)
{
	const char *text = NULL;
	Dwarf_Die at = written(die), *around = NULL;
	int n = dwarf_getscopes_die(&at, &around);

	for (int i = itself ? 0 : 1; i < n; i++) {
		Dwarf_Die part = written(&around[i]);
		const char *name = dwarf_diename(&part);
		bool function = dwarf_tag(&part) == DW_TAG_subprogram;

		if ((!function && !is_class(&part)) || !name || lh_is_closure(&part))
			continue;
		if (function && i + 1 < n && lh_is_closure(&around[i + 1]))
			continue;
		text = lh_arena_printf(arena, "%s%s%s", name, text ? "::" : "", text ? text : "");
	}
	free(around);
	return text;
}

const char *lh_function_name(struct lh_arena *arena, Dwarf_Die *function)
{
	return path_name(arena, function, true);
}

const char *lh_closure_function(struct lh_arena *arena, Dwarf_Die *closure)
{
	return path_name(arena, closure, false);
}
