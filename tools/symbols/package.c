/* package.c — finds a unit in a package's index and makes an object file of its parts. */
#include "tools/symbols/package.h"
#include "tools/symbols/source_lines.h"
#include "tools/util/map.h"

#include <dwarf.h>
#include <gelf.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { PARTS_MAX = 12, COLUMNS_MAX = 16 };

struct bytes {
	const uint8_t *at;
	uint64_t n;
};

struct part {
	const char *name;
	struct bytes bytes;
};

struct parts {
	struct part part[PARTS_MAX];
	uint32_t n;
};

/* A unit that was made. */
struct made {
	bool asked, known;
	Dwarf_Die die;
};

struct lh_package {
	struct lh_arena *arena;
	int file;
	Elf *elf;
	struct bytes index;
	struct lh_map units;
	Dwarf **dwarf;
	Elf **image;
	uint32_t dwarfs, images;
};

/* ---- sections and numbers ---- */

static struct bytes section(Elf *elf, const char *name)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return (struct bytes){0};
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) != NULL;) {
		GElf_Shdr header;
		Elf_Data *data;
		const char *own;

		if (!gelf_getshdr(s, &header) || !(own = elf_strptr(elf, names, header.sh_name)) ||
		    strcmp(own, name) != 0)
			continue;
		data = elf_getdata(s, NULL);
		return data ? (struct bytes){data->d_buf, data->d_size} : (struct bytes){0};
	}
	return (struct bytes){0};
}

static uint64_t number(struct bytes b, uint64_t at, unsigned size)
{
	uint64_t value = 0;

	if (at <= b.n && b.n - at >= size)
		memcpy(&value, b.at + at, size); /* the same byte order: lh_package_open */
	return value;
}

static struct bytes slice(struct bytes b, uint64_t from, uint64_t n)
{
	if (from > b.n)
		return (struct bytes){0};
	return (struct bytes){b.at + from, n < b.n - from ? n : b.n - from};
}

static bool add_part(struct parts *p, const char *name, struct bytes bytes)
{
	if (bytes.n && p->n < PARTS_MAX)
		p->part[p->n++] = (struct part){name, bytes};
	return bytes.n != 0;
}

/* ---- the index ---- */

/* The section of a column, as the package and as an object names it. */
static bool column_section(uint64_t version, uint64_t id, const char **from, const char **to)
{
	static const struct {
		uint64_t id, version; /* 0: both */
		const char *from, *to;
	} known[] = {
		{DW_SECT_INFO, 0, ".debug_info.dwo", ".debug_info"},
		{DW_SECT_ABBREV, 0, ".debug_abbrev.dwo", ".debug_abbrev"},
		{DW_SECT_LINE, 0, ".debug_line.dwo", ".debug_line"},
		{DW_SECT_STR_OFFSETS, 0, ".debug_str_offsets.dwo", ".debug_str_offsets"},
		{DW_SECT_RNGLISTS, 5, ".debug_rnglists.dwo", ".debug_rnglists"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].id == id && (!known[i].version || known[i].version == version)) {
			*from = known[i].from;
			*to = known[i].to;
			return true;
		}
	return false;
}

/* The unit's row in the tables of the index, from 1; 0: none. */
static uint64_t row_of(struct bytes index, uint64_t slots, uint64_t signature)
{
	for (uint64_t i = 0; i < slots; i++)
		if (number(index, 16 + 8 * i, 8) == signature)
			return number(index, 16 + 8 * slots + 4 * i, 4);
	return 0;
}

/* The parts that the package has of a unit. */
static bool add_package(struct lh_package *p, uint64_t signature, struct parts *parts)
{
	uint64_t version = number(p->index, 0, 4), columns = number(p->index, 4, 4);
	uint64_t units = number(p->index, 8, 4), slots = number(p->index, 12, 4), row, table;
	bool info = false;

	if ((version != 2 && version != 5) || columns > COLUMNS_MAX || slots > p->index.n / 12)
		return false;
	row = row_of(p->index, slots, signature);
	if (!row || row > units)
		return false;
	table = 16 + 12 * slots;
	for (uint64_t c = 0; c < columns; c++) {
		uint64_t offset = number(p->index, table + 4 * (row * columns + c), 4);
		uint64_t size = number(p->index, table + 4 * ((row + units) * columns + c), 4);
		const char *from, *to;

		if (column_section(version, number(p->index, table + 4 * c, 4), &from, &to) &&
		    add_part(parts, to, slice(section(p->elf, from), offset, size)))
			info |= strcmp(to, ".debug_info") == 0;
	}
	add_part(parts, ".debug_str", section(p->elf, ".debug_str.dwo"));
	return info;
}

/* ---- what the object has of the unit ---- */

static uint64_t attribute(const Dwarf_Die *die, unsigned one, unsigned other)
{
	Dwarf_Die at = *die;
	Dwarf_Attribute attr;
	Dwarf_Word value = 0;

	if (!dwarf_attr(&at, one, &attr) && !dwarf_attr(&at, other, &attr))
		return 0;
	return dwarf_formudata(&attr, &value) == 0 ? value : 0;
}

/* The ranges of DWARF 4 are relative to the unit's address, which the made unit does not have. */
static struct bytes with_base(struct lh_arena *arena, struct bytes ranges, uint64_t base)
{
	uint64_t *pair = lh_arena_alloc(arena, ranges.n + 16), own = base;

	memcpy(pair, ranges.at, ranges.n);
	for (uint64_t i = 0; i + 1 < ranges.n / 8; i += 2) {
		if (pair[i] == UINT64_MAX) {
			own = 0; /* addresses from here on are relative to this one */
		} else if (!pair[i] && !pair[i + 1]) {
			own = base;
		} else {
			pair[i] += own;
			pair[i + 1] += own;
		}
	}
	return (struct bytes){(const uint8_t *)pair, ranges.n};
}

static void add_object(struct lh_arena *arena, const Dwarf_Die *skeleton, struct parts *parts)
{
	Dwarf_Die at = *skeleton;
	Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(skeleton->cu));
	uint64_t addresses = attribute(skeleton, DW_AT_addr_base, DW_AT_GNU_addr_base);
	uint64_t ranges = attribute(skeleton, DW_AT_GNU_ranges_base, DW_AT_GNU_ranges_base);
	struct bytes list;
	Dwarf_Addr base = 0;

	add_part(parts, ".debug_addr", slice(section(elf, ".debug_addr"), addresses, UINT64_MAX));
	list = slice(section(elf, ".debug_ranges"), ranges, UINT64_MAX);
	if (list.n && dwarf_lowpc(&at, &base) == 0 && base)
		list = with_base(arena, list, base);
	add_part(parts, ".debug_ranges", list);
}

/* ---- the object in memory ---- */

static uint64_t aligned(uint64_t n)
{
	return (n + 15) & ~(uint64_t)15;
}

/* Header, parts, names, table of sections. */
static struct bytes make_image(struct lh_arena *arena, const struct parts *p, uint16_t machine)
{
	uint64_t at = aligned(sizeof(Elf64_Ehdr)), size = at + 1024, name = 1, names;
	Elf64_Shdr header[PARTS_MAX + 2] = {0};
	uint32_t n = p->n + 2;
	Elf64_Ehdr *elf;
	uint8_t *image;

	for (uint32_t i = 0; i < p->n; i++)
		size += aligned(p->part[i].bytes.n);
	image = lh_arena_alloc(arena, size + sizeof(header));
	names = size - 1024;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct part *part = &p->part[i];

		header[i + 1] = (Elf64_Shdr){.sh_name = (Elf64_Word)name,
					     .sh_type = SHT_PROGBITS,
					     .sh_offset = at,
					     .sh_size = part->bytes.n,
					     .sh_addralign = 1};
		memcpy(image + at, part->bytes.at, part->bytes.n);
		memcpy(image + names + name, part->name, strlen(part->name));
		name += strlen(part->name) + 1;
		at += aligned(part->bytes.n);
	}
	header[n - 1] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = 1024};
	memcpy(image + size, header, sizeof(header));
	elf = (Elf64_Ehdr *)image;
	*elf = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			    .e_type = ET_EXEC,
			    .e_machine = machine,
			    .e_version = EV_CURRENT,
			    .e_shoff = size,
			    .e_ehsize = sizeof(*elf),
			    .e_shentsize = sizeof(*header),
			    .e_shnum = (Elf64_Half)n,
			    .e_shstrndx = (Elf64_Half)(n - 1)};
	return (struct bytes){image, size + sizeof(header)};
}

static bool make_unit(struct lh_package *p, const struct parts *parts, Dwarf_Die *unit)
{
	GElf_Ehdr header;
	struct bytes image;
	Elf *elf;
	Dwarf *dwarf;

	if (!gelf_getehdr(p->elf, &header))
		return false;
	image = make_image(p->arena, parts, header.e_machine);
	elf = elf_memory((char *)image.at, image.n);
	if (!elf)
		return false;
	LH_PUSH(p->arena, p->image, p->images, elf);
	dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!dwarf)
		return false;
	LH_PUSH(p->arena, p->dwarf, p->dwarfs, dwarf);
	return dwarf_get_units(dwarf, NULL, &(Dwarf_CU *){NULL}, NULL, NULL, unit, NULL) == 0 &&
	       dwarf_tag(unit) == DW_TAG_compile_unit;
}

/* ---- queries ---- */

struct lh_package *lh_package_open(struct lh_arena *arena, const char *object)
{
	int file = lh_source_open(lh_arena_printf(arena, "%s.dwp", object));
	struct lh_package *p;
	const char *ident;
	Elf *elf;

	if (file < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
	ident = elf ? elf_getident(elf, NULL) : NULL;
	if (!ident || ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB) {
		elf_end(elf);
		close(file);
		return NULL;
	}
	p = lh_arena_alloc(arena, sizeof(*p));
	*p = (struct lh_package){.arena = arena, .file = file, .elf = elf};
	p->index = section(elf, ".debug_cu_index");
	return p;
}

void lh_package_close(struct lh_package *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->dwarfs; i++)
		dwarf_end(p->dwarf[i]);
	for (uint32_t i = 0; i < p->images; i++)
		elf_end(p->image[i]);
	elf_end(p->elf);
	close(p->file);
}

bool lh_package_unit(struct lh_package *p, const Dwarf_Die *skeleton, Dwarf_Die *unit)
{
	const void *key = skeleton->cu;
	struct made *made = lh_map_get(&p->units, p->arena, &key, sizeof(key), sizeof(*made));
	struct parts parts = {.n = 0};
	uint64_t signature = 0;

	if (!made->asked) {
		made->asked = true;
		dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, NULL, &signature, NULL, NULL);
		if (add_package(p, signature, &parts)) {
			add_object(p->arena, skeleton, &parts);
			made->known = make_unit(p, &parts, &made->die);
		}
	}
	*unit = made->die;
	return made->known;
}
