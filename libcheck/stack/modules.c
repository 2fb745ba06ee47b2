/* modules.c — the rows of LH_T_MODULE: the objects and scripts that frames belong to. */
#include "libcheck/stack/stack_internal.h"
#include "libcheck/base/text.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

static uint16_t *objects; /* rows of loaded objects that are not gone */
static uint32_t objects_n, objects_max;
static uint32_t *object_heads, *script_heads; /* of hash lists, linked by `next` */

enum { HEADS_LOG = 12, OBJECTS_FIRST = 512 };

/*
 * The executable, whose program headers the kernel gives. If its segments leave gaps, the loader
 * answers with the range of one segment, but the module is the range of all: a lock lies in another
 * segment than the code. Mappings in the gaps belong to others.
 */
static struct {
	const ElfW(Phdr) * header;
	size_t headers;
	const struct link_map *link_map;
} executable;

static void find_executable(void)
{
	struct dl_find_object f;

	executable.header = (const void *)getauxval(AT_PHDR);
	executable.headers = getauxval(AT_PHNUM);
	executable.link_map = NULL;
	if (_dl_find_object && executable.header &&
	    _dl_find_object((void *)(uintptr_t)executable.header, &f) == 0)
		executable.link_map = f.dlfo_link_map;
}

bool lh_stack_modules_init(void)
{
	objects = lh_private_alloc(sizeof(*objects) * OBJECTS_FIRST);
	objects_n = 0;
	objects_max = OBJECTS_FIRST;
	object_heads = lh_private_alloc(sizeof(uint32_t) << HEADS_LOG);
	script_heads = lh_private_alloc(sizeof(uint32_t) << HEADS_LOG);
	find_executable();
	return objects && object_heads && script_heads;
}

static uint32_t hash_text(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

static uint32_t bucket(uint32_t h)
{
	return (h ^ h >> 15) & ((1u << HEADS_LOG) - 1);
}

/* ---- objects ---- */

struct range {
	uint64_t start, end;
};

static struct range range_of(const struct dl_find_object *f)
{
	struct range r = {(uintptr_t)f->dlfo_map_start, (uintptr_t)f->dlfo_map_end};

	for (size_t i = 0; f->dlfo_link_map == executable.link_map && i < executable.headers; i++) {
		const ElfW(Phdr) *p = &executable.header[i];
		uint64_t at = f->dlfo_link_map->l_addr + p->p_vaddr;
		if (p->p_type != PT_LOAD)
			continue;
		r.start = at < r.start ? at : r.start;
		r.end = at + p->p_memsz > r.end ? at + p->p_memsz : r.end;
	}
	return r;
}

/* Reads the build id from the notes in a segment that the loader has mapped. */
static bool read_notes(struct lh_module *m, uint64_t at, uint64_t end)
{
	while (at + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *n = (const void *)(uintptr_t)at;
		uint64_t desc = at + sizeof(*n) + ((n->n_namesz + 3u) & ~3u);
		if (desc + n->n_descsz > end)
			break;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4) {
			m->build_id_n = n->n_descsz > 20 ? 20 : (uint8_t)n->n_descsz;
			__builtin_memcpy(m->build_id, (const void *)(uintptr_t)desc, m->build_id_n);
			return true;
		}
		at = desc + ((n->n_descsz + 3u) & ~3u);
	}
	return false;
}

/* Every read lies inside the object's own range: a damaged header loses the id and nothing else. */
static void read_build_id(struct lh_module *m)
{
	const ElfW(Ehdr) *e = (const void *)(uintptr_t)m->start;
	const ElfW(Phdr) *p = executable.header;
	size_t n = executable.headers;

	if (m->link_map != (uintptr_t)executable.link_map) {
		if (m->end - m->start < sizeof(*e) ||
		    __builtin_memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
		    e->e_phoff + (uint64_t)e->e_phnum * sizeof(*p) > 4096)
			return;
		p = (const void *)((uintptr_t)m->start + e->e_phoff);
		n = e->e_phnum;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t at = m->base + p[i].p_vaddr, end = at + p[i].p_memsz;
		if (p[i].p_type == PT_NOTE && at >= m->start && end <= m->end && end >= at &&
		    read_notes(m, at, end))
			return;
	}
}

static const char *name_of(const struct link_map *l)
{
	return l->l_name && l->l_name[0] ? l->l_name : lh_own_ledger.ledger->exe;
}

/* One list has an object's rows at one address. */
static uint32_t *object_head(uint64_t base, const char *path)
{
	return &object_heads[bucket(hash_text((uint32_t)(base >> 12) * 0x9e3779b1u, path))];
}

static bool is_loaded(const struct lh_module *m, const struct dl_find_object *f)
{
	const struct link_map *l = f->dlfo_link_map;

	return !m->gone && m->start <= (uintptr_t)f->dlfo_map_start &&
	       m->end >= (uintptr_t)f->dlfo_map_end && m->link_map == (uintptr_t)l &&
	       m->base == l->l_addr && lh_text_equal(m->path, name_of(l));
}

/* The same file at the same address: it was unloaded, and is loaded again. */
static bool is_same_file(const struct lh_module *a, const struct lh_module *b)
{
	return a->base == b->base && a->start == b->start && a->end == b->end && a->build_id_n &&
	       a->build_id_n == b->build_id_n &&
	       __builtin_memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0 &&
	       lh_text_equal(a->path, b->path);
}

/* The object has been unloaded if another one lies there. The executable never is. */
static void forget_objects_at(uint64_t start, uint64_t end)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < objects_n; i++) {
		struct lh_module *m = &LH_MODULES[objects[i]];
		m->gone = start < m->end && end > m->start &&
			  m->link_map != (uintptr_t)executable.link_map;
		if (!m->gone)
			objects[kept++] = objects[i];
	}
	objects_n = kept;
}

static void add_object(uint32_t row)
{
	if (objects_n == objects_max) {
		uint16_t *more = lh_private_alloc(2 * objects_max * sizeof(*more));
		if (!more)
			return; /* found all the same, but never known to be gone */
		__builtin_memcpy(more, objects, objects_n * sizeof(*more));
		objects = more;
		objects_max *= 2;
	}
	objects[objects_n++] = (uint16_t)row;
}

/* The row of an object that was loaded before, or a new one; 0: the table is full. */
static uint32_t row_for(const struct lh_module *m)
{
	uint32_t *head = object_head(m->base, m->path), at = *head;

	while (at && !is_same_file(&LH_MODULES[at], m))
		at = LH_MODULES[at].next;
	if (at) {
		LH_MODULES[at].link_map = m->link_map;
		LH_MODULES[at].gone = 0;
		return at;
	}
	at = lh_row_add(LH_T_MODULE, 1);
	if (at) {
		LH_MODULES[at] = *m;
		LH_MODULES[at].next = *head;
		*head = at;
	}
	return at;
}

static uint32_t learn_module(const struct dl_find_object *f, uintptr_t pc)
{
	static struct lh_module m; /* under the internal lock; a hook must use little stack */
	const struct link_map *l = f->dlfo_link_map;
	struct range range = range_of(f);

	m = (struct lh_module){.start = range.start,
			       .end = range.end,
			       .base = l->l_addr,
			       .link_map = (uintptr_t)l};
	lh_text_copy(m.path, sizeof(m.path), name_of(l));
	read_build_id(&m);
	forget_objects_at((uintptr_t)f->dlfo_map_start, (uintptr_t)f->dlfo_map_end);
	uint32_t at = row_for(&m);
	if (!at)
		return 0;
	add_object(at);
	lh_python_look_for(m.path, pc);
	return at;
}

/*
 * The module of a return address, 0 if it lies in none. A row whose object was loaded before that
 * of another row, at the same addresses, is marked `gone`.
 */
uint32_t lh_stack_module(uintptr_t pc)
{
	static uint32_t last; /* most frames lie in the module of the frame before */
	struct dl_find_object f;

	if (!_dl_find_object || _dl_find_object((void *)(pc - 1), &f) != 0 || !f.dlfo_link_map)
		return 0;
	if (last && last < lh_rows_used(LH_T_MODULE) && is_loaded(&LH_MODULES[last], &f))
		return last;
	const struct link_map *l = f.dlfo_link_map;
	for (uint32_t i = *object_head(l->l_addr, name_of(l)); i; i = LH_MODULES[i].next)
		if (is_loaded(&LH_MODULES[i], &f))
			return last = i;
	return last = learn_module(&f, pc);
}

bool lh_stack_module_has(uint32_t row, uintptr_t address)
{
	return row && address >= LH_MODULES[row].start && address < LH_MODULES[row].end;
}

/* ---- scripts ---- */

static uint32_t *script_head(const char *file, const char *function)
{
	return &script_heads[bucket(hash_text(hash_text(2166136261u, file) * 16777619u, function))];
}

static const char *function_of(const struct lh_module *m)
{
	return m->path + lh_text_length(m->path) + 1;
}

/* Scripts get three quarters of the table, so that objects find free rows too. */
static uint32_t learn_script(uint32_t *head, const char *file, const char *function, unsigned flags)
{
	size_t n = lh_text_length(file) + 1;
	struct lh_module *m;
	uint32_t at = 0;

	if (lh_rows_used(LH_T_MODULE) < lh_rows_max(LH_T_MODULE) / 4 * 3)
		at = lh_row_add(LH_T_MODULE, 1);
	if (!at)
		return 0;
	m = &LH_MODULES[at];
	m->flags = (uint16_t)(LH_MODULE_SCRIPT | flags);
	m->next = *head;
	lh_text_copy(m->path, sizeof(m->path), file);
	if (n < sizeof(m->path))
		lh_text_copy(m->path + n, sizeof(m->path) - n, function);
	return *head = at;
}

uint32_t lh_stack_script(const char *file, const char *function, unsigned flags)
{
	uint32_t *head = script_head(file, function);

	for (uint32_t i = *head; i; i = LH_MODULES[i].next)
		if (LH_MODULES[i].flags == (LH_MODULE_SCRIPT | flags) &&
		    lh_text_equal(LH_MODULES[i].path, file) &&
		    lh_text_equal(function_of(&LH_MODULES[i]), function))
			return i;
	return learn_script(head, file, function, flags);
}

/* ---- of the parent's ledger ---- */

uint64_t lh_frame_from_parent(uint64_t frame)
{
	uintptr_t pc = LH_FRAME_PC(frame);
	const struct lh_module *m = lh_row_in_parent(LH_T_MODULE, LH_FRAME_MODULE(frame));

	if (m && (m->flags & LH_MODULE_SCRIPT))
		return LH_FRAME(lh_stack_script(m->path, function_of(m),
						m->flags & ~(unsigned)LH_MODULE_SCRIPT),
				pc);
	return LH_FRAME(lh_stack_module(pc), pc);
}
