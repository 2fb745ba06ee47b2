/* symbols_internal.h — what the files of tools/symbols share with each other only. */
#ifndef LH_SYMBOLS_SYMBOLS_INTERNAL_H
#define LH_SYMBOLS_SYMBOLS_INTERNAL_H

#include "tools/symbols/symbols.h"
#include "tools/symbols/symbol_table.h"

#include <elfutils/libdwfl.h>
#include <uthash.h>

struct lh_object {
	char *key; /* path and build id */
	Dwfl *dwfl;
	Dwfl_Module *module;           /* NULL: no names from this object */
	GElf_Addr bias;                /* add it to an offset to get libdwfl's address */
	struct lh_symbol_table *table; /* read at the first query */
	UT_hash_handle hh;
};

struct answer {
	struct {
		const struct lh_object *object;
		uint64_t address;
	} key;
	struct lh_symbol *line;
	uint32_t n;
	UT_hash_handle hh;
};

struct lh_symbols {
	struct lh_arena *arena;
	struct lh_object *objects;
	struct answer *answers;
	struct lh_variable *variables; /* see data_type.c */
	bool debuginfod;
	bool cxx_tried;
	void *cxx; /* libstdc++, for demangling; loaded for the first mangled name */
	char *(*demangle)(const char *, char *, size_t *, int *);
	const char **problem;
	uint32_t problems;
};

/* A variable that was searched for, and its type from debug information. */
struct lh_variable {
	struct {
		const struct lh_object *object;
		uint64_t start;
	} key;
	Dwarf_Die type;
	bool known;
	UT_hash_handle hh;
};

/* Opens the object at the first query. */
struct lh_object *lh_symbol_object(struct lh_symbols *, const struct lh_module *);

/* `at` is libdwfl's address in the object. The object has a module. */
struct lh_symbol_at lh_symbol_at(struct lh_symbols *, struct lh_object *, uint64_t at);

#endif
