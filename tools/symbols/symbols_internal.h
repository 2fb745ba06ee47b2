/* symbols_internal.h — what the files of tools/symbols share with each other only. */
#ifndef LH_SYMBOLS_SYMBOLS_INTERNAL_H
#define LH_SYMBOLS_SYMBOLS_INTERNAL_H

#include "tools/symbols/symbols.h"
#include "tools/symbols/scope_tree.h"
#include "tools/symbols/symbol_table.h"
#include "tools/symbols/package.h"
#include "tools/symbols/unit_index.h"
#include "tools/symbols/variables.h"
#include "tools/util/map.h"

#include <elfutils/libdwfl.h>

struct lh_object {
	bool asked;
	Dwfl_Module *module;           /* NULL: no names from this object */
	GElf_Addr bias;                /* add it to an offset to get libdwfl's address */
	struct lh_symbol_table *table; /* read at the first query */
	struct lh_unit_index *units;   /* the same */
	struct lh_slots *slots;        /* the same; see callee.c */
	const char *path;
	struct lh_package *package; /* NULL: none */
	bool package_asked;
	struct lh_variables *variables;
	struct lh_map definitions; /* definitions.c */
	bool defined;              /* they have been read */
};

struct lh_symbols {
	struct lh_arena *arena;
	struct lh_map objects, lines, variables, variable_names, scopes, names, endings,
		locks_of_calls;
	struct lh_package **package; /* of the opened objects */
	Dwfl **dwfl;                 /* the same */
	uint32_t dwfls, packages;
	bool debuginfod;
	bool cxx_tried;
	void *cxx; /* libstdc++, for demangling; loaded for the first mangled name */
	char *(*demangle)(const char *, char *, size_t *, int *);
	const char **problem;
	uint32_t problems;
};

/* Opens the object at the first query. */
struct lh_object *lh_symbol_object(struct lh_symbols *, const struct lh_module *);

/* `at` is libdwfl's address in the object. The object has a module. */
struct lh_symbol_table *lh_symbol_table(struct lh_symbols *, struct lh_object *);
struct lh_symbol_at lh_symbol_at(struct lh_symbols *, struct lh_object *, uint64_t at);

/* The object's DWARF package, opened at the first query. NULL: none. */
struct lh_package *lh_symbol_package(struct lh_symbols *, struct lh_object *);

/* The scopes of the unit that `die` is in. */
struct lh_scope_tree *lh_symbol_scopes(struct lh_symbols *, const Dwarf_Die *die);

/* The variables of the object, which has a module. */
struct lh_variables *lh_symbol_variables(struct lh_symbols *, struct lh_object *);

/* A name of the symbol table or a linkage name, demangled; itself, if it is not mangled. */
const char *lh_symbol_demangled(struct lh_symbols *, const char *name);
/* The same, in the normal form that symbols.h describes. */
const char *lh_symbol_normal(struct lh_symbols *, const char *name);

#endif
