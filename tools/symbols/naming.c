/* naming.c — builds the names of scopes, types and template arguments. */
#include "tools/symbols/naming.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/enclosing.h"
#include "tools/symbols/name_form.h"
#include "tools/symbols/ordinal.h"
#include "tools/symbols/template_text.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

enum {
	DEPTH_MAX = 64,
	STEPS_MAX = 4000,
	ARGUMENTS_MAX = 64,
};

/* ---- limits ---- */

const char *lh_naming_text(struct lh_naming *n, const char *format, ...)
{
	char buffer[LH_NAMING_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(buffer, sizeof(buffer), format, list);
	va_end(list);
	return lh_arena_strdup(n->s->arena, buffer);
}

bool lh_naming_enter(struct lh_naming *n)
{
	if (n->depth >= DEPTH_MAX || n->steps >= STEPS_MAX)
		return false;
	n->depth++;
	n->steps++;
	return true;
}

const char *lh_naming_leave(struct lh_naming *n, const char *result)
{
	n->depth--;
	return result;
}

static const char *unnamed_text(struct lh_naming *n, const Dwarf_Die *type)
{
	return lh_naming_text(n, "{%s#%u}",
			      lh_declaration_is_lambda(type) ? "lambda" : "unnamed type",
			      lh_ordinal(lh_symbol_scopes(n->s, type), type));
}

/* ---- template arguments ---- */

static bool is_argument(int tag)
{
	return tag == DW_TAG_template_type_parameter || tag == DW_TAG_template_value_parameter ||
	       tag == DW_TAG_GNU_template_template_param ||
	       tag == DW_TAG_GNU_template_parameter_pack;
}

/* The text of one argument; NULL: debug information does not say it. */
static const char *argument_text(struct lh_naming *n, const Dwarf_Die *argument)
{
	Dwarf_Die at = *argument, type;
	Dwarf_Attribute attr;
	bool typed = lh_declaration_type(argument, &type);

	switch (dwarf_tag(&at)) {
	case DW_TAG_template_type_parameter:
		return lh_naming_type(n, typed ? &type : NULL, "");
	case DW_TAG_GNU_template_template_param:
		return dwarf_attr(&at, DW_AT_GNU_template_name, &attr) ? dwarf_formstring(&attr)
								       : NULL;
	default:
		return typed && dwarf_attr(&at, DW_AT_const_value, &attr)
			       ? lh_base_type_value(n->s->arena, &type, &attr,
						    lh_naming_type(n, &type, ""))
			       : NULL;
	}
}

struct arguments {
	const char *text[ARGUMENTS_MAX];
	uint32_t n;
	bool cut; /* the rest has the defaults */
};

/*
 * Adds the arguments from `argument` on; "?" is one that is not known. gcc repeats them all after
 * the first other entry. `function`: leaves out defaults, as gcc does in functions only.
 */
static void add_arguments(struct lh_naming *n, Dwarf_Die argument, bool function,
			  struct arguments *list)
{
	do {
		Dwarf_Die inside;
		const char *one;

		list->cut = function && lh_declaration_flag(&argument, DW_AT_default_value);
		if (list->cut || list->n == ARGUMENTS_MAX || !lh_naming_enter(n))
			return;
		if (dwarf_tag(&argument) != DW_TAG_GNU_template_parameter_pack) {
			one = argument_text(n, &argument);
			list->text[list->n++] = one ? one : "?";
		} else if (lh_declaration_child(&argument, is_argument, &inside)) {
			add_arguments(n, inside, false, list);
		}
		lh_naming_leave(n, NULL);
	} while (lh_next_sibling(&argument) && is_argument(dwarf_tag(&argument)));
}

static bool is_base(int tag)
{
	return tag == DW_TAG_inheritance;
}

/* gcc leaves the arguments of std::tuple out, but not those of its base. */
static void add_base_arguments(struct lh_naming *n, const Dwarf_Die *class, struct arguments *list)
{
	Dwarf_Die base, type, first;

	if (lh_declaration_is_class(class) && lh_declaration_child(class, is_base, &base) &&
	    lh_declaration_type(&base, &type) && lh_declaration_child(&type, is_argument, &first))
		add_arguments(n, first, false, list);
}

/* `name` with the template arguments of `die`, if it has any. */
const char *lh_naming_template(struct lh_naming *n, const Dwarf_Die *die, const char *name)
{
	struct arguments list = {.n = 0};
	Dwarf_Die first;

	if (!lh_declaration_child(die, is_argument, &first))
		return lh_declaration_is_class(die) && strchr(name, '<')
			       ? lh_template_text(n->s->arena, name, NULL, 0, false)
			       : lh_name_form(n->s->arena, name);
	add_arguments(n, first, !lh_declaration_is_class(die), &list);
	if (!list.n && strstr(name, "<lambda"))
		add_base_arguments(n, die, &list);
	return lh_template_text(n->s->arena, name, list.text, list.n, list.cut);
}

/* ---- scopes ---- */

/* A class, an enumeration or a namespace, without the scopes around it. */
static const char *own_text(struct lh_naming *n, const Dwarf_Die *scope)
{
	Dwarf_Die declared = lh_declaration(scope);
	const char *name = lh_declaration_name(scope) ? lh_declaration_name(scope)
						      : lh_declaration_name(&declared);

	if (lh_declaration_tag(scope) == DW_TAG_namespace)
		return name ? name : "(anonymous namespace)";
	return name ? lh_naming_template(n, scope, name) : unnamed_text(n, scope);
}

static bool is_unit(int tag)
{
	return tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit ||
	       tag == DW_TAG_type_unit || tag == DW_TAG_skeleton_unit;
}

/* "a::b::" of what is around the declaration; "" at the outermost level. */
/* The name of a function that is a scope. */
static const char *function_text(struct lh_naming *n, const Dwarf_Die *function)
{
	Dwarf_Die declaration = lh_declaration(function), found;
	const char *linkage = NULL, *text, *end;

	if (lh_declaration_name(&declaration))
		return n->function(n, function);
	if (lh_enclosing_function(lh_symbol_scopes(n->s, function), function, &found, &linkage))
		return n->function(n, &found);
	n->lost = true;
	text = linkage ? lh_symbol_normal(n->s, linkage) : "";
	for (end = text + strlen(text); end > text && strncmp(end, "::{", 3) != 0;)
		end--;
	return end > text ? lh_naming_text(n, "%.*s", (int)(end - text), text) : NULL;
}

const char *lh_naming_scopes(struct lh_naming *n, const Dwarf_Die *declaration)
{
	Dwarf_Die around;
	const char *name = NULL;
	int tag;

	if (!lh_scope_tree_parent(lh_symbol_scopes(n->s, declaration), declaration, &around))
		return "";
	tag = dwarf_tag(&around);
	if (is_unit(tag) || !lh_naming_enter(n))
		return "";
	if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) {
		name = function_text(n, &around);
	} else {
		Dwarf_Die declared = lh_declaration(&around);

		name = lh_naming_text(n, "%s%s", lh_naming_scopes(n, &declared),
				      own_text(n, &around));
	}
	return lh_naming_leave(n, name ? lh_naming_text(n, "%s::", name) : "");
}

/* ---- types ---- */

static bool is_parameter(int tag)
{
	return tag == DW_TAG_formal_parameter || tag == DW_TAG_GNU_formal_parameter_pack ||
	       tag == DW_TAG_unspecified_parameters;
}

/* The type of a parameter, whose own `const` is no part of the function's type. */
static const char *parameter_text(struct lh_naming *n, const Dwarf_Die *parameter)
{
	Dwarf_Die type;

	if (lh_declaration_tag(parameter) == DW_TAG_unspecified_parameters)
		return "...";
	if (!lh_declaration_type(parameter, &type))
		return "?";
	return lh_naming_type(n, lh_base_type_unqualified(&type) ? &type : NULL, "");
}

/* Appends the parameters from `at` on, without those that the compiler added. */
static const char *parameter_list(struct lh_naming *n, Dwarf_Die at, const char *list)
{
	do {
		Dwarf_Die inside;

		if (lh_declaration_flag(&at, DW_AT_artificial) || !lh_naming_enter(n))
			continue;
		if (dwarf_tag(&at) != DW_TAG_GNU_formal_parameter_pack)
			list = lh_naming_text(n, "%s%s%s", list, list[0] ? ", " : "",
					      parameter_text(n, &at));
		else if (lh_declaration_child(&at, is_parameter, &inside))
			list = parameter_list(n, inside, list);
		lh_naming_leave(n, NULL);
	} while (lh_declaration_next(&at, is_parameter));
	return list;
}

/* Of the declaration if it has them, else of an entry that refers to it. */
const char *lh_naming_parameters(struct lh_naming *n, const Dwarf_Die *function)
{
	Dwarf_Die first, declaration = lh_declaration(function);

	return lh_declaration_child(&declaration, is_parameter, &first) ||
			       lh_declaration_child(function, is_parameter, &first)
		       ? parameter_list(n, first, "")
		       : "";
}

static const char *function_type_text(struct lh_naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die result;
	bool typed = lh_declaration_type(type, &result);
	const char *open = declarator[0] ? " (" : " ", *close = declarator[0] ? ")" : "";

	return lh_naming_type(n, typed ? &result : NULL,
			      lh_naming_text(n, "%s%s%s(%s)", open, declarator, close,
					     lh_naming_parameters(n, type)));
}

static const char *array_text(struct lh_naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die element;
	Dwarf_Word count = 0;

	if (!lh_declaration_type(type, &element))
		return "?";
	lh_base_type_count(type, &count);
	return lh_naming_type(n, &element,
			      lh_naming_text(n, "%s%s%s [%.0llu]", declarator[0] ? " (" : "",
					     declarator, declarator[0] ? ")" : "",
					     (unsigned long long)count));
}

static const char *member_pointer_text(struct lh_naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Attribute attr;
	Dwarf_Die class, target;

	if (!dwarf_attr(type, DW_AT_containing_type, &attr) || !dwarf_formref_die(&attr, &class) ||
	    !lh_declaration_type(type, &target))
		return "?";
	return lh_naming_type(
		n, &target,
		lh_naming_text(n, "%s%s::*%s",
			       dwarf_tag(&target) == DW_TAG_subroutine_type ? "" : " ",
			       lh_naming_type(n, &class, ""), declarator));
}

/* A type that has a name, with its scopes. */
static const char *named_text(struct lh_naming *n, const Dwarf_Die *type)
{
	Dwarf_Die declared = lh_declaration(type);
	const char *name = lh_declaration_name(type);

	switch (lh_declaration_tag(type)) {
	case DW_TAG_base_type:
	case DW_TAG_unspecified_type:
		return name ? lh_base_type_name(name) : "?";
	default:
		return lh_naming_text(n, "%s%s", lh_naming_scopes(n, &declared), own_text(n, type));
	}
}

static bool is_unnamed(const Dwarf_Die *type)
{
	return (lh_declaration_is_class(type) ||
		lh_declaration_tag(type) == DW_TAG_enumeration_type) &&
	       !lh_declaration_name(type) && !lh_declaration_is_lambda(type);
}

static const char *type_of_kind(struct lh_naming *n, Dwarf_Die *type, const char *declarator)
{
	int tag = dwarf_tag(type);
	const char *sign = lh_base_type_sign(tag);
	Dwarf_Die target;
	bool typed;

	switch (tag) {
	case DW_TAG_subroutine_type:
		return function_type_text(n, type, declarator);
	case DW_TAG_array_type:
		return array_text(n, type, declarator);
	case DW_TAG_ptr_to_member_type:
		return member_pointer_text(n, type, declarator);
	default:
		break;
	}
	if (!sign)
		return lh_naming_text(n, "%s%s", named_text(n, type), declarator);
	typed = lh_declaration_type(type, &target);
	if (tag == DW_TAG_typedef && typed && is_unnamed(&target)) /* the typedef names it */
		return lh_naming_text(n, "%s%s%s", lh_naming_scopes(n, &target),
				      lh_declaration_name(type), declarator);
	return lh_naming_type(n, typed ? &target : NULL,
			      lh_naming_text(n, "%s%s", sign, declarator));
}

const char *lh_naming_type(struct lh_naming *n, const Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die at;

	if (!type)
		return lh_naming_text(n, "void%s", declarator);
	if (!lh_naming_enter(n))
		return "...";
	at = *type;
	return lh_naming_leave(n, type_of_kind(n, &at, declarator));
}
