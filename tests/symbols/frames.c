/*
 * frames.c — prints what the front end says of addresses: frames FILE < ADDRESSES, in hex.
 * For each address a line "0x1234", then a line for each function, innermost first: a tab,
 * "inlined" or "function" or "folded", name, file and line, with tabs between; "?" and 0: unknown.
 * LINKS: tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tools/symbols/symbols.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const struct lh_symbol *s)
{
	printf("\t%s\t%s\t%s\t%u\n",
	       s->inlined  ? "inlined"
	       : s->folded ? "folded"
			   : "function",
	       s->function ? s->function : "?", s->file ? s->file : "?", s->line);
}

int main(int argc, char **argv)
{
	struct lh_symbols *symbols = lh_symbols_new(false);
	struct lh_module module = {0};
	char line[64];

	if (argc != 2 || !realpath(argv[1], module.path))
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		const struct lh_symbol *found;
		uint64_t at = strtoull(line, NULL, 16);
		uint32_t n = lh_symbol_lines(symbols, &module, at, false, &found);

		printf("0x%llx\n", (unsigned long long)at);
		for (uint32_t i = 0; i < n; i++)
			print(&found[i]);
	}
	for (uint32_t i = 0; i < lh_symbols_problems(symbols); i++)
		fprintf(stderr, "%s\n", lh_symbols_problem(symbols, i));
	lh_symbols_free(symbols);
	return ferror(stdout) ? 2 : 0;
}
