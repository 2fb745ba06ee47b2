/* symbol_table.c — reads, sorts and searches the symbols of one module. */
#include "tools/symbols/symbol_table.h"
#include "tools/symbols/intervals.h"

struct entry {
	struct lh_interval is;
	int index; /* in the module's symbol table */
	uint8_t rank, type;
};

struct lh_symbol_table {
	Dwfl_Module *module;
	struct entry *entry;
	uint32_t n;
};

/*
 * Sorts by start. Symbols of one start are sorted worst first, because the search goes backwards: a
 * global name is best, then the smaller symbol, then the first.
 */
static int by_start(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	int order = lh_interval_by_start(&a->is, &b->is);

	if (order)
		return order;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->is.end != b->is.end)
		return a->is.end > b->is.end ? -1 : 1;
	return a->index > b->index ? -1 : 1;
}

static uint8_t rank_of(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 2;
	case STB_WEAK:
		return 1;
	default:
		return 0;
	}
}

static bool has_address(const char *name, const GElf_Sym *sym, GElf_Word section)
{
	int type = GELF_ST_TYPE(sym->st_info);

	/* at address 0 are the object's header and what is not loaded */
	return name && *name && sym->st_size && sym->st_value && section != SHN_UNDEF &&
	       type != STT_SECTION && type != STT_FILE && type != STT_TLS;
}

struct lh_symbol_table *lh_symbol_table_new(struct lh_arena *arena, Dwfl_Module *module)
{
	struct lh_symbol_table *t = lh_arena_alloc(arena, sizeof(*t));
	int symbols = dwfl_module_getsymtab(module);

	t->module = module;
	if (symbols <= 0)
		return t;
	t->entry = lh_arena_alloc(arena, (size_t)symbols * sizeof(*t->entry));
	for (int i = 1; i < symbols; i++) {
		GElf_Addr at;
		GElf_Word section;
		GElf_Sym sym;
		const char *name =
			dwfl_module_getsym_info(module, i, &sym, &at, &section, NULL, NULL);

		if (has_address(name, &sym, section))
			t->entry[t->n++] =
				(struct entry){.is = {.start = at, .end = at + sym.st_size},
					       .index = i,
					       .rank = rank_of(&sym),
					       .type = (uint8_t)GELF_ST_TYPE(sym.st_info)};
	}
	lh_intervals_sort(t->entry, t->n, sizeof(*t->entry), by_start);
	return t;
}

static uint32_t begun(const struct lh_symbol_table *t, uint64_t at)
{
	return lh_intervals_begun(t->entry, t->n, sizeof(*t->entry), at);
}

struct lh_symbol_at lh_symbol_table_find(const struct lh_symbol_table *t, uint64_t at)
{
	uint32_t i = begun(t, at);

	while (i-- > 0 && t->entry[i].is.end_of_all > at) {
		const struct entry *e = &t->entry[i];
		GElf_Addr start;
		GElf_Sym sym;

		if (at < e->is.end)
			return (struct lh_symbol_at){
				.name = dwfl_module_getsym_info(t->module, e->index, &sym, &start,
								NULL, NULL, NULL),
				.start = e->is.start,
				.size = e->is.end - e->is.start,
				.type = e->type};
	}
	return (struct lh_symbol_at){0};
}

const char *lh_symbol_table_function(const struct lh_symbol_table *t, uint64_t at,
				     uint32_t *position)
{
	struct lh_symbol_at found = lh_symbol_table_find(t, at);
	uint32_t end = begun(t, found.start), i = end - *position;

	if (!found.name || found.type != STT_FUNC)
		return NULL;
	while (i-- > 0 && t->entry[i].is.start == found.start) {
		GElf_Addr start;
		GElf_Sym sym;

		if (t->entry[i].type != STT_FUNC)
			continue;
		*position = end - i;
		return dwfl_module_getsym_info(t->module, t->entry[i].index, &sym, &start, NULL,
					       NULL, NULL);
	}
	return NULL;
}
