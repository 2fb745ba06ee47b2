/*
 * test_symbol_table.c — compares the symbol table with libdwfl, which reads all symbols for each
 * query.
 * LINKS: tools/symbols/symbol_table.c tools/symbols/intervals.c tools/util/
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "tools/symbols/symbol_table.h"
#include "tests/unit/unit.h"

enum { QUERIED = 500 /* symbols of an object that are queried, spread over all symbols */ };

static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
					 .find_debuginfo = dwfl_standard_find_debuginfo,
					 .section_address = dwfl_offline_section_address};

/* Nested symbols, adjacent symbols and symbols at one address; a gap, and a label. */
__asm__(".text\n"
	".globl around\n"
	"around: .skip 16, 0x90\n"
	".globl inside\n"
	"inside: .skip 16, 0x90\n"
	".size inside, 16\n"
	".skip 16, 0x90\n"
	".globl twin_global\n"
	"twin_local: twin_global: .skip 8, 0x90\n"
	".size twin_local, 8\n"
	".size twin_global, 8\n"
	".skip 8, 0x90\n"
	".size around, 64\n"
	"gap: .skip 64, 0x90\n"
	"short_one: long_one: .skip 16, 0x90\n"
	".size short_one, 4\n"
	".size long_one, 16\n");

/* The symbol that libdwfl finds, if it contains the address. */
static const char *by_libdwfl(Dwfl_Module *m, uint64_t at)
{
	GElf_Off into;
	GElf_Sym sym;
	const char *name = dwfl_module_addrinfo(m, at, &into, &sym, NULL, NULL, NULL);

	return name && into < sym.st_size ? name : NULL;
}

static bool agree(const struct lh_symbol_table *t, Dwfl_Module *m, uint64_t at)
{
	const char *by_dwfl = by_libdwfl(m, at), *ours = lh_symbol_table_find(t, at).name;

	if (!by_dwfl || !ours ? by_dwfl == ours : strcmp(by_dwfl, ours) == 0)
		return true;
	printf("\tat %#llx: %s, and libdwfl says %s\n", (unsigned long long)at,
	       ours ? ours : "nothing", by_dwfl ? by_dwfl : "nothing");
	return false;
}

/* Queries the first byte, the middle, the last byte and the byte after it, of every n-th symbol. */
static void compare(const char *path)
{
	struct lh_arena *arena = lh_arena_new();
	Dwfl *d = dwfl_begin(&callbacks);
	Dwfl_Module *m = dwfl_report_offline(d, path, path, -1);
	int n, queries = 0, wrong = 0;

	dwfl_report_end(d, NULL, NULL);
	if (!CHECK(m != NULL))
		return;
	n = dwfl_module_getsymtab(m);
	struct lh_symbol_table *t = lh_symbol_table_new(arena, m);
	for (int i = 1; i < n; i += n / QUERIED + 1) {
		GElf_Addr at;
		GElf_Sym sym;
		const char *name = dwfl_module_getsym_info(m, i, &sym, &at, NULL, NULL, NULL);
		if (!name || !sym.st_value || !sym.st_size || GELF_ST_TYPE(sym.st_info) == STT_TLS)
			continue;
		/* The compiler's variable at the start of .bss, where libdwfl finds a label of the
		 * linker that has no size. */
		if (strcmp(name, "completed.0") == 0)
			continue;
		uint64_t queried[] = {at, at + sym.st_size / 2, at + sym.st_size - 1,
				      at + sym.st_size};
		for (int k = 0; k < 4; k++, queries++)
			wrong += !agree(t, m, queried[k]);
	}
	CHECK(queries > 20);
	CHECK_EQ(wrong, 0);
	dwfl_end(d);
	lh_arena_free(arena);
}

static void test_ends(const char *path)
{
	struct lh_arena *arena = lh_arena_new();
	Dwfl *d = dwfl_begin(&callbacks);
	Dwfl_Module *m = dwfl_report_offline(d, path, path, -1);

	dwfl_report_end(d, NULL, NULL);
	struct lh_symbol_table *t = lh_symbol_table_new(arena, m);
	CHECK(!lh_symbol_table_find(t, 0).name);
	CHECK(!lh_symbol_table_find(t, UINT64_MAX).name);
	dwfl_end(d);
	lh_arena_free(arena);
}

int main(int argc, char **argv)
{
	Dl_info libc;

	(void)argc;
	compare(argv[0]);
	test_ends(argv[0]);
	if (CHECK(dladdr((void *)(uintptr_t)printf, &libc)))
		compare(libc.dli_fname);
	return unit_done();
}
