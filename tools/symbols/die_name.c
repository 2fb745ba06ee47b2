/*
 * die_name.c — builds names of functions, scopes and types from debug information.
 *
 * A type's text is built around a declarator, as in C: of a pointer to a function, "(*)" is the
 * declarator of the function's type.
 */
#include "tools/symbols/die_name.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/name_form.h"
#include "tools/symbols/template_text.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The call of a function object or lambda; its name may go on, "<int>". */
#define CALL "operator()"

enum {
	DEPTH_MAX = 64,
	STEPS_MAX = 4000,
	ARGUMENTS_MAX = 64,
	TEXT_MAX = 8192, /* a longer part of a name is cut */
};

struct naming {
	struct lh_symbols *s;
	const Dwarf_Die *of; /* whose name is built */
	uint32_t steps;
	int depth;
};

static const char *function_name(struct naming *, const Dwarf_Die *die, const char *symbol);
static const char *type_text(struct naming *, const Dwarf_Die *type, const char *declarator);

__attribute__((format(printf, 2, 3))) static const char *text(struct naming *n, const char *format,
							      ...)
{
	char buffer[TEXT_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(buffer, sizeof(buffer), format, list);
	va_end(list);
	return lh_arena_strdup(n->s->arena, buffer);
}

/* Each part of a name is built between these two. False: the limit is reached. */
static bool enter(struct naming *n)
{
	if (n->depth >= DEPTH_MAX || n->steps >= STEPS_MAX)
		return false;
	n->depth++;
	n->steps++;
	return true;
}

static const char *leave(struct naming *n, const char *result)
{
	n->depth--;
	return result;
}

static const char *name_of(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	return dwarf_diename(&at);
}

static int tag_of(const Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	return dwarf_tag(&at);
}

static bool is_call(const char *name)
{
	return name && strncmp(name, CALL, sizeof(CALL) - 1) == 0;
}

/* ---- lambdas and other types without a name ---- */

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
	bool function = tag_of(one) == DW_TAG_subprogram;
	const char *name = name_of(other);

	if (function != (tag_of(other) == DW_TAG_subprogram))
		return false;
	if (!function)
		return !name && lh_declaration_is_lambda(other) == lh_declaration_is_lambda(one);
	return is_call(name) && declared_at(other).file == declared_at(one).file;
}

/*
 * The number of a type without a name, or of a bare function object, among those of its kind in one
 * scope, in the order of declaration. The compilers' own numbers differ: clang counts in a whole
 * file, and both count only what they have not yet removed. Lines are only compared with each
 * other, so a shifted line changes nothing.
 */
static uint32_t ordinal(const struct lh_scope_tree *scopes, const Dwarf_Die *one,
			const Dwarf_Die *around)
{
	struct place own = declared_at(one);
	uint32_t position = 0, before = 0;
	bool passed = false;
	Dwarf_Die other;

	while (lh_scope_tree_next(scopes, around, &position, &other)) {
		struct place at = declared_at(&other);

		if (other.addr == one->addr)
			passed = true;
		else if (is_of_its_kind(&other, one))
			before += is_before(at, own) || (!passed && !is_before(own, at));
	}
	return before + 1;
}

static const char *unnamed_text(struct naming *n, const Dwarf_Die *type)
{
	struct lh_scope_tree *scopes = lh_symbol_scopes(n->s, type);
	const char *kind = lh_declaration_is_lambda(type) ? "lambda" : "unnamed type";
	Dwarf_Die around;
	uint32_t number = 1;

	if (lh_scope_tree_parent(scopes, type, &around))
		number = ordinal(scopes, type, &around);
	return text(n, "{%s#%u}", kind, number);
}

/* ---- template arguments ---- */

static bool is_argument(int tag)
{
	return tag == DW_TAG_template_type_parameter || tag == DW_TAG_template_value_parameter ||
	       tag == DW_TAG_GNU_template_template_param ||
	       tag == DW_TAG_GNU_template_parameter_pack;
}

/* The text of one argument; NULL: debug information does not say it. */
static const char *argument_text(struct naming *n, const Dwarf_Die *argument)
{
	Dwarf_Die at = *argument, type;
	Dwarf_Attribute attr;
	bool typed = lh_declaration_type(argument, &type);

	switch (dwarf_tag(&at)) {
	case DW_TAG_template_type_parameter:
		return type_text(n, typed ? &type : NULL, "");
	case DW_TAG_GNU_template_template_param:
		return dwarf_attr(&at, DW_AT_GNU_template_name, &attr) ? dwarf_formstring(&attr)
								       : NULL;
	default:
		return typed && dwarf_attr(&at, DW_AT_const_value, &attr)
			       ? lh_base_type_value(n->s->arena, &type, &attr,
						    type_text(n, &type, ""))
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
static void add_arguments(struct naming *n, Dwarf_Die argument, bool function,
			  struct arguments *list)
{
	do {
		Dwarf_Die inside;
		const char *one;

		list->cut = function && lh_declaration_flag(&argument, DW_AT_default_value);
		if (list->cut || list->n == ARGUMENTS_MAX || !enter(n))
			return;
		if (dwarf_tag(&argument) != DW_TAG_GNU_template_parameter_pack) {
			one = argument_text(n, &argument);
			list->text[list->n++] = one ? one : "?";
		} else if (lh_declaration_child(&argument, is_argument, &inside)) {
			add_arguments(n, inside, false, list);
		}
		leave(n, NULL);
	} while (dwarf_siblingof(&argument, &argument) == 0 && is_argument(dwarf_tag(&argument)));
}

static bool is_base(int tag)
{
	return tag == DW_TAG_inheritance;
}

/* gcc leaves the arguments of std::tuple out, but not those of its base. */
static void add_base_arguments(struct naming *n, const Dwarf_Die *class, struct arguments *list)
{
	Dwarf_Die base, type, first;

	if (lh_declaration_is_class(class) && lh_declaration_child(class, is_base, &base) &&
	    lh_declaration_type(&base, &type) && lh_declaration_child(&type, is_argument, &first))
		add_arguments(n, first, false, list);
}

/* `name` with the template arguments of `die`, if it has any. */
static const char *with_arguments(struct naming *n, const Dwarf_Die *die, const char *name)
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
static const char *own_text(struct naming *n, const Dwarf_Die *scope)
{
	Dwarf_Die declared = lh_declaration(scope);
	const char *name = name_of(scope) ? name_of(scope) : name_of(&declared);

	if (tag_of(scope) == DW_TAG_namespace)
		return name ? name : "(anonymous namespace)";
	return name ? with_arguments(n, scope, name) : unnamed_text(n, scope);
}

static bool is_unit(int tag)
{
	return tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit ||
	       tag == DW_TAG_type_unit || tag == DW_TAG_skeleton_unit;
}

/* "a::b::" of what is around the declaration; "" at the outermost level. */
static const char *prefix(struct naming *n, const Dwarf_Die *declaration)
{
	Dwarf_Die around;
	const char *name = NULL;
	int tag;

	if (!lh_scope_tree_parent(lh_symbol_scopes(n->s, declaration), declaration, &around))
		return "";
	tag = dwarf_tag(&around);
	if (is_unit(tag) || !enter(n))
		return "";
	if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) {
		name = function_name(n, &around, NULL);
	} else {
		Dwarf_Die declared = lh_declaration(&around);

		name = text(n, "%s%s", prefix(n, &declared), own_text(n, &around));
	}
	return leave(n, name ? text(n, "%s::", name) : "");
}

/* ---- types ---- */

static bool is_parameter(int tag)
{
	return tag == DW_TAG_formal_parameter || tag == DW_TAG_GNU_formal_parameter_pack ||
	       tag == DW_TAG_unspecified_parameters;
}

/* The type of a parameter, whose own `const` is no part of the function's type. */
static const char *parameter_text(struct naming *n, const Dwarf_Die *parameter)
{
	Dwarf_Die type;

	if (tag_of(parameter) == DW_TAG_unspecified_parameters)
		return "...";
	if (!lh_declaration_type(parameter, &type))
		return "?";
	return type_text(n, lh_base_type_unqualified(&type) ? &type : NULL, "");
}

/* Appends the parameters from `at` on, without those that the compiler added. */
static const char *parameter_list(struct naming *n, Dwarf_Die at, const char *list)
{
	do {
		Dwarf_Die inside;

		if (lh_declaration_flag(&at, DW_AT_artificial) || !enter(n))
			continue;
		if (dwarf_tag(&at) != DW_TAG_GNU_formal_parameter_pack)
			list = text(n, "%s%s%s", list, list[0] ? ", " : "", parameter_text(n, &at));
		else if (lh_declaration_child(&at, is_parameter, &inside))
			list = parameter_list(n, inside, list);
		leave(n, NULL);
	} while (lh_declaration_next(&at, is_parameter));
	return list;
}

/* Of the declaration if it has them, else of an entry that refers to it. */
static const char *parameters(struct naming *n, const Dwarf_Die *function)
{
	Dwarf_Die first, declaration = lh_declaration(function);

	return lh_declaration_child(&declaration, is_parameter, &first) ||
			       lh_declaration_child(function, is_parameter, &first)
		       ? parameter_list(n, first, "")
		       : "";
}

static const char *function_type_text(struct naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die result;
	bool typed = lh_declaration_type(type, &result);
	const char *open = declarator[0] ? " (" : " ", *close = declarator[0] ? ")" : "";

	return type_text(n, typed ? &result : NULL,
			 text(n, "%s%s%s(%s)", open, declarator, close, parameters(n, type)));
}

static const char *array_text(struct naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die element;
	Dwarf_Word count = 0;

	if (!lh_declaration_type(type, &element))
		return "?";
	lh_base_type_count(type, &count);
	return type_text(n, &element,
			 text(n, "%s%s%s [%.0llu]", declarator[0] ? " (" : "", declarator,
			      declarator[0] ? ")" : "", (unsigned long long)count));
}

static const char *member_pointer_text(struct naming *n, Dwarf_Die *type, const char *declarator)
{
	Dwarf_Attribute attr;
	Dwarf_Die class, target;

	if (!dwarf_attr(type, DW_AT_containing_type, &attr) || !dwarf_formref_die(&attr, &class) ||
	    !lh_declaration_type(type, &target))
		return "?";
	return type_text(n, &target,
			 text(n, "%s%s::*%s",
			      dwarf_tag(&target) == DW_TAG_subroutine_type ? "" : " ",
			      type_text(n, &class, ""), declarator));
}

/* A type that has a name, with its scopes. */
static const char *named_text(struct naming *n, const Dwarf_Die *type)
{
	Dwarf_Die declared = lh_declaration(type);
	const char *name = name_of(type);

	switch (tag_of(type)) {
	case DW_TAG_base_type:
	case DW_TAG_unspecified_type:
		return name ? lh_base_type_name(name) : "?";
	default:
		return text(n, "%s%s", prefix(n, &declared), own_text(n, type));
	}
}

static bool is_unnamed(const Dwarf_Die *type)
{
	return (lh_declaration_is_class(type) || tag_of(type) == DW_TAG_enumeration_type) &&
	       !name_of(type) && !lh_declaration_is_lambda(type);
}

static const char *type_of_kind(struct naming *n, Dwarf_Die *type, const char *declarator)
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
		return text(n, "%s%s", named_text(n, type), declarator);
	typed = lh_declaration_type(type, &target);
	if (tag == DW_TAG_typedef && typed && is_unnamed(&target)) /* the typedef names it */
		return text(n, "%s%s%s", prefix(n, &target), name_of(type), declarator);
	return type_text(n, typed ? &target : NULL, text(n, "%s%s", sign, declarator));
}

static const char *type_text(struct naming *n, const Dwarf_Die *type, const char *declarator)
{
	Dwarf_Die at;

	if (!type)
		return text(n, "void%s", declarator);
	if (!enter(n))
		return "...";
	at = *type;
	return leave(n, type_of_kind(n, &at, declarator));
}

/* ---- functions ---- */

static bool is_formal(int tag)
{
	return tag == DW_TAG_formal_parameter;
}

/* " const" and the like, from the type of `this`. */
static const char *qualifiers(struct naming *n, const Dwarf_Die *declaration)
{
	const char *reference = lh_declaration_flag(declaration, DW_AT_reference)          ? " &"
				: lh_declaration_flag(declaration, DW_AT_rvalue_reference) ? " &&"
											   : "";
	Dwarf_Die first, type, object;

	if (!lh_declaration_child(declaration, is_formal, &first) ||
	    !lh_declaration_flag(&first, DW_AT_artificial) || !lh_declaration_type(&first, &type) ||
	    !lh_base_type_unqualified(&type) || dwarf_tag(&type) != DW_TAG_pointer_type ||
	    !lh_declaration_type(&type, &object))
		return reference;
	return text(n, "%s%s%s", dwarf_tag(&object) == DW_TAG_const_type ? " const" : "",
		    dwarf_tag(&object) == DW_TAG_volatile_type ? " volatile" : "", reference);
}

/* "operator int" by its type: compilers write the typedef or the type. */
static const char *conversion(struct naming *n, const Dwarf_Die *declaration, const char *name)
{
	Dwarf_Die type;

	if (strncmp(name, "operator ", 9) != 0 || strncmp(name + 9, "new", 3) == 0 ||
	    strncmp(name + 9, "delete", 6) == 0 || strncmp(name + 9, "co_await", 8) == 0 ||
	    !lh_declaration_type(declaration, &type))
		return name;
	return text(n, "operator %s", type_text(n, &type, ""));
}

/* The call of a lambda, or what a pointer to its function calls, which clang names otherwise. NULL:
 * the function is no such. */
static const char *lambda_function(struct naming *n, const Dwarf_Die *die,
				   const Dwarf_Die *declaration)
{
	const char *name = name_of(declaration), *whole;
	Dwarf_Die around;

	if (!lh_scope_tree_parent(lh_symbol_scopes(n->s, declaration), declaration, &around) ||
	    !lh_declaration_is_lambda(&around))
		return NULL;
	whole = prefix(n, declaration);
	if (is_call(name))
		return text(n, "%.*s%s", (int)strlen(whole) - 2, whole,
			    with_arguments(n, die, name) + sizeof(CALL) - 1);
	if (strcmp(name, "__invoke") == 0)
		return text(n, "%s_FUN(%s)", whole, parameters(n, die));
	return NULL;
}

/* From the entries alone. NULL: the function has no name. */
static const char *built_name(struct naming *n, const Dwarf_Die *die)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *name = name_of(&declaration), *lambda;

	if (!name)
		return NULL;
	lambda = lambda_function(n, die, &declaration);
	if (lambda)
		return lambda;
	name = conversion(n, &declaration, name);
	return text(n, "%s%s(%s)%s", prefix(n, &declaration), with_arguments(n, die, name),
		    parameters(n, die), qualifiers(n, &declaration));
}

/* -g1 makes functions without types, scopes or linkage names. All lambdas are "operator()" then, so
 * they are numbered. */
static const char *bare_name(struct naming *n, const Dwarf_Die *declaration)
{
	const struct lh_scope_tree *scopes = lh_symbol_scopes(n->s, declaration);
	const char *name = name_of(declaration);
	Dwarf_Die unit;

	if (!is_call(name) || !lh_scope_tree_parent(scopes, declaration, &unit))
		return name ? lh_name_form(n->s->arena, name) : NULL;
	return text(n, "{" CALL "#%u}%s", ordinal(scopes, declaration, &unit),
		    lh_name_form(n->s->arena, name) + sizeof(CALL) - 1);
}

/* True if every compiler gives the function this linkage name: not if it or one of its template
 * arguments belongs to one file only. */
static bool is_common(const char *linkage, const char *demangled)
{
	if (strncmp(linkage, "_ZZ", 3) == 0 || strchr(demangled, '{') || strstr(demangled, "$_") ||
	    strstr(demangled, "(anonymous namespace)"))
		return false;
	/* a name in a function, "Z4mainE", as a template argument */
	for (const char *at = strchr(linkage + 2, 'Z'); at; at = strchr(at + 1, 'Z'))
		if ((at[1] >= '0' && at[1] <= '9') || at[1] == 'N')
			return false;
	return true;
}

static const char *cxx_name(struct naming *n, const Dwarf_Die *die, const char *symbol)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *linkage = lh_declaration_linkage(die);
	const char *clear = linkage ? lh_symbol_demangled(n->s, linkage) : NULL;
	bool external = lh_declaration_flag(die, DW_AT_external);

	if (clear && strncmp(linkage, "_Z", 2) == 0 && external && is_common(linkage, clear))
		return lh_name_form(n->s->arena, clear);
	if (!lh_scope_tree_has_types(lh_symbol_scopes(n->s, &declaration))) {
		if (linkage || symbol)
			return lh_name_form(n->s->arena, linkage ? clear : symbol);
		return bare_name(n, &declaration);
	}
	/* main and extern "C" */
	return external && !linkage ? name_of(&declaration) : built_name(n, die);
}

static const char *function_name(struct naming *n, const Dwarf_Die *die, const char *symbol)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *name = NULL, *linkage;

	if (!enter(n))
		return "...";
	if (lh_declaration_is_cxx(&declaration, n->of)) {
		name = cxx_name(n, die, symbol);
	} else {
		linkage = lh_declaration_linkage(die);
		name = linkage ? lh_symbol_demangled(n->s, linkage) : name_of(&declaration);
	}
	return leave(n, name ? name : symbol);
}

const char *lh_die_function(struct lh_symbols *s, Dwarf_Die *die, const char *symbol)
{
	const void *key = die->addr;
	const char **name = lh_map_get(&s->names, s->arena, &key, sizeof(key), sizeof(*name));
	struct naming n = {.s = s, .of = die};

	if (!*name)
		*name = function_name(&n, die, symbol);
	return *name;
}
