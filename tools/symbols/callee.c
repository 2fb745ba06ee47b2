/* callee.c — finds the names of called functions, also of those of other objects. */
#include "tools/symbols/callee.h"

#include <stdlib.h>
#include <string.h>

/* A slot of the global offset table, which the loader fills with a symbol's address. */
struct slot {
	GElf_Addr at;
	const char *name;
};

struct lh_slots {
	struct slot *slot;
	uint32_t n;
};

const uint8_t *lh_symbol_bytes(Elf *elf, GElf_Addr at, size_t *n)
{
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) != NULL;) {
		GElf_Shdr head;
		Elf_Data *data;

		if (!gelf_getshdr(s, &head) || head.sh_type == SHT_NOBITS ||
		    !(head.sh_flags & SHF_ALLOC) || at < head.sh_addr ||
		    at - head.sh_addr >= head.sh_size)
			continue;
		data = elf_rawdata(s, NULL);
		if (!data || !data->d_buf || at - head.sh_addr >= data->d_size)
			return NULL;
		*n = data->d_size - (at - head.sh_addr);
		return (const uint8_t *)data->d_buf + (at - head.sh_addr);
	}
	return NULL;
}

/* ---- slots ---- */

static int by_address(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

static void add_slots(struct lh_symbols *s, struct lh_slots *slots, Elf *elf, Elf_Scn *section,
		      const GElf_Shdr *head)
{
	Elf_Scn *table = elf_getscn(elf, head->sh_link);
	Elf_Data *data = elf_getdata(section, NULL);
	Elf_Data *symbols = table ? elf_getdata(table, NULL) : NULL;
	GElf_Shdr names;
	GElf_Rela r;
	GElf_Sym sym;

	if (!data || !symbols || !gelf_getshdr(table, &names) || !head->sh_entsize)
		return;
	for (uint64_t i = 0; i < head->sh_size / head->sh_entsize; i++) {
		const char *name;

		if (!gelf_getrela(data, (int)i, &r) || !GELF_R_SYM(r.r_info) ||
		    !gelf_getsym(symbols, (int)GELF_R_SYM(r.r_info), &sym))
			continue;
		name = elf_strptr(elf, names.sh_link, sym.st_name);
		if (name && *name)
			LH_PUSH(s->arena, slots->slot, slots->n,
				((struct slot){.at = r.r_offset, .name = name}));
	}
}

static const struct lh_slots *slots_of(struct lh_symbols *s, struct lh_object *o, Elf *elf)
{
	struct lh_slots *slots;
	GElf_Shdr head;

	if (o->slots)
		return o->slots;
	o->slots = slots = lh_arena_alloc(s->arena, sizeof(*slots));
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;)
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_RELA &&
		    (head.sh_flags & SHF_ALLOC))
			add_slots(s, slots, elf, section, &head);
	if (slots->n)
		qsort(slots->slot, slots->n, sizeof(*slots->slot), by_address);
	return slots;
}

static const char *name_of_slot(struct lh_symbols *s, struct lh_object *o, Elf *elf, GElf_Addr at)
{
	const struct lh_slots *slots = slots_of(s, o, elf);
	const struct slot key = {.at = at}, *found = NULL;

	if (slots->n)
		found = bsearch(&key, slots->slot, slots->n, sizeof(key), by_address);
	return found ? found->name : NULL;
}

/* "jmp *slot(%rip)", perhaps after endbr64. */
static const char *name_of_entry(struct lh_symbols *s, struct lh_object *o, Elf *elf, GElf_Addr at)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	size_t n = 0, k = 0;
	const uint8_t *byte = lh_symbol_bytes(elf, at, &n);
	int32_t distance;

	if (!byte || n < 16)
		return NULL;
	if (memcmp(byte, endbr64, sizeof(endbr64)) == 0)
		k = sizeof(endbr64);
	k += byte[k] == 0xf2; /* bnd */
	if (byte[k] != 0xff || byte[k + 1] != 0x25)
		return NULL;
	memcpy(&distance, byte + k + 2, sizeof(distance));
	return name_of_slot(s, o, elf, at + k + 6 + (uint64_t)(int64_t)distance);
}

const char *lh_symbol_callee(struct lh_symbols *s, struct lh_object *o, uint64_t target,
			     uint64_t slot)
{
	struct lh_symbol_at found = lh_symbol_at(s, o, target);
	GElf_Addr own;
	Elf *elf = dwfl_module_getelf(o->module, &own);

	if (target && found.name && found.start == target)
		return found.name;
	if (!elf || !(target || slot))
		return NULL;
	return target ? name_of_entry(s, o, elf, target - o->bias)
		      : name_of_slot(s, o, elf, slot - o->bias);
}

bool lh_callee_never_returns(const char *name)
{
	static const char *const names[] = {
		"abort",          "exit",          "_exit",
		"_Exit",          "quick_exit",    "err",
		"errx",           "verr",          "verrx",
		"__cxa_throw",    "__cxa_rethrow", "__cxa_throw_bad_array_new_length",
		"_Unwind_Resume", "longjmp",       "siglongjmp",
		"pthread_exit",   "thrd_exit"};
	static const char *const begins[] = {
		"__assert",       "__stack_chk_fail",    "__clang_call_terminate",
		"_ZSt9terminate", "g_assertion_message", "__fortify_fail",
		"__chk_fail"};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0 &&
		    strchr("@", name[strlen(names[i])]))
			return true;
	for (size_t i = 0; name && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	/* std::__throw_system_error(int), std::__1::__throw_system_error(int, char const*) */
	return name && (strncmp(name, "_ZSt", 4) == 0 || strncmp(name, "_ZNSt", 5) == 0) &&
	       strstr(name, "__throw_");
}
