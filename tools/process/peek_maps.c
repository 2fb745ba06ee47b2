/* peek_maps.c — finds the ELF objects in the mappings, and the files that they come from. */
#include "tools/process/peek_internal.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADERS_MAX = 64, NOTES_MAX = 4096 };

/* ---- objects ---- */

/* Reads the build id from memory, because the file may have been replaced since it was mapped. */
static void read_notes(const struct lh_peek *p, struct lh_peek_module *m, uint64_t at, size_t n)
{
	unsigned char text[NOTES_MAX];
	Elf64_Nhdr h;

	if (n > sizeof(text) || !lh_peek_read(p, at, text, n))
		return;
	for (size_t i = 0; i + sizeof(h) <= n && !m->build_id_n;) {
		memcpy(&h, text + i, sizeof(h));
		size_t name = ((size_t)h.n_namesz + 3) & ~3ul,
		       desc = ((size_t)h.n_descsz + 3) & ~3ul;
		size_t body = i + sizeof(h) + name;

		if (name > n || desc > n || body + desc > n)
			return;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 &&
		    memcmp(text + i + sizeof(h), "GNU", 4) == 0) {
			m->build_id_n = h.n_descsz < 20 ? (uint8_t)h.n_descsz : 20;
			memcpy(m->build_id, text + body, m->build_id_n);
		}
		i = body + desc;
	}
}

static bool read_headers(const struct lh_peek *p, struct lh_peek_module *m)
{
	Elf64_Ehdr e;
	Elf64_Phdr h[HEADERS_MAX];
	uint64_t low = UINT64_MAX, high = 0;

	if (!lh_peek_read(p, m->start, &e, sizeof(e)) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phnum > HEADERS_MAX ||
	    e.e_phentsize != sizeof(*h) ||
	    !lh_peek_read(p, m->start + e.e_phoff, h, e.e_phnum * sizeof(*h)))
		return false;
	for (int i = 0; i < e.e_phnum; i++) {
		if (h[i].p_type != PT_LOAD)
			continue;
		if (h[i].p_vaddr < low)
			low = h[i].p_vaddr & ~0xfffull;
		if (h[i].p_vaddr + h[i].p_memsz > high)
			high = h[i].p_vaddr + h[i].p_memsz;
	}
	if (low >= high)
		return false;
	m->base = m->start - low;
	m->end = m->base + high; /* with .bss, which is a mapping without a name */
	for (int i = 0; i < e.e_phnum; i++)
		if (h[i].p_type == PT_NOTE)
			read_notes(p, m, m->base + h[i].p_vaddr, h[i].p_memsz);
	return true;
}

static bool is_same(const char *path, uint64_t inode)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (!inode || st.st_ino == inode);
}

/*
 * A path under which we can open the mapped file: its own path, if that names the same file here;
 * its path in the process's root directory; or the mapping in map_files, which works even if the
 * file has been deleted.
 */
static const char *file_of(struct lh_peek *p, const struct lh_peek_map *map)
{
	const char *try;

	if (is_same(map->path, map->inode))
		return map->path;
	if (p->core)
		return is_same(map->path, 0) ? map->path : NULL;
	try = lh_arena_printf(p->arena, "/proc/%d/root%s", p->alive_tid, map->path);
	if (is_same(try, map->inode))
		return try;
	try = lh_arena_printf(p->arena, "/proc/%d/map_files/%llx-%llx", p->alive_tid,
			      (unsigned long long)map->start, (unsigned long long)map->end);
	if (is_same(try, 0))
		return try;
	return is_same(map->path, 0) ? map->path : NULL; /* the build id will be compared */
}

void lh_peek_objects(struct lh_peek *p)
{
	if (p->maps)
		return;
	if (p->source)
		p->source->maps(p);
	for (uint32_t i = 0; i < p->maps; i++) {
		struct lh_peek_module m = {.start = p->map[i].start, .path = p->map[i].path};

		if (m.path[0] != '/' || p->map[i].offset != 0 || !read_headers(p, &m))
			continue;
		/* An object that is mapped again (to read its headers) is counted once. */
		if (p->modules && m.start < p->module[p->modules - 1].end)
			continue;
		m.file = file_of(p, &p->map[i]);
		LH_PUSH(p->arena, p->module, p->modules, m);
	}
}
