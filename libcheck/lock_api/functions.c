/* functions.c — the loaded objects, and the symbol tables of their files. */
#include "libcheck/lock_api/functions.h"
#include "libcheck/base/real.h"
#include "libcheck/base/text.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>

extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

enum { OBJECTS_MAX = 1024, COMPARED = 16 };

/* The file of an object. Every offset in it is checked. */
struct file {
	const uint8_t *at;
	uint64_t size;
	const ElfW(Ehdr) * head;
	const struct link_map *object;
};

static uintptr_t searched[OBJECTS_MAX]; /* the dynamic sections of objects, 0: no object */

static const struct link_map *object_of(const void *address)
{
	struct dl_find_object f;

	return _dl_find_object && _dl_find_object((void *)(uintptr_t)address, &f) == 0
		       ? f.dlfo_link_map
		       : NULL;
}

static const void *part(const struct file *f, uint64_t from, uint64_t n, uint64_t size)
{
	return from <= f->size && (!size || n <= (f->size - from) / size) ? f->at + from : NULL;
}

static bool open_file(struct file *f, const struct link_map *object)
{
	const char *path = object->l_name && *object->l_name ? object->l_name : "/proc/self/exe";
	int fd = lh_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	long size = fd < 0 ? 0 : lh_syscall(SYS_lseek, fd, 0, 2 /* SEEK_END */, 0, 0, 0);

	*f = (struct file){.object = object};
	if (size > 0)
		f->at = lh_sys_map((size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		lh_sys_close(fd);
	if (!f->at)
		return false;
	f->size = (uint64_t)size;
	f->head = part(f, 0, 1, sizeof(*f->head));
	return f->head && __builtin_memcmp(f->head->e_ident, ELFMAG, SELFMAG) == 0 &&
	       f->head->e_ident[EI_CLASS] == ELFCLASS64;
}

/* The table with the most functions. */
static const ElfW(Shdr) * symbol_table(const struct file *f)
{
	const ElfW(Shdr) *s = part(f, f->head->e_shoff, f->head->e_shnum, sizeof(*s));
	const ElfW(Shdr) *best = NULL;

	for (uint32_t i = 0; s && i < f->head->e_shnum; i++)
		if (s[i].sh_link < f->head->e_shnum && s[s[i].sh_link].sh_type == SHT_STRTAB &&
		    (s[i].sh_type == SHT_SYMTAB || (s[i].sh_type == SHT_DYNSYM && !best)))
			best = &s[i];
	return best;
}

/* The segment of code that has the function's address in the file. */
static const ElfW(Phdr) * segment(const struct file *f, const ElfW(Sym) * symbol)
{
	const ElfW(Phdr) *p = part(f, f->head->e_phoff, f->head->e_phnum, sizeof(*p));

	for (uint32_t i = 0; p && i < f->head->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && (p[i].p_flags & PF_X) &&
		    symbol->st_value >= p[i].p_vaddr &&
		    symbol->st_value - p[i].p_vaddr < p[i].p_filesz)
			return &p[i];
	return NULL;
}

static bool is_in_memory(const struct file *f, const ElfW(Phdr) * p, const ElfW(Sym) * symbol,
			 const struct lh_api_function *x)
{
	uint64_t n = x->size < COMPARED && x->size ? x->size : COMPARED;
	const void *bytes = part(f, p->p_offset + (symbol->st_value - p->p_vaddr), n, 1);

	return bytes && n <= x->readable && __builtin_memcmp(bytes, (const void *)x->at, n) == 0;
}

static void check_symbol(const struct file *f, const struct lh_api *api, const ElfW(Sym) * symbol,
			 const char *name, lh_api_function_found *found)
{
	struct lh_api_function x = {.match = LH_NAME_OTHER};
	const ElfW(Phdr) * p;

	for (uint32_t i = 0; i < api->rows && x.match != LH_NAME_SAME; i++) {
		const struct lh_api_row *r = &api->row[i];
		enum lh_name_match match = lh_name_match(r->function, r->length, name);
		if (match == LH_NAME_OTHER)
			continue;
		x.row = r;
		x.match = match;
	}
	if (x.match == LH_NAME_OTHER || !(p = segment(f, symbol)))
		return;
	x.object = (uintptr_t)f->object->l_ld;
	x.at = f->object->l_addr + symbol->st_value;
	x.size = symbol->st_size;
	x.local = ELF64_ST_BIND(symbol->st_info) == STB_LOCAL;
	x.readable = ((p->p_vaddr + p->p_filesz + 4095) & ~4095ul) - symbol->st_value;
	x.protection = PROT_READ | PROT_EXEC | (p->p_flags & PF_W ? PROT_WRITE : 0);
	if (is_in_memory(f, p, symbol, &x))
		found(&x);
}

static void search(const struct file *f, const struct lh_api *api, lh_api_function_found *found)
{
	const ElfW(Shdr) *table = symbol_table(f), *names;
	const ElfW(Sym) * symbol;
	const char *text;

	if (!table)
		return;
	names = (const ElfW(Shdr) *)(f->at + f->head->e_shoff) + table->sh_link;
	symbol = part(f, table->sh_offset, table->sh_size, 1);
	text = part(f, names->sh_offset, names->sh_size, 1);
	if (!symbol || !text || !names->sh_size || text[names->sh_size - 1])
		return;
	for (uint64_t n = table->sh_size / sizeof(*symbol); n-- > 0; symbol++)
		if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
		    symbol->st_name < names->sh_size)
			check_symbol(f, api, symbol, text + symbol->st_name, found);
}

/* ---- the loaded objects ---- */

static const struct link_map *first_object(void)
{
	static const char inside;
	const struct link_map *m = object_of(&inside);

	while (m && m->l_prev)
		m = m->l_prev;
	return m;
}

/* libc, the loader and this library call each other in ways that we must not change. */
static bool is_ours(const struct link_map *m)
{
	static const char inside;

	return m == object_of(&inside) ||
	       m == object_of((const void *)lh_real.pthread_mutex_lock) ||
	       m == object_of((const void *)_dl_find_object);
}

bool lh_api_is_loaded(uintptr_t dynamic)
{
	for (const struct link_map *m = first_object(); m; m = m->l_next)
		if ((uintptr_t)m->l_ld == dynamic)
			return true;
	return false;
}

/* True the first time. */
static bool mark_searched(const struct link_map *m)
{
	uint32_t free = OBJECTS_MAX;

	for (uint32_t i = OBJECTS_MAX; i-- > 0;) {
		if (searched[i] == (uintptr_t)m->l_ld)
			return false;
		if (!searched[i])
			free = i;
	}
	if (free == OBJECTS_MAX)
		return false;
	searched[free] = (uintptr_t)m->l_ld;
	return true;
}

void lh_api_find_functions(const struct lh_api *api, lh_api_function_found *found)
{
	for (uint32_t i = 0; i < OBJECTS_MAX; i++)
		if (searched[i] && !lh_api_is_loaded(searched[i]))
			searched[i] = 0;
	for (const struct link_map *m = first_object(); m; m = m->l_next) {
		struct file f;
		if (!mark_searched(m) || is_ours(m))
			continue;
		if (open_file(&f, m))
			search(&f, api, found);
		if (f.at)
			lh_sys_unmap((void *)(uintptr_t)f.at, f.size);
	}
}
