/* functions.c — finds the scopes at an address; names functions by what they are written in. */
#include "tools/symbols/functions.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/frames.h"

#include <dwarf.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

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
	} while (lh_next_sibling(inner));
	return false;
}

bool lh_scopes_at(struct lh_symbols *s, struct lh_object *o, Dwarf_Addr at, struct lh_scopes *out)
{
	uint32_t position = 0;
	Dwarf_Die unit;

	out->n = 0;
	if (!o->units)
		o->units = lh_unit_index_new(s->arena, o->module);
	while (!out->n && lh_unit_index_next(o->units, at, &position, &unit, &out->bias)) {
		unit = lh_code_unit(s, o, &unit);
		out->n = lh_scope_tree_function(lh_symbol_scopes(s, &unit), at - out->bias,
						&out->scope[0]);
	}
	while (out->n && out->n < LH_SCOPES_MAX &&
	       find_inner(&out->scope[out->n - 1], at - out->bias, &out->scope[out->n]))
		out->n++;
	return out->n;
}

/* ---- names ---- */

bool lh_is_closure(Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);

	return lh_declaration_is_class(type) &&
	       (name ? strncmp(name, "<lambda", 7) == 0 : lh_declaration_is_lambda(type));
}

/* The names of the classes and functions around an entry and of itself, the outermost first. */
static const char *path_name(struct lh_symbols *s, Dwarf_Die *die, bool itself)
{
	const char *text = NULL;
	Dwarf_Die at = lh_declaration(die), around;
	bool more = true;

	for (int i = 0; i < DEPTH_MAX && more; i++) {
		const char *name = dwarf_diename(&at);
		bool function = dwarf_tag(&at) == DW_TAG_subprogram, shown;

		more = lh_scope_tree_parent(lh_symbol_scopes(s, &at), &at, &around);
		shown = name && (i || itself) &&
			(function || (lh_declaration_is_class(&at) && !lh_is_closure(&at))) &&
			!(function && more && lh_is_closure(&around));
		if (shown)
			text = lh_arena_printf(s->arena, "%s%s%s", name, text ? "::" : "",
					       text ? text : "");
		if (more)
			at = lh_declaration(&around);
	}
	return text;
}

const char *lh_function_name(struct lh_symbols *s, Dwarf_Die *function)
{
	return path_name(s, function, true);
}

const char *lh_closure_function(struct lh_symbols *s, Dwarf_Die *closure)
{
	return path_name(s, closure, false);
}
