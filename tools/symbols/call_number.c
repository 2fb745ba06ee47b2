/*
 * call_number.c — which of the calls that a function makes to another one a return address is of.
 *
 * Reads the function's code: a direct call names its target, so the calls of one target can be
 * counted without running them. They are counted by their lines, in the order of the lines, because
 * a compiler copies and moves code; without lines, in the order of their addresses.
 */
#include "tools/symbols/symbols_internal.h"

#include <elf.h>
#include <string.h>

enum { CALLS_MAX = 4096 /* in one function */ };

/* The code of one function. */
struct code {
	const uint8_t *bytes;
	uint64_t start, size; /* libdwfl's address */
	uint16_t machine;
};

static bool read_section(Elf_Scn *section, GElf_Addr bias, struct code *c)
{
	GElf_Shdr header;
	Elf_Data *data;
	uint64_t from;

	if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_EXECINSTR) ||
	    header.sh_type != SHT_PROGBITS)
		return false;
	from = header.sh_addr + bias;
	if (c->start < from || c->start - from > header.sh_size ||
	    c->size > header.sh_size - (c->start - from))
		return false;
	data = elf_getdata(section, NULL);
	if (!data || !data->d_buf || c->start - from + c->size > data->d_size)
		return false;
	c->bytes = (const uint8_t *)data->d_buf + (c->start - from);
	return true;
}

static bool read_code(struct lh_symbols *s, struct lh_object *o, uint64_t at, struct code *c)
{
	struct lh_symbol_at symbol = lh_symbol_at(s, o, at);
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(o->module, &bias);
	Elf_Scn *section = NULL;
	GElf_Ehdr head;

	*c = (struct code){.start = symbol.start, .size = symbol.size};
	if (!symbol.name || symbol.type != STT_FUNC || !elf || !gelf_getehdr(elf, &head))
		return false;
	c->machine = head.e_machine;
	while ((section = elf_nextscn(elf, section)) != NULL)
		if (read_section(section, bias, c))
			return true;
	return false;
}

static int64_t read_number(const uint8_t *at)
{
	int32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

/*
 * Where the call goes that ends at offset `end` of the code: an address, of the function or of the
 * word that points to it. 0: no direct call ends there.
 */
static uint64_t target_of(const struct code *c, uint64_t end)
{
	const uint8_t *at = c->bytes + end;
	uint64_t next = c->start + end;

	if (end > c->size)
		return 0;
	if (c->machine == EM_AARCH64 && end >= 4 && end % 4 == 0) {
		uint32_t code = (uint32_t)read_number(at - 4);
		int64_t words = (int32_t)(code << 6) >> 6;

		return code >> 26 == 0x25 ? next - 4 + (uint64_t)(words * 4) : 0; /* bl */
	}
	if (c->machine != EM_X86_64)
		return 0;
	if (end >= 5 && at[-5] == 0xe8) /* call rel32 */
		return next + (uint64_t)read_number(at - 4);
	if (end >= 6 && at[-6] == 0xff && at[-5] == 0x15) /* call *rel32(%rip) */
		return next + (uint64_t)read_number(at - 4);
	return 0;
}

/* ---- counting ---- */

/* A call of one function: the line that makes it. */
struct call {
	const char *function;
	uint32_t line, column;
	uint64_t end;
};

static struct call call_at(struct lh_symbols *s, const struct lh_module *m, uint64_t end)
{
	const struct lh_symbol *line;
	struct call call = {.end = end};

	if (!lh_symbol_lines(s, m, end, true, &line))
		return call;
	call.function = line[0].function;
	call.line = line[0].line;
	call.column = line[0].column;
	return call;
}

static bool same_function(const struct call *a, const struct call *b)
{
	return a->function && b->function ? strcmp(a->function, b->function) == 0
					  : a->function == b->function;
}

static int by_line(const struct call *a, const struct call *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->line || a->end == b->end ? 0 : a->end < b->end ? -1 : 1;
}

/* How many of the calls, each line once, come before this one. */
static uint32_t count_before(const struct call *all, uint32_t n, const struct call *own)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool first = by_line(&all[i], own) < 0;

		for (uint32_t k = 0; k < i && first; k++)
			first = by_line(&all[k], &all[i]) != 0;
		before += first;
	}
	return before;
}

uint32_t lh_symbol_call_number(struct lh_symbols *s, const struct lh_module *m, uint64_t offset)
{
	struct lh_object *o = lh_symbol_object(s, m);
	struct call *all = NULL, own;
	struct code code;
	uint64_t target;
	uint32_t n = 0;

	if (!o->module || !read_code(s, o, offset + o->bias - 1, &code))
		return 0;
	target = target_of(&code, offset + o->bias - code.start);
	own = call_at(s, m, offset);
	for (uint64_t end = 4; end <= code.size && target && n < CALLS_MAX; end++) {
		struct call call;

		if (target_of(&code, end) != target)
			continue;
		call = call_at(s, m, code.start + end - o->bias);
		if (same_function(&call, &own))
			LH_PUSH(s->arena, all, n, call);
	}
	return count_before(all, n, &own);
}
