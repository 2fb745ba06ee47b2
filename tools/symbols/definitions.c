/* definitions.c — reads the classes of an object, by name. */
#include "tools/symbols/definitions.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/frames.h"

#include <dwarf.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

static bool is_scope(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_namespace || lh_declaration_is_class(die);
}

/* "store::Book" of an entry in the path. */
static const char *name_in(struct lh_arena *arena, Dwarf_Die *path, int depth)
{
	const char *text = "";

	for (int i = 0; i <= depth; i++) {
		const char *name = dwarf_diename(&path[i]);

		text = lh_arena_printf(arena, "%s::%s", text, name ? name : "");
	}
	return text;
}

static void add(struct lh_symbols *s, struct lh_object *o, Dwarf_Die *path, int depth)
{
	const char *name;
	Dwarf_Die *known;

	if (!lh_declaration_is_class(&path[depth]) || !dwarf_diename(&path[depth]) ||
	    dwarf_hasattr(&path[depth], DW_AT_declaration))
		return;
	name = name_in(s->arena, path, depth);
	known = lh_map_get(&o->definitions, s->arena, name, strlen(name), sizeof(*known));
	if (!known->addr)
		*known = path[depth];
}

static void read_unit(struct lh_symbols *s, struct lh_object *o, Dwarf_Die *unit)
{
	Dwarf_Die path[DEPTH_MAX];
	int depth = 0;

	if (dwarf_child(unit, &path[0]) != 0)
		return;
	while (depth >= 0) {
		add(s, o, path, depth);
		if (depth + 1 < DEPTH_MAX && is_scope(&path[depth]) &&
		    dwarf_child(&path[depth], &path[depth + 1]) == 0) {
			depth++;
			continue;
		}
		while (depth >= 0 && !lh_next_sibling(&path[depth]))
			depth--;
	}
}

static void read_object(struct lh_symbols *s, struct lh_object *o)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	o->defined = true;
	while ((unit = dwfl_module_nextcu(o->module, unit, &bias)) != NULL) {
		Dwarf_Die whole = lh_whole_unit(unit);

		read_unit(s, o, &whole);
	}
}

void lh_define_type(struct lh_symbols *s, struct lh_object *o, Dwarf_Die *type)
{
	Dwarf_Die path[DEPTH_MAX], around;
	const Dwarf_Die *found;
	int n = DEPTH_MAX;
	const char *name;

	if (!lh_declaration_is_class(type) || !dwarf_hasattr(type, DW_AT_declaration))
		return;
	if (!o->defined)
		read_object(s, o);
	path[--n] = *type;
	while (n && lh_scope_tree_parent(lh_symbol_scopes(s, type), &path[n], &around) &&
	       is_scope(&around))
		path[--n] = around;
	name = name_in(s->arena, path + n, DEPTH_MAX - 1 - n);
	found = lh_map_find(&o->definitions, name, strlen(name));
	if (found)
		*type = *found;
}
