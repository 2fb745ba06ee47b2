/* object.c — opens object files with libdwfl and keeps what was read of each. */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/source_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * libdwfl queries the network if DEBUGINFOD_URLS is set, and a CI run must not hang on a server.
 * The variable is restored at once: the program to be started inherits it.
 */
static int find_local(Dwfl_Module *m, void **user, const char *name, Dwarf_Addr base,
		      const char *file, const char *link, GElf_Word crc, char **found)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	char *saved = urls ? strdup(urls) : NULL;
	int fd;

	unsetenv("DEBUGINFOD_URLS");
	fd = dwfl_standard_find_debuginfo(m, user, name, base, file, link, crc, found);
	if (saved)
		setenv("DEBUGINFOD_URLS", saved, 1);
	free(saved);
	return fd;
}

static const Dwfl_Callbacks local = {.find_debuginfo = find_local,
				     .section_address = dwfl_offline_section_address};
static const Dwfl_Callbacks network = {.find_debuginfo = dwfl_standard_find_debuginfo,
				       .section_address = dwfl_offline_section_address};

static void add_problem(struct lh_symbols *s, const char *path, const char *text)
{
	LH_PUSH(s->arena, s->problem, s->problems, lh_arena_printf(s->arena, "%s %s", path, text));
}

static bool same_build(Dwfl_Module *module, const struct lh_module *m)
{
	const unsigned char *id = NULL;
	GElf_Addr at;
	int n = dwfl_module_build_id(module, &id, &at);

	if (!m->build_id_n)
		return true; /* nothing to compare with: the object was built without an id */
	/* The ledger keeps 20 bytes; a longer id is compared up to there. */
	return n >= m->build_id_n && memcmp(id, m->build_id, m->build_id_n) == 0;
}

static void open_object(struct lh_symbols *s, struct lh_object *o, const struct lh_module *m)
{
	int fd = m->path[0] == '/' ? lh_source_open(m->path) : -1;
	Dwfl_Module *module;
	Dwfl *dwfl;

	if (fd < 0) {
		if (m->path[0] == '/')
			add_problem(s, m->path, "cannot be read: its symbols are missing");
		return;
	}
	dwfl = dwfl_begin(s->debuginfod ? &network : &local);
	if (!dwfl) {
		close(fd);
		return;
	}
	LH_PUSH(s->arena, s->dwfl, s->dwfls, dwfl);
	dwfl_report_begin(dwfl);
	module = dwfl_report_offline(dwfl, m->path, m->path, fd);
	dwfl_report_end(dwfl, NULL, NULL);
	if (!module) {
		close(fd); /* libdwfl did not take over the descriptor */
		add_problem(s, m->path, "is not an object file: its symbols are missing");
	} else if (!same_build(module, m)) {
		add_problem(s, m->path,
			    "was replaced (its build id differs): its symbols are missing");
	} else if (dwfl_module_getelf(module, &o->bias)) {
		o->module = module;
	}
}

struct lh_object *lh_symbol_object(struct lh_symbols *s, const struct lh_module *m)
{
	char key[LH_PATH_MAX + 48];
	int n = snprintf(key, sizeof(key), "%s ", m->path);
	struct lh_object *o;

	for (int i = 0; i < m->build_id_n; i++)
		n += snprintf(key + n, sizeof(key) - (size_t)n, "%02x", m->build_id[i]);
	o = lh_map_get(&s->objects, s->arena, key, (size_t)n, sizeof(*o));
	if (!o->asked) {
		o->asked = true;
		o->path = lh_arena_strdup(s->arena, m->path);
		open_object(s, o, m);
	}
	return o;
}

struct lh_symbol_table *lh_symbol_table(struct lh_symbols *s, struct lh_object *o)
{
	if (!o->table)
		o->table = lh_symbol_table_new(s->arena, o->module);
	return o->table;
}

struct lh_symbol_at lh_symbol_at(struct lh_symbols *s, struct lh_object *o, uint64_t at)
{
	return lh_symbol_table_find(lh_symbol_table(s, o), at);
}

struct lh_package *lh_symbol_package(struct lh_symbols *s, struct lh_object *o)
{
	if (o->package_asked)
		return o->package;
	o->package_asked = true;
	o->package = lh_package_open(s->arena, o->path);
	if (o->package)
		LH_PUSH(s->arena, s->package, s->packages, o->package);
	return o->package;
}

struct lh_scope_tree *lh_symbol_scopes(struct lh_symbols *s, const Dwarf_Die *die)
{
	const void *key = die->cu;
	struct lh_scope_tree **tree =
		lh_map_get(&s->scopes, s->arena, &key, sizeof(key), sizeof(*tree));

	if (!*tree)
		*tree = lh_scope_tree_new(s->arena, die);
	return *tree;
}
