/* enclosing.c — finds a function by the linkage name of a function inside it. */
#include "tools/symbols/enclosing.h"
#include "tools/symbols/declaration.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

/* The linkage name of a function that is declared in a class inside `around`; NULL: none. */
static const char *linkage_inside(const struct lh_scope_tree *scopes, const Dwarf_Die *around)
{
	uint32_t position = 0;
	Dwarf_Die function;

	while (lh_scope_tree_next_function(scopes, &position, &function)) {
		Dwarf_Die declaration = lh_declaration(&function), class, outer;
		const char *linkage = lh_declaration_linkage(&function);

		if (linkage && strncmp(linkage, "_ZZ", 3) == 0 &&
		    lh_scope_tree_parent(scopes, &declaration, &class) &&
		    lh_scope_tree_parent(scopes, &class, &outer) && outer.addr == around->addr)
			return linkage;
	}
	return NULL;
}

/* How much of the linkage name `inner` is the function's own name; 0: it is not around. */
static size_t length_around(const Dwarf_Die *function, const char *inner)
{
	const char *own = lh_declaration_linkage(function), *name = lh_declaration_name(function);
	char made[256]; /* main and extern "C" have no linkage name, and "4main" in another's */
	size_t n;

	if (!own && name) {
		snprintf(made, sizeof(made), "_Z%zu%s", strlen(name), name);
		own = made;
	}
	if (!own || strncmp(own, "_Z", 2) != 0)
		return 0;
	n = strlen(own + 1);
	return strncmp(inner + 2, own + 1, n) == 0 && inner[2 + n] == 'E' ? n : 0;
}

bool lh_enclosing_function(const struct lh_scope_tree *scopes, const Dwarf_Die *nameless,
			   Dwarf_Die *function, const char **linkage)
{
	uint32_t position = 0;
	size_t best = 0;
	Dwarf_Die other;

	*linkage = linkage_inside(scopes, nameless);
	while (*linkage && lh_scope_tree_next_function(scopes, &position, &other)) {
		size_t n = length_around(&other, *linkage);

		if (n > best) {
			*function = other;
			best = n;
		}
	}
	return best != 0;
}
