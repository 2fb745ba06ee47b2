/*
 * data_type.c — finds the member of a variable at an address.
 *
 * Searches all units once for the variable at the address, then follows its type down to the
 * member.
 */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/declaration.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

/* ---- the variable ---- */

/* A variable that was searched for, and its type from debug information. */
struct variable {
	Dwarf_Die type;
	bool asked, known;
};

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type) &&
	       dwarf_peel_type(type, type) == 0;
}

struct lh_variables *lh_symbol_variables(struct lh_symbols *s, struct lh_object *o)
{
	if (!o->variables)
		o->variables = lh_variables_new(s->arena, o->module);
	return o->variables;
}

static const struct variable *variable_at(struct lh_symbols *s, struct lh_object *o, uint64_t start)
{
	const uint64_t key[] = {(uintptr_t)o, start};
	struct variable *v = lh_map_get(&s->variables, s->arena, key, sizeof(key), sizeof(*v));
	const struct lh_variable *found;

	if (v->asked)
		return v;
	v->asked = true;
	found = lh_variables_at(lh_symbol_variables(s, o), start);
	if (found) {
		Dwarf_Die die = found->die;

		v->known = type_of(&die, &v->type);
	}
	return v;
}

/* ---- the member ---- */

static bool member_at(Dwarf_Die *type, uint64_t *into, Dwarf_Die *member)
{
	if (dwarf_child(type, member) != 0)
		return false;
	do {
		Dwarf_Attribute attr;
		Dwarf_Word from = 0, size;
		Dwarf_Die of;
		int tag = dwarf_tag(member);

		if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
			continue;
		if (dwarf_attr(member, DW_AT_external, &attr) || !type_of(member, &of) ||
		    dwarf_aggregate_size(&of, &size) != 0)
			continue; /* a static member is elsewhere */
		if (dwarf_attr(member, DW_AT_data_member_location, &attr) &&
		    dwarf_formudata(&attr, &from) != 0)
			continue;
		if (*into < from || *into - from >= size)
			continue;
		*into -= from;
		return true;
	} while (lh_next_sibling(member));
	return false;
}

/* One step down. False: there is no deeper member. */
static bool go_down(struct lh_symbols *s, Dwarf_Die *type, uint64_t *into, const char **text)
{
	Dwarf_Die part;
	Dwarf_Word size;
	const char *name;
	int tag = dwarf_tag(type);

	if (tag == DW_TAG_array_type) {
		if (!type_of(type, type) || dwarf_aggregate_size(type, &size) != 0 || !size)
			return false;
		*into %= size;
		*text = lh_arena_printf(s->arena, "%s[]", *text);
		return true;
	}
	if ((tag != DW_TAG_structure_type && tag != DW_TAG_class_type &&
	     tag != DW_TAG_union_type) ||
	    !member_at(type, into, &part) || !type_of(&part, type))
		return false;
	name = dwarf_diename(&part);
	*text = lh_arena_printf(s->arena, "%s.%s", *text, name ? name : "");
	return true;
}

const char *lh_symbol_member(struct lh_symbols *s, const struct lh_module *m, uint64_t offset)
{
	uint64_t into;
	const char *text = lh_symbol_data(s, m, offset, &into);
	struct lh_object *o = lh_symbol_object(s, m);
	const struct variable *v;
	Dwarf_Die type;

	if (!text)
		return NULL;
	v = variable_at(s, o, offset + o->bias - into);
	if (!v->known)
		return NULL;
	type = v->type;
	for (int i = 0; i < DEPTH_MAX && go_down(s, &type, &into, &text);)
		i++;
	return text;
}

/* An identifier that the C standard reserves: the members below it are the C library's. */
static bool is_reserved(const char *name)
{
	return name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

/* ".shards[].lock.__data.__lock" becomes ".shards.lock"; a base class has no name. */
static const char *own_members(struct lh_symbols *s, const char *path)
{
	char *text = lh_arena_strdup(s->arena, path), *to = text;

	while (*path && !(*path == '.' && is_reserved(path + 1))) {
		size_t n = strcspn(path + 1, ".[") + 1;

		if (*path == '.' && n > 1) {
			memmove(to, path, n);
			to += n;
		}
		path += n;
	}
	*to = '\0';
	return text;
}

const char *lh_symbol_member_path(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
				  uint64_t own)
{
	uint64_t into;
	const char *name = lh_symbol_data(s, m, offset, &into), *path;
	struct lh_object *o = lh_symbol_object(s, m);
	struct lh_symbol_at whole = {0};

	if (name)
		whole = lh_symbol_at(s, o, offset + o->bias);
	if (!name || (offset + o->bias == whole.start && whole.size == own))
		return "";
	path = lh_symbol_member(s, m, offset);
	return path ? own_members(s, path + strlen(name)) : "";
}
