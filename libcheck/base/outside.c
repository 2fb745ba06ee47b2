/*
 * outside.c — finds functions in the symbol tables of the loaded objects.
 *
 * The list of objects is the loader's. At the start no other thread changes it. Later it may change
 * while it is read, so each read is a copy by the kernel, which fails where there is no memory;
 * under a seccomp filter, where the library makes no system call, the memory is read directly.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/text.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

struct lh_outside lh_outside;

enum { OBJECTS_MAX = 10000, NAME_MAX_BYTES = 128, SYMBOLS_TRIED = 1000, DYNAMIC_MAX = 64 };

struct wanted {
	const char *name;
	size_t bytes; /* with the final zero */
	uint32_t hash;
	bool checked;
};

struct object {
	uintptr_t base;
	uintptr_t symbols, strings, hash, versions;
};

static bool read(const struct wanted *w, void *to, uintptr_t from, size_t n)
{
	if (w->checked)
		return lh_sys_copy(to, (const void *)from, n);
	__builtin_memcpy(to, (const void *)from, n);
	return true;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		h = h * 33 + *c;
	return h;
}

/* ---- one object ---- */

/* glibc has added the base to the addresses in the dynamic section, but not for every object. */
static uintptr_t address(const struct object *x, uintptr_t at)
{
	return at < x->base ? x->base + at : at;
}

static bool read_dynamic(const struct wanted *w, const struct link_map *l, struct object *x)
{
	ElfW(Dyn) d;

	*x = (struct object){.base = l->l_addr};
	for (int i = 0; l->l_ld && i < DYNAMIC_MAX; i++) {
		if (!read(w, &d, (uintptr_t)&l->l_ld[i], sizeof(d)) || d.d_tag == DT_NULL)
			break;
		uintptr_t at = address(x, d.d_un.d_ptr);
		if (d.d_tag == DT_SYMTAB)
			x->symbols = at;
		else if (d.d_tag == DT_STRTAB)
			x->strings = at;
		else if (d.d_tag == DT_GNU_HASH)
			x->hash = at;
		else if (d.d_tag == DT_VERSYM)
			x->versions = at;
	}
	return x->symbols && x->strings && x->hash;
}

/* Is symbol number `i` a function of this name, in its default version? */
static uintptr_t function_at(const struct wanted *w, const struct object *x, uint32_t i)
{
	char name[NAME_MAX_BYTES];
	ElfW(Versym) version = 0;
	ElfW(Sym) s;

	if (!read(w, &s, x->symbols + i * sizeof(s), sizeof(s)) || s.st_shndx == SHN_UNDEF ||
	    (ELF64_ST_TYPE(s.st_info) != STT_FUNC && ELF64_ST_TYPE(s.st_info) != STT_OBJECT))
		return 0;
	if (x->versions &&
	    (!read(w, &version, x->versions + i * sizeof(version), sizeof(version)) ||
	     (version & 0x8000)))
		return 0;
	if (!read(w, name, x->strings + s.st_name, w->bytes) ||
	    __builtin_memcmp(name, w->name, w->bytes) != 0)
		return 0;
	return x->base + s.st_value;
}

/* The GNU hash table: a header, a Bloom filter, the first symbol of each bucket, and for each
 * symbol its hash, of which the lowest bit ends the bucket. */
static uintptr_t find_in(const struct wanted *w, const struct object *x)
{
	struct {
		uint32_t buckets, first, words, shift;
	} header;
	ElfW(Addr) word;
	uint32_t i, hash;
	enum { BITS = sizeof(word) * 8 };

	if (!read(w, &header, x->hash, sizeof(header)) || !header.buckets || !header.words)
		return 0;
	uintptr_t filter = x->hash + sizeof(header), bucket = filter + header.words * sizeof(word);
	uintptr_t chain = bucket + header.buckets * sizeof(i);
	if (!read(w, &word, filter + (w->hash / BITS % header.words) * sizeof(word),
		  sizeof(word)) ||
	    !(word >> (w->hash % BITS) & word >> ((w->hash >> (header.shift & 31)) % BITS) & 1) ||
	    !read(w, &i, bucket + (w->hash % header.buckets) * sizeof(i), sizeof(i)) ||
	    i < header.first)
		return 0;
	for (int n = 0; n < SYMBOLS_TRIED; n++, i++) {
		if (!read(w, &hash, chain + (i - header.first) * sizeof(hash), sizeof(hash)))
			return 0;
		uintptr_t at = (hash | 1) == (w->hash | 1) ? function_at(w, x, i) : 0;
		if (at || (hash & 1))
			return at;
	}
	return 0;
}

/* ---- all objects behind ours: those before it come first without us too ---- */

static const struct link_map *own_object(void)
{
	struct dl_find_object f;

	return _dl_find_object && _dl_find_object((void *)(uintptr_t)gnu_hash, &f) == 0
		       ? f.dlfo_link_map
		       : NULL;
}

void *lh_outside_find(const char *name, bool checked)
{
	const struct link_map *own = own_object(), *l = own ? own->l_next : NULL;
	struct wanted w = {name, lh_text_length(name) + 1, gnu_hash(name),
			   checked && !lh_sys_seccomp_seen()};
	struct link_map copy;
	struct object x;

	for (int i = 0; l && i < OBJECTS_MAX && w.bytes <= NAME_MAX_BYTES; i++, l = copy.l_next) {
		if (!read(&w, &copy, (uintptr_t)l, sizeof(copy)))
			break;
		uintptr_t at = read_dynamic(&w, &copy, &x) ? find_in(&w, &x) : 0;
		if (at)
			return (void *)at;
	}
	return NULL;
}

/* ---- the rows of calls.def ---- */

static struct {
	struct wanted wanted;
	void **slot;
	bool at_start; /* found at the start: its object stays */
} functions[] = {
#define OUTSIDE(fn) {{#fn, sizeof(#fn), 0, false}, (void **)(void *)&lh_outside.fn, false},
#include "libcheck/calls.def"
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

void lh_outside_init(void)
{
	const struct link_map *own = own_object();
	struct object x;

	for (int i = 0; i < FUNCTIONS; i++)
		functions[i].wanted.hash = gnu_hash(functions[i].wanted.name);
	for (const struct link_map *l = own ? own->l_next : NULL; l; l = l->l_next) {
		if (!read_dynamic(&functions[0].wanted, l, &x))
			continue;
		for (int i = 0; i < FUNCTIONS; i++) {
			if (*functions[i].slot)
				continue;
			*functions[i].slot = (void *)find_in(&functions[i].wanted, &x);
			functions[i].at_start = *functions[i].slot != NULL;
		}
	}
}

void *lh_outside_later(const char *name, void **slot)
{
	void *at = lh_outside_find(name, true);

	__atomic_store_n(slot, at, __ATOMIC_RELEASE);
	return at;
}

void lh_outside_after_dlclose(void)
{
	struct dl_find_object f;

	for (int i = 0; i < FUNCTIONS; i++) {
		void *at = __atomic_load_n(functions[i].slot, __ATOMIC_RELAXED);
		if (at && !functions[i].at_start && _dl_find_object(at, &f) != 0)
			__atomic_store_n(functions[i].slot, NULL, __ATOMIC_RELEASE);
	}
}
