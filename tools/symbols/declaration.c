/* declaration.c — follows the references between entries and reads what makes a name. */
#include "tools/symbols/declaration.h"

#include <dwarf.h>
#include <string.h>

enum { REFERENCES_MAX = 16 };

/* One reference further. */
static bool follow(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die next;

	if (!dwarf_attr(die, DW_AT_abstract_origin, &attr) &&
	    !dwarf_attr(die, DW_AT_specification, &attr) &&
	    !dwarf_attr(die, DW_AT_signature, &attr))
		return false;
	if (!dwarf_formref_die(&attr, &next))
		return false;
	*die = next;
	return true;
}

Dwarf_Die lh_declaration(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	for (int i = 0; i < REFERENCES_MAX && follow(&at);)
		i++;
	return at;
}

bool lh_next_sibling(Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) != 0 || next.addr <= die->addr)
		return false;
	*die = next;
	return true;
}

bool lh_declaration_next(Dwarf_Die *child, bool (*is)(int tag))
{
	while (lh_next_sibling(child))
		if (is(dwarf_tag(child)))
			return true;
	return false;
}

bool lh_declaration_child(const Dwarf_Die *die, bool (*is)(int tag), Dwarf_Die *child)
{
	Dwarf_Die at = *die;

	for (int i = 0; i < REFERENCES_MAX; i++) {
		if (dwarf_child(&at, child) == 0 &&
		    (is(dwarf_tag(child)) || lh_declaration_next(child, is)))
			return true;
		if (!follow(&at))
			return false;
	}
	return false;
}

const char *lh_declaration_linkage(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(&at, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(&at, DW_AT_MIPS_linkage_name, &attr))
		return dwarf_formstring(&attr);
	return NULL;
}

bool lh_declaration_flag(const Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Die at = *die;
	Dwarf_Attribute attr;
	bool is = false;

	return dwarf_attr_integrate(&at, attribute, &attr) && dwarf_formflag(&attr, &is) == 0 && is;
}

bool lh_declaration_type(const Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Die at = *die;
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(&at, DW_AT_type, &attr) && dwarf_formref_die(&attr, type);
}

bool lh_declaration_is_cxx(const Dwarf_Die *die, const Dwarf_Die *fallback)
{
	Dwarf_Die at = *die, unit;
	int language = dwarf_diecu(&at, &unit, NULL, NULL) ? dwarf_srclang(&unit) : -1;

	if (language <= 0 && fallback)
		return lh_declaration_is_cxx(fallback, NULL);
	switch (language) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
	case 0x2b: /* C++17 and C++20, which elfutils 0.188 does not name */
	case 0x2c:
		return true;
	default:
		return false;
	}
}

bool lh_declaration_is_class(const Dwarf_Die *die)
{
	int tag = lh_declaration_tag(die);

	return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

const char *lh_declaration_name(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	return dwarf_diename(&at);
}

int lh_declaration_tag(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	return dwarf_tag(&at);
}

bool lh_declaration_is_call(const Dwarf_Die *die)
{
	const char *name = lh_declaration_name(die);

	return name && strncmp(name, LH_CALL, sizeof(LH_CALL) - 1) == 0;
}

static bool is_function(int tag)
{
	return tag == DW_TAG_subprogram;
}

/* clang writes a lambda's class with `class`, gcc with `struct` and a destructor "~<lambda>". */
bool lh_declaration_is_lambda(const Dwarf_Die *die)
{
	Dwarf_Die child;
	bool more;

	if (!lh_declaration_is_class(die) || lh_declaration_name(die))
		return false;
	if (lh_declaration_tag(die) == DW_TAG_class_type)
		return true;
	for (more = lh_declaration_child(die, is_function, &child); more;
	     more = lh_declaration_next(&child, is_function)) {
		const char *name = dwarf_diename(&child);

		if (lh_declaration_is_call(&child) || (name && strstr(name, "<lambda")))
			return true;
	}
	return false;
}
