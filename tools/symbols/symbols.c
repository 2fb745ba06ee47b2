/* symbols.c — answers the queries of symbols.h and remembers the answers. */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/die_name.h"
#include "tools/symbols/frames.h"
#include "tools/symbols/one_call.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

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
	for (uint32_t i = 0; i < s->packages; i++)
		lh_package_close(s->package[i]);
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

/* ---- functions ---- */

/* What the symbol table says of the code at `at`, where no debug information says more. */
static const char *name_at(struct lh_symbols *s, struct lh_object *o, uint64_t at)
{
	const char *name = lh_symbol_at(s, o, at).name;

	return name ? lh_symbol_normal(s, name) : NULL;
}

/* True if functions with different names begin where the function at `at` does. */
static bool is_folded(struct lh_symbols *s, struct lh_object *o, uint64_t at)
{
	const char *name = NULL, *other;
	uint32_t position = 0;

	while ((other = lh_symbol_table_function(lh_symbol_table(s, o), at, &position)) != NULL) {
		other = lh_symbol_normal(s, other);
		if (name && strcmp(name, other) != 0)
			return true;
		name = other;
	}
	return false;
}

static const char *former_name(struct lh_symbols *s, struct lh_object *o, struct lh_code_frame *f,
			       uint64_t at)
{
	const char *linkage = f->die.addr ? lh_declaration_linkage(&f->die) : NULL,
		   *name = f->die.addr ? dwarf_diename(&f->die) : NULL;

	if (!linkage && !name && !f->inlined)
		linkage = lh_symbol_at(s, o, at).name;
	return linkage ? lh_symbol_demangled(s, linkage) : name;
}

static uint32_t find_lines(struct lh_symbols *s, struct lh_object *o, uint64_t at,
			   struct lh_symbol line[LH_FRAMES_AT_ONE])
{
	struct lh_code_frame frame[LH_FRAMES_AT_ONE] = {0};
	uint32_t n = lh_code_frames(s, o, at, frame);
	const char *symbol = name_at(s, o, at);

	if (!n && symbol)
		n = 1;
	for (uint32_t i = 0; i < n; i++) {
		const char *own = frame[i].inlined ? NULL : symbol;

		line[i].function = frame[i].die.addr ? lh_die_function(s, &frame[i].die, own) : own;
		line[i].file = frame[i].place.file;
		line[i].line = frame[i].place.line;
		line[i].column = frame[i].place.column;
		line[i].inlined = frame[i].inlined;
		line[i].one_call =
			frame[i].die.addr && lh_one_call(s, o, &frame[i].die, &frame[n - 1].die,
							 at + 1, line[i].function);
		line[i].folded = !frame[i].inlined && is_folded(s, o, at);
		line[i].former = former_name(s, o, &frame[i], at);
		if (line[i].former && line[i].function &&
		    strcmp(line[i].former, line[i].function) == 0)
			line[i].former = NULL;
	}
	return n;
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
	struct lh_symbol found[LH_FRAMES_AT_ONE] = {0};
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
