/* ordinal.c — counts what is declared before an entry in its scope. */
#include "tools/symbols/ordinal.h"
#include "tools/symbols/declaration.h"

#include <dwarf.h>

struct place {
	Dwarf_Word file;
	int line, column;
};

static struct place declared_at(const Dwarf_Die *die)
{
	struct place place = {0, 0, 0};
	Dwarf_Attribute attr;
	Dwarf_Die at = *die;

	if (dwarf_attr(&at, DW_AT_decl_file, &attr))
		dwarf_formudata(&attr, &place.file);
	dwarf_decl_line(&at, &place.line);
	dwarf_decl_column(&at, &place.column);
	return place;
}

static bool is_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* True if `other` is counted when `one` gets its number. */
static bool is_of_its_kind(const Dwarf_Die *other, const Dwarf_Die *one)
{
	bool function = lh_declaration_tag(one) == DW_TAG_subprogram;

	if (function != (lh_declaration_tag(other) == DW_TAG_subprogram))
		return false;
	if (!function)
		return !lh_declaration_name(other) &&
		       lh_declaration_is_lambda(other) == lh_declaration_is_lambda(one);
	return lh_declaration_is_call(other) && declared_at(other).file == declared_at(one).file;
}

uint32_t lh_ordinal(const struct lh_scope_tree *scopes, const Dwarf_Die *one)
{
	struct place own = declared_at(one);
	uint32_t position = 0, before = 0;
	bool passed = false;
	Dwarf_Die around, other;

	if (!lh_scope_tree_parent(scopes, one, &around))
		return 1;
	while (lh_scope_tree_next(scopes, &around, &position, &other)) {
		struct place at = declared_at(&other);

		if (other.addr == one->addr)
			passed = true;
		else if (is_of_its_kind(&other, one))
			before += is_before(at, own) || (!passed && !is_before(own, at));
	}
	return before + 1;
}
