/* base_type.c — texts of types and values that need no scope. */
#include "tools/symbols/base_type.h"

#include <dwarf.h>
#include <string.h>

enum { TARGETS_MAX = 64 };

const char *lh_base_type_name(const char *name)
{
	static const struct {
		const char *written, *demangled;
	} names[] = {
		{"long int", "long"},
		{"short int", "short"},
		{"long unsigned int", "unsigned long"},
		{"short unsigned int", "unsigned short"},
		{"long long int", "long long"},
		{"long long unsigned int", "unsigned long long"},
		{"__int128 unsigned", "unsigned __int128"},
		{"_Bool", "bool"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].written) == 0)
			return names[i].demangled;
	return name;
}

const char *lh_base_type_sign(int tag)
{
	switch (tag) {
	case DW_TAG_pointer_type:
		return "*";
	case DW_TAG_reference_type:
		return "&";
	case DW_TAG_rvalue_reference_type:
		return "&&";
	case DW_TAG_const_type:
		return " const";
	case DW_TAG_volatile_type:
		return " volatile";
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_typedef:
		return "";
	default:
		return NULL;
	}
}

bool lh_base_type_unqualified(Dwarf_Die *type)
{
	for (int i = 0; i < TARGETS_MAX; i++) {
		Dwarf_Attribute attr;

		switch (dwarf_tag(type)) {
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
		case DW_TAG_typedef:
			if (!dwarf_attr(type, DW_AT_type, &attr) || !dwarf_formref_die(&attr, type))
				return false;
			break;
		default:
			return true;
		}
	}
	return false;
}

bool lh_base_type_count(Dwarf_Die *array, Dwarf_Word *count)
{
	Dwarf_Attribute attr;
	Dwarf_Die range;

	if (dwarf_child(array, &range) != 0)
		return false;
	if (dwarf_attr(&range, DW_AT_count, &attr))
		return dwarf_formudata(&attr, count) == 0;
	if (!dwarf_attr(&range, DW_AT_upper_bound, &attr) || dwarf_formudata(&attr, count) != 0)
		return false;
	++*count;
	return true;
}

/* The letters after a number of this type; NULL: the type is written in front of it. */
static const char *suffix(const char *type)
{
	static const struct {
		const char *type, *suffix;
	} suffixes[] = {
		{"int", ""},         {"unsigned int", "u"},
		{"long", "l"},       {"unsigned long", "ul"},
		{"long long", "ll"}, {"unsigned long long", "ull"},
	};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcmp(type, suffixes[i].type) == 0)
			return suffixes[i].suffix;
	return NULL;
}

/* gcc writes only numbers below 0 in a form with a sign. */
static bool number_of(Dwarf_Attribute *value, long long *number)
{
	Dwarf_Sword with_sign;
	Dwarf_Word without;
	int form = (int)dwarf_whatform(value);

	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		if (dwarf_formsdata(value, &with_sign) != 0)
			return false;
		*number = with_sign;
		return true;
	}
	if (dwarf_formudata(value, &without) != 0)
		return false;
	*number = (long long)without;
	return true;
}

const char *lh_base_type_value(struct lh_arena *arena, const Dwarf_Die *type,
			       Dwarf_Attribute *value, const char *text)
{
	long long number;
	const char *after;
	Dwarf_Die of = *type;

	if (!number_of(value, &number) || !lh_base_type_unqualified(&of))
		return NULL;
	if (strcmp(text, "bool") == 0)
		return number ? "true" : "false";
	after = suffix(text);
	if (!after)
		return lh_arena_printf(arena, "(%s)%lld", text, number);
	return after[0] == 'u' ? lh_arena_printf(arena, "%llu%s", (unsigned long long)number, after)
			       : lh_arena_printf(arena, "%lld%s", number, after);
}
