/* symbols.c — opens objects and finds functions, lines and variables with libdwfl. */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/source_lines.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 32 /* functions inlined into each other at one address */

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

struct lh_symbols *lh_symbols_new(bool debuginfod)
{
	struct lh_arena *arena = lh_arena_new();
	struct lh_symbols *s = lh_arena_alloc(arena, sizeof(*s));

	s->arena = arena;
	s->debuginfod = debuginfod;
	return s;
}

void lh_symbols_free(struct lh_symbols *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->dwfls; i++)
		dwfl_end(s->dwfl[i]);
	if (s->cxx)
		dlclose(s->cxx);
	lh_arena_free(s->arena);
}

uint32_t lh_symbols_problems(const struct lh_symbols *s)
{
	return s->problems;
}

const char *lh_symbols_problem(const struct lh_symbols *s, uint32_t i)
{
	return s->problem[i];
}

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
		open_object(s, o, m);
	}
	return o;
}

/* Loaded only for a mangled name: loading takes as long as the rest of a short run. */
static void load_demangler(struct lh_symbols *s)
{
	if (s->cxx_tried)
		return;
	s->cxx_tried = true;
	s->cxx = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
	if (s->cxx)
		*(void **)&s->demangle = dlsym(s->cxx, "__cxa_demangle");
}

const char *lh_symbol_demangled(struct lh_symbols *s, const char *name)
{
	bool mangled = name[0] == '_' && name[1] == 'Z';
	char *clear = NULL;
	const char *result;

	if (mangled)
		load_demangler(s);
	if (mangled && s->demangle)
		clear = s->demangle(name, NULL, NULL, NULL);
	result = lh_arena_strdup(s->arena, clear ? clear : name);
	free(clear);
	return result;
}

static const char *die_name(struct lh_symbols *s, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	if (!name)
		name = dwarf_diename(die);
	return name ? lh_symbol_demangled(s, name) : NULL;
}

static const char *full_path(struct lh_symbols *s, Dwarf_Die *cu, const char *file)
{
	Dwarf_Attribute attr;
	const char *dir;

	if (!file)
		return NULL;
	dir = file[0] != '/' && dwarf_attr(cu, DW_AT_comp_dir, &attr) ? dwarf_formstring(&attr)
								      : NULL;
	return dir ? lh_arena_printf(s->arena, "%s/%s", dir, file)
		   : lh_arena_strdup(s->arena, file);
}

static void set_line(struct lh_symbols *s, Dwarf_Die *cu, Dwarf_Addr at, struct lh_symbol *line)
{
	Dwarf_Line *row = dwarf_getsrc_die(cu, at);
	int number = 0, column = 0;

	if (!row || dwarf_lineno(row, &number) != 0 || number <= 0)
		return;
	dwarf_linecol(row, &column);
	line->file = full_path(s, cu, dwarf_linesrc(row, NULL, NULL));
	line->line = (uint32_t)number;
	line->column = column > 0 ? (uint32_t)column : 0;
}

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value = 0;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &value) != 0)
		return 0;
	return value < UINT32_MAX ? (uint32_t)value : 0;
}

/* Where the inlined function `die` was called: the line of the function around it. */
static void set_call(struct lh_symbols *s, Dwarf_Die *cu, Dwarf_Die *die, struct lh_symbol *line)
{
	Dwarf_Files *files;
	size_t n;
	uint32_t file = number_of(die, DW_AT_call_file);

	if (dwarf_getsrcfiles(cu, &files, &n) == 0 && file < n)
		line->file = full_path(s, cu, dwarf_filesrc(files, file, NULL, NULL));
	line->line = number_of(die, DW_AT_call_line);
	line->column = number_of(die, DW_AT_call_column);
}

/* clang writes no table of address ranges, without which libdwfl does not find the unit. */
Dwarf_Die *lh_symbol_unit(Dwfl_Module *m, Dwarf_Addr at, Dwarf_Addr *bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(m, at, bias);

	if (cu)
		return cu;
	for (cu = NULL; (cu = dwfl_module_nextcu(m, cu, bias)) != NULL;)
		if (dwarf_haspc(cu, at - *bias) == 1)
			return cu;
	return NULL;
}

static uint32_t walk_scopes(struct lh_symbols *s, Dwarf_Die *cu, Dwarf_Addr at,
			    struct lh_symbol line[LINES_MAX])
{
	Dwarf_Die *inner = NULL, *scope = NULL;
	int n = dwarf_getscopes(cu, at, &inner);
	uint32_t k = 0;

	/*
	 * The first query leads from an inlined function to the scope where it was written, the
	 * second to the scope where it was inlined, which is the one that was executed.
	 */
	n = n > 0 ? dwarf_getscopes_die(&inner[0], &scope) : 0;
	set_line(s, cu, at, &line[0]);
	for (int i = 0; i < n && k < LINES_MAX; i++) {
		int tag = dwarf_tag(&scope[i]);

		if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
			continue;
		line[k].function = die_name(s, &scope[i]);
		line[k].inlined = tag == DW_TAG_inlined_subroutine;
		k++;
		if (tag == DW_TAG_subprogram || k == LINES_MAX)
			break;
		set_call(s, cu, &scope[i], &line[k]);
	}
	free(scope);
	free(inner);
	return k;
}

struct lh_symbol_at lh_symbol_at(struct lh_symbols *s, struct lh_object *o, uint64_t at)
{
	if (!o->table)
		o->table = lh_symbol_table_new(s->arena, o->module);
	return lh_symbol_table_find(o->table, at);
}

/* From the symbol table alone. */
static const char *name_at(struct lh_symbols *s, struct lh_object *o, uint64_t at)
{
	const char *name = lh_symbol_at(s, o, at).name;

	return name ? lh_symbol_demangled(s, name) : NULL;
}

static uint32_t find_lines(struct lh_symbols *s, struct lh_object *o, uint64_t at,
			   struct lh_symbol line[LINES_MAX])
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *cu = lh_symbol_unit(o->module, at, &bias);
	uint32_t n = cu ? walk_scopes(s, cu, at - bias, line) : 0;

	if (n && line[n - 1].function)
		return n;
	line[n ? n - 1 : 0].function = name_at(s, o, at);
	return n ? n : line[0].function || line[0].line;
}

const char *lh_symbol_name(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			   bool after)
{
	struct lh_object *o = lh_symbol_object(s, m);

	const char *name = o->module ? name_at(s, o, offset + o->bias - (after ? 1 : 0)) : NULL;

	/* drop the symbol version: "__libc_start_main@@GLIBC_2.34" */
	return name && strchr(name, '@')
		       ? lh_arena_printf(s->arena, "%.*s", (int)strcspn(name, "@"), name)
		       : name;
}

/* The answer for one address. */
struct lines {
	struct lh_symbol *line;
	uint32_t n;
};

uint32_t lh_symbol_lines(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			 bool after, const struct lh_symbol **line)
{
	struct lh_symbol found[LINES_MAX] = {0};
	struct lh_object *o = lh_symbol_object(s, m);
	const uint64_t key[] = {(uintptr_t)o, offset + o->bias - (after ? 1 : 0)};
	struct lines *lines;

	if (!o->module)
		return 0;
	lines = lh_map_get(&s->lines, s->arena, key, sizeof(key), sizeof(*lines));
	if (!lines->line) {
		lines->n = find_lines(s, o, key[1], found);
		lines->line = lh_arena_alloc(s->arena, lines->n * sizeof(*found));
		memcpy(lines->line, found, lines->n * sizeof(*found));
	}
	*line = lines->line;
	return lines->n;
}

const char *lh_symbol_data(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			   uint64_t *into)
{
	struct lh_object *o = lh_symbol_object(s, m);
	struct lh_symbol_at found;

	if (!o->module)
		return NULL;
	found = lh_symbol_at(s, o, offset + o->bias);
	if (!found.name || found.type != STT_OBJECT)
		return NULL;
	*into = offset + o->bias - found.start;
	return lh_symbol_demangled(s, found.name);
}

bool lh_symbol_signal(struct lh_symbols *s, const struct lh_module *m, uint64_t offset)
{
	struct lh_object *o = lh_symbol_object(s, m);
	Dwarf_Frame *frame = NULL;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;
	bool is = false;

	if (!o->module)
		return false;
	cfi = dwfl_module_eh_cfi(o->module, &bias);
	/*
	 * The unwind rule of a signal frame begins one byte early, so that it also covers the
	 * address before.
	 */
	if (cfi && dwarf_cfi_addrframe(cfi, offset + o->bias - 1 - bias, &frame) == 0)
		dwarf_frame_info(frame, NULL, NULL, &is);
	free(frame);
	return is;
}
