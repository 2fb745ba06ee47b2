/* die_name.c — chooses between a function's linkage name and the name that its entries make. */
#include "tools/symbols/die_name.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/name_form.h"
#include "tools/symbols/naming.h"
#include "tools/symbols/ordinal.h"

#include <dwarf.h>
#include <string.h>

static bool is_formal(int tag)
{
	return tag == DW_TAG_formal_parameter;
}

/* " const" and the like, from the type of `this`. */
static const char *qualifiers(struct lh_naming *n, const Dwarf_Die *declaration)
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
	return lh_naming_text(n, "%s%s%s", dwarf_tag(&object) == DW_TAG_const_type ? " const" : "",
			      dwarf_tag(&object) == DW_TAG_volatile_type ? " volatile" : "",
			      reference);
}

/* "operator int" by its type: compilers write the typedef or the type. */
static const char *conversion(struct lh_naming *n, const Dwarf_Die *declaration, const char *name)
{
	Dwarf_Die type;

	if (strncmp(name, "operator ", 9) != 0 || strncmp(name + 9, "new", 3) == 0 ||
	    strncmp(name + 9, "delete", 6) == 0 || strncmp(name + 9, "co_await", 8) == 0 ||
	    !lh_declaration_type(declaration, &type))
		return name;
	return lh_naming_text(n, "operator %s", lh_naming_type(n, &type, ""));
}

/* The call of a lambda, or what a pointer to its function calls, which clang names otherwise. NULL:
 * the function is no such. */
static const char *lambda_function(struct lh_naming *n, const Dwarf_Die *die,
				   const Dwarf_Die *declaration)
{
	const char *name = lh_declaration_name(declaration), *whole;
	Dwarf_Die around;

	if (!lh_scope_tree_parent(lh_symbol_scopes(n->s, declaration), declaration, &around) ||
	    !lh_declaration_is_lambda(&around))
		return NULL;
	whole = lh_naming_scopes(n, declaration);
	if (lh_declaration_is_call(declaration))
		return lh_naming_text(n, "%.*s%s", (int)strlen(whole) - 2, whole,
				      lh_naming_template(n, die, name) + sizeof(LH_CALL) - 1);
	if (strcmp(name, "__invoke") == 0)
		return lh_naming_text(n, "%s_FUN(%s)", whole, lh_naming_parameters(n, die));
	return NULL;
}

/* From the entries alone. NULL: the function has no name. */
static const char *built_name(struct lh_naming *n, const Dwarf_Die *die)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *name = lh_declaration_name(&declaration), *lambda;

	if (!name)
		return NULL;
	lambda = lambda_function(n, die, &declaration);
	if (lambda)
		return lambda;
	name = conversion(n, &declaration, name);
	return lh_naming_text(n, "%s%s(%s)%s", lh_naming_scopes(n, &declaration),
			      lh_naming_template(n, die, name), lh_naming_parameters(n, die),
			      qualifiers(n, &declaration));
}

/* -g1 makes functions without types, scopes or linkage names. All lambdas are "operator()" then, so
 * they are numbered. */
static const char *bare_name(struct lh_naming *n, const Dwarf_Die *declaration)
{
	const struct lh_scope_tree *scopes = lh_symbol_scopes(n->s, declaration);
	const char *name = lh_declaration_name(declaration);

	if (!lh_declaration_is_call(declaration))
		return name ? lh_name_form(n->s->arena, name) : NULL;
	return lh_naming_text(n, "{" LH_CALL "#%u}%s", lh_ordinal(scopes, declaration),
			      lh_name_form(n->s->arena, name) + sizeof(LH_CALL) - 1);
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

static const char *cxx_name(struct lh_naming *n, const Dwarf_Die *die, const char *symbol)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *linkage = lh_declaration_linkage(die);
	const char *clear = linkage ? lh_symbol_demangled(n->s, linkage) : NULL;
	const char *built;
	bool external = lh_declaration_flag(die, DW_AT_external);

	if (clear && strcmp(clear, linkage) == 0)
		clear = NULL; /* libstdc++ 12 cannot demangle some lambdas with packs of parameters
			       */
	if (clear && external && is_common(linkage, clear))
		return lh_name_form(n->s->arena, clear);
	if (!lh_scope_tree_has_types(lh_symbol_scopes(n->s, &declaration))) {
		if (clear)
			return lh_name_form(n->s->arena, clear);
		return symbol && strchr(symbol, '(') ? symbol : bare_name(n, &declaration);
	}
	if (external && !linkage)
		return lh_declaration_name(&declaration); /* main and extern "C" */
	built = built_name(n, die);
	/* clang's -flto may put a lambda and its call into different units */
	return n->lost && clear ? lh_name_form(n->s->arena, clear) : built;
}

static const char *function_name(struct lh_naming *n, const Dwarf_Die *die, const char *symbol)
{
	Dwarf_Die declaration = lh_declaration(die);
	const char *name = NULL, *linkage;

	if (!lh_naming_enter(n))
		return "...";
	if (lh_declaration_is_cxx(&declaration, n->of)) {
		name = cxx_name(n, die, symbol);
	} else {
		linkage = lh_declaration_linkage(die);
		name = linkage ? lh_symbol_demangled(n->s, linkage)
			       : lh_declaration_name(&declaration);
	}
	return lh_naming_leave(n, name ? name : symbol);
}

static const char *scope_function(struct lh_naming *n, const Dwarf_Die *die)
{
	return function_name(n, die, NULL);
}

const char *lh_die_function(struct lh_symbols *s, Dwarf_Die *die, const char *symbol)
{
	const void *key = die->addr;
	const char **name = lh_map_get(&s->names, s->arena, &key, sizeof(key), sizeof(*name));
	struct lh_naming n = {.s = s, .of = die, .function = scope_function};

	if (!*name)
		*name = function_name(&n, die, symbol);
	return *name;
}

const char *lh_die_class(struct lh_symbols *s, const Dwarf_Die *class)
{
	struct lh_naming n = {.s = s, .of = class, .function = scope_function};
	const char *name = lh_declaration_name(class);

	return name ? lh_naming_template(&n, class, name) : NULL;
}
