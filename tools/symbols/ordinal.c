/* ordinal.c — counts what is declared before an entry in its scope. */
#include "tools/symbols/ordinal.h"
#include "tools/symbols/declaration.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

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

/* N of "$_Ncl", as clang's linkage names call the call of a lambda; -1: none. */
static long number_in(const char *linkage)
{
	long number = -1;

	for (const char *at = linkage; at && (at = strstr(at, "$_")) != NULL;) {
		char *end;
		long own = strtol(at + 2, &end, 10);

		if (end > at + 2 && strncmp(end, "cl", 2) == 0)
			number = own;
		at = end;
	}
	return number;
}

/*
 * clang writes the line of a lambda, but no column, and not always in the order of the source. Its
 * own numbers say which of two lambdas in one line is first.
 */
static long compiler_number(const struct lh_scope_tree *scopes, const Dwarf_Die *class)
{
	uint32_t position = 0;
	Dwarf_Die function;

	while (lh_scope_tree_next_function(scopes, &position, &function)) {
		Dwarf_Die declaration = lh_declaration(&function), around;

		if (lh_scope_tree_parent(scopes, &declaration, &around) &&
		    around.addr == class->addr && lh_declaration_is_call(&declaration) &&
		    number_in(lh_declaration_linkage(&function)) >= 0)
			return number_in(lh_declaration_linkage(&function));
	}
	return -1;
}

/* Whether `other`, which is in the same place, is declared before `one`. */
static bool is_first(const struct lh_scope_tree *scopes, const Dwarf_Die *other,
		     const Dwarf_Die *one)
{
	long a = compiler_number(scopes, other), b = compiler_number(scopes, one);

	if (a >= 0 && b >= 0 && a != b)
		return a < b;
	return (const char *)other->addr < (const char *)one->addr;
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
	Dwarf_Die around, other;

	if (!lh_scope_tree_parent(scopes, one, &around))
		return 1;
	while (lh_scope_tree_next(scopes, &around, &position, &other)) {
		struct place at = declared_at(&other);

		if (other.addr != one->addr && is_of_its_kind(&other, one))
			before += is_before(at, own) ||
				  (!is_before(own, at) && is_first(scopes, &other, one));
	}
	return before + 1;
}
