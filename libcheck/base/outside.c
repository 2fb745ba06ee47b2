/*
 * outside.c — finds functions in the symbol tables of the loaded objects.
 *
 * Which copy of a function does a call mean, if several objects define one? The loader bound the
 * call to ours, the first one that it found in the scopes of the calling object, so it would have
 * bound it to the next one there of the version that the object asks for. The list of scopes is
 * private to the loader. Where it lies is found out at the start, with the objects whose scopes are
 * known; if it is not found, the objects are searched in load order.
 *
 * The loader's lists may change while they are read, except at the start. So each read is a copy by
 * the kernel, which fails where there is no memory, and the search begins again if the list was
 * changed. Under a seccomp filter the library makes no system call: the memory is read directly.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/text.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

struct lh_outside lh_outside_at_start;

enum { OBJECTS_MAX = 10000, NAME_MAX_BYTES = 128, SYMBOLS_TRIED = 1000, DYNAMIC_MAX = 4096 };

struct wanted {
	const char *name;
	size_t bytes;  /* with the final zero */
	uint32_t hash; /* of the GNU table */
	bool checked;
	/* of the version that the caller asks for; 0: it asks for none, and gets the default */
	uint32_t version;
	bool only_version; /* and not a definition without a version */
	bool not_at_start; /* no object in the program's scope at the start defines it */
};

struct object {
	uintptr_t base;
	uintptr_t symbols, strings, hash, old_hash;
	uintptr_t versions, defined, needed; /* of each symbol; what they mean; in other objects */
	bool has_versions;                   /* the definition that was found has a version */
};

static bool kernel_copies; /* not where a filter forbids it */

static bool is_careful(const struct wanted *w)
{
	return w->checked && kernel_copies && !lh_sys_seccomp_seen();
}

static bool read(const struct wanted *w, void *to, uintptr_t from, size_t n)
{
	if (is_careful(w))
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

/* Of the table that objects had before (--hash-style=sysv), and of the names of versions. */
static uint32_t old_hash(const char *name)
{
	uint32_t h = 0;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		h = (h << 4) + *c;
		h ^= h >> 24 & 0xf0;
	}
	return h & 0x0fffffff;
}

/* ---- one object ---- */

/* glibc has added the base to the addresses in the dynamic section, but not for every object. */
static uintptr_t address(const struct object *x, uintptr_t at)
{
	return at < x->base ? x->base + at : at;
}

enum { ENTRIES = 32 }; /* copied at once: more than most objects have */

/* Returns how many entries were copied. What lies behind the last one of the section is copied too,
 * which only the kernel may do. */
static int read_entries(const struct wanted *w, ElfW(Dyn) d[ENTRIES], const ElfW(Dyn) * from)
{
	if (is_careful(w) && read(w, d, (uintptr_t)from, ENTRIES * sizeof(*d)))
		return ENTRIES;
	return read(w, d, (uintptr_t)from, sizeof(*d));
}

static void note_entry(struct object *x, const ElfW(Dyn) * d)
{
	uintptr_t at = address(x, d->d_un.d_ptr);

	if (d->d_tag == DT_SYMTAB)
		x->symbols = at;
	else if (d->d_tag == DT_STRTAB)
		x->strings = at;
	else if (d->d_tag == DT_GNU_HASH)
		x->hash = at;
	else if (d->d_tag == DT_HASH)
		x->old_hash = at;
	else if (d->d_tag == DT_VERSYM)
		x->versions = at;
	else if (d->d_tag == DT_VERDEF)
		x->defined = at;
	else if (d->d_tag == DT_VERNEED)
		x->needed = at;
}

static bool read_dynamic(const struct wanted *w, const struct link_map *l, struct object *x)
{
	ElfW(Dyn) d[ENTRIES];
	bool last = !l->l_ld;

	*x = (struct object){.base = l->l_addr};
	for (int i = 0; !last && i < DYNAMIC_MAX;) {
		int n = read_entries(w, d, &l->l_ld[i]);
		last = n == 0;
		for (int k = 0; k < n && !last; k++) {
			last = d[k].d_tag == DT_NULL;
			note_entry(x, &d[k]);
		}
		i += n;
	}
	return x->symbols && x->strings && (x->hash || x->old_hash);
}

/* The program's function that chooses the function, as the loader calls it. */
static uintptr_t choose(uintptr_t resolver)
{
#if defined(__aarch64__)
	const uint64_t hwcap[3] = {sizeof(hwcap), getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};

	return ((uintptr_t(*)(uint64_t, const uint64_t *))resolver)(hwcap[1] | 1ull << 62, hwcap);
#else
	return ((uintptr_t(*)(void))resolver)();
#endif
}

/* Of a function or a variable. */
static bool is_definition(const ElfW(Sym) * s)
{
	int type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && ELF64_ST_BIND(s->st_info) != STB_LOCAL &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE ||
		type == STT_GNU_IFUNC);
}

static bool has_name(const struct wanted *w, const struct object *x, const ElfW(Sym) * s)
{
	char name[NAME_MAX_BYTES];

	return read(w, name, x->strings + s->st_name, w->bytes) &&
	       __builtin_memcmp(name, w->name, w->bytes) == 0;
}

/* ---- versions of symbols ---- */

enum { VERSIONS_MAX = 10000, HIDDEN = 0x8000 /* not the default version */ };

static ElfW(Versym) version_at(const struct wanted *w, const struct object *x, uint32_t i)
{
	ElfW(Versym) version = 0;

	if (x->versions)
		read(w, &version, x->versions + i * sizeof(version), sizeof(version));
	return version;
}

/* The hash of the name of a version that the object defines; 0: it is none. */
static uint32_t defined_version(const struct wanted *w, const struct object *x, unsigned number)
{
	ElfW(Verdef) d = {.vd_next = 0};
	uintptr_t at = number > 1 ? x->defined : 0;

	for (int i = 0; at && i < VERSIONS_MAX && read(w, &d, at, sizeof(d)); i++) {
		if (d.vd_ndx == number)
			return d.vd_hash;
		at = d.vd_next ? at + d.vd_next : 0;
	}
	return 0;
}

/* As the loader decides. */
static bool is_wanted_version(const struct wanted *w, struct object *x, uint32_t i)
{
	ElfW(Versym) version = version_at(w, x, i);
	uint32_t hash = defined_version(w, x, version & (HIDDEN - 1u));

	x->has_versions = hash != 0;
	if (!x->versions || !w->version)
		return !(version & HIDDEN);
	return hash == w->version || (!w->only_version && !hash && !(version & HIDDEN));
}

/* The number of a version that the object needs, as in its table of symbols. */
static void want_version(struct wanted *w, const struct object *x, unsigned number)
{
	ElfW(Verneed) need = {.vn_next = 0};
	ElfW(Vernaux) aux;
	uintptr_t at = number > 1 ? x->needed : 0;

	for (int i = 0; at && i < VERSIONS_MAX && read(w, &need, at, sizeof(need)); i++) {
		uintptr_t name = at + need.vn_aux;
		for (unsigned k = 0; k < need.vn_cnt && read(w, &aux, name, sizeof(aux)); k++) {
			if ((aux.vna_other & (HIDDEN - 1u)) == number) {
				w->version = aux.vna_hash;
				w->only_version = (aux.vna_other & HIDDEN) != 0;
				return;
			}
			name += aux.vna_next;
		}
		at = need.vn_next ? at + need.vn_next : 0;
	}
}

/* The symbols that an object needs are the first ones, before those of the GNU hash table. The
 * caller stays, so its memory is read directly. */
static void want_version_of_caller(struct wanted *wanted, const struct link_map *caller)
{
	struct wanted direct = *wanted, *w = &direct;
	uint32_t count[2]; /* in both tables the second word */
	struct object x;
	ElfW(Sym) s;

	w->checked = false;
	if (!read_dynamic(w, caller, &x) || !x.versions || !x.needed ||
	    !read(w, count, x.hash ? x.hash : x.old_hash, sizeof(count)))
		return;
	for (uint32_t i = 1; i < count[1]; i++) {
		read(w, &s, x.symbols + i * sizeof(s), sizeof(s));
		if (s.st_shndx == SHN_UNDEF && has_name(w, &x, &s)) {
			want_version(w, &x, version_at(w, &x, i) & (HIDDEN - 1u));
			break;
		}
	}
	wanted->version = w->version;
	wanted->only_version = w->only_version;
}

/* ---- definitions ---- */

/* Is symbol number `i` of this name, in the version that is wanted? */
static uintptr_t function_at(const struct wanted *w, struct object *x, uint32_t i)
{
	ElfW(Sym) s;

	if (!read(w, &s, x->symbols + i * sizeof(s), sizeof(s)) || !is_definition(&s) ||
	    !has_name(w, x, &s) || !is_wanted_version(w, x, i))
		return 0;
	uintptr_t at = s.st_shndx == SHN_ABS ? s.st_value : x->base + s.st_value;
	return ELF64_ST_TYPE(s.st_info) == STT_GNU_IFUNC ? choose(at) : at;
}

/* A table of the first symbol of each bucket, and of the next symbol of each symbol. */
static uintptr_t find_in_old_table(const struct wanted *w, struct object *x)
{
	uint32_t i, size[2]; /* buckets, symbols */

	if (!read(w, size, x->old_hash, sizeof(size)) || !size[0] ||
	    !read(w, &i, x->old_hash + sizeof(size) + old_hash(w->name) % size[0] * sizeof(i),
		  sizeof(i)))
		return 0;
	uintptr_t next = x->old_hash + sizeof(size) + size[0] * sizeof(i);
	for (int n = 0; n < SYMBOLS_TRIED && i && i < size[1]; n++) {
		uintptr_t at = function_at(w, x, i);
		if (at || !read(w, &i, next + i * sizeof(i), sizeof(i)))
			return at;
	}
	return 0;
}

/* The GNU hash table: a header, a Bloom filter, the first symbol of each bucket, and for each
 * symbol its hash, of which the lowest bit ends the bucket. */
static uintptr_t find_in_table(const struct wanted *w, struct object *x)
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

static uintptr_t find_in_object(const struct wanted *w, struct object *x)
{
	return x->hash ? find_in_table(w, x) : find_in_old_table(w, x);
}

static uintptr_t find_in(const struct wanted *w, const struct link_map *l)
{
	struct object x;

	return read_dynamic(w, l, &x) ? find_in_object(w, &x) : 0;
}

/* ---- all objects behind ours: those before it come first without us too ---- */

static const struct link_map *object_of(const void *address)
{
	struct dl_find_object f;

	return _dl_find_object && _dl_find_object((void *)(uintptr_t)address, &f) == 0
		       ? f.dlfo_link_map
		       : NULL;
}

static const struct link_map *own_object(void)
{
	return object_of((const void *)(uintptr_t)gnu_hash);
}

/* False: the list was changed meanwhile. */
static bool find_in_load_order(const struct wanted *w, uintptr_t *found)
{
	const struct link_map *before = own_object();
	struct link_map l;

	*found = 0;
	if (!before || !read(w, &l, (uintptr_t)before, sizeof(l)))
		return false;
	for (int i = 0; l.l_next && i < OBJECTS_MAX; i++) {
		const struct link_map *at = l.l_next;
		if (!read(w, &l, (uintptr_t)at, sizeof(l)) || l.l_prev != before)
			return false;
		*found = find_in(w, &l);
		if (*found)
			break;
		before = at;
	}
	return true;
}

/* ---- the scopes of an object ---- */

struct scope {
	uintptr_t maps; /* an array of pointers to struct link_map */
	uint32_t n;
};

static size_t scopes_at; /* of the pointer to them in the loader's own link map; 0: not known */
static struct scope at_start; /* the program's */

static bool is_within(uintptr_t at, const struct link_map *l)
{
	enum { LINK_MAP_BYTES = 4096 };

	return at > (uintptr_t)l && at - (uintptr_t)l < LINK_MAP_BYTES && at % sizeof(at) == 0;
}

/* The first scope of every object that is there at the start is that of the program: a part of the
 * program's link map, where the program is the first object. */
static bool has_scopes_at(const struct link_map *l, const struct link_map *program, size_t at)
{
	const struct wanted w = {.checked = true};
	uintptr_t scopes, first;
	const struct link_map *map;
	struct scope s;

	return read(&w, &scopes, (uintptr_t)l + at, sizeof(scopes)) && is_within(scopes, l) &&
	       read(&w, &first, scopes, sizeof(first)) && is_within(first, program) &&
	       read(&w, &s, first, sizeof(s)) && s.n && s.n < OBJECTS_MAX &&
	       read(&w, &map, s.maps, sizeof(map)) && map == program;
}

static size_t find_scopes(void)
{
	enum { FROM = sizeof(struct link_map), TO = 1024 };
	const struct link_map *own = own_object(), *program = own;

	while (program && program->l_prev)
		program = program->l_prev;
	for (size_t at = FROM; own && kernel_copies && at < TO; at += sizeof(uintptr_t))
		if (has_scopes_at(own, program, at) && has_scopes_at(program, program, at))
			return at;
	return 0;
}

/* The objects before ours do not count. */
static uintptr_t find_in_scope(const struct wanted *w, const struct scope *s)
{
	const struct link_map *own = own_object(), *map;
	struct link_map l;
	uint32_t i = s->n < OBJECTS_MAX ? s->n : 0;
	uint32_t known = w->not_at_start && s->maps == at_start.maps ? at_start.n : 0;
	uintptr_t found = 0;

	while (i > known && read(w, &map, s->maps + --i * sizeof(map), sizeof(map)) && map != own) {
		uintptr_t at = read(w, &l, (uintptr_t)map, sizeof(l)) ? find_in(w, &l) : 0;
		found = at ? at : found;
	}
	return found;
}

static uintptr_t find_in_scopes(const struct wanted *w, const struct link_map *caller)
{
	enum { SCOPES_MAX = 1000 };
	uintptr_t scopes, at, found = 0;
	struct scope s;

	if (!scopes_at || !caller ||
	    !read(w, &scopes, (uintptr_t)caller + scopes_at, sizeof(scopes)))
		return 0;
	for (int i = 0; !found && i < SCOPES_MAX; i++) {
		if (!read(w, &at, scopes + (size_t)i * sizeof(at), sizeof(at)) || !at ||
		    !read(w, &s, at, sizeof(s)))
			break;
		found = find_in_scope(w, &s);
	}
	return found;
}

/* ---- a search ---- */

static struct wanted wanted(const char *name, bool checked)
{
	return (struct wanted){.name = name,
			       .bytes = lh_text_length(name) + 1,
			       .hash = gnu_hash(name),
			       .checked = checked};
}

/* An object that defines the function means its own. */
static uintptr_t find_in_own(const struct wanted *w, const struct link_map *caller)
{
	struct link_map l;

	return caller != own_object() && read(w, &l, (uintptr_t)caller, sizeof(l)) ? find_in(w, &l)
										   : 0;
}

/* `caller`: the object that calls the function; NULL: not known. */
static void *find(struct wanted w, const struct link_map *caller)
{
	enum { TRIES = 1000 };
	uintptr_t at;

	if (w.bytes > NAME_MAX_BYTES)
		return NULL;
	if (!_dl_find_object) /* another C library */
		return dlsym(RTLD_NEXT, w.name);
	at = caller ? find_in_own(&w, caller) : 0;
	if (at)
		return (void *)at;
	if (caller)
		want_version_of_caller(&w, caller);
	at = find_in_scopes(&w, caller);
	for (int i = 0; !at && i < TRIES && !find_in_load_order(&w, &at); i++)
		;
	return (void *)at;
}

void *lh_outside_find(const char *name, bool checked)
{
	return find(wanted(name, checked), NULL);
}

bool lh_outside_is_variable(const void *address)
{
	return object_of(address) != NULL;
}

bool lh_outside_is_beside(const void *a, const void *b)
{
	return object_of(a) == object_of(b);
}

void *lh_outside_find_beside(const void *address, const char *name)
{
	const struct wanted w = wanted(name, false);
	const struct link_map *l = object_of(address);

	return l && w.bytes <= NAME_MAX_BYTES ? (void *)find_in(&w, l) : NULL;
}

/* ---- the rows of calls.def ---- */

static const struct {
	const char *name;
	void **at_start;
} functions[] = {
#define OUTSIDE(fn) {#fn, (void **)(void *)&lh_outside_at_start.fn},
#include "libcheck/calls.def"
};

enum { PROBES = 16 };
struct lh_outside_bound lh_outside_bound[1 << LH_OUTSIDE_BOUND_LOG];
char lh_outside_nowhere;
_Static_assert(LH_OUTSIDES < 1 << LH_OUTSIDE_BITS, "the key has no more bits");

static uint64_t key_of_object(const struct link_map *l, unsigned function)
{
	return (uint64_t)(uintptr_t)l << LH_OUTSIDE_BITS | function;
}

static struct lh_outside_bound *bound_of(uint64_t key)
{
	uint32_t at = lh_outside_slot(key);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct lh_outside_bound *b =
			&lh_outside_bound[(at + i) % (1 << LH_OUTSIDE_BOUND_LOG)];
		uint64_t known = __atomic_load_n(&b->key, __ATOMIC_RELAXED);
		if (known == key ||
		    (!known && (__atomic_compare_exchange_n(&b->key, &known, key, false,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
				known == key)))
			return b;
	}
	return NULL;
}

static bool started; /* before that, an object may not be relocated, nor its scopes complete */

void *(*lh_outside_replace)(unsigned function, void *original);

static void *find_function(unsigned function, struct wanted w, const struct link_map *caller)
{
	void *at = find(w, caller);

	return at && lh_outside_replace ? lh_outside_replace(function, at) : at;
}

static void *keep(struct lh_outside_bound *b, void *original)
{
	if (b && started)
		__atomic_store_n(&b->original, original, __ATOMIC_RELEASE);
	return original;
}

bool lh_outside_was_there[LH_OUTSIDES];

/* Code that belongs to no object, or calls through ours, may mean a function that comes later. */
static void *bind(const void *code, unsigned function, struct lh_outside_bound *of_page)
{
	const struct link_map *caller = object_of(code);
	struct wanted w = wanted(functions[function].name, true);

	if (!caller || caller == own_object()) {
		void *at = find_function(function, w, NULL);
		return at ? keep(of_page, at) : &lh_outside_nowhere;
	}
	w.not_at_start = !lh_outside_was_there[function];
	struct lh_outside_bound *of_object = bound_of(key_of_object(caller, function));
	void *at = of_object ? __atomic_load_n(&of_object->original, __ATOMIC_ACQUIRE) : NULL;
	if (!at) {
		at = find_function(function, w, caller);
		at = keep(of_object, at ? at : &lh_outside_nowhere);
	}
	return keep(of_page, at);
}

void *lh_outside_of(unsigned function, const void *code)
{
	struct lh_outside_bound *b = bound_of(lh_outside_key(function, code));
	void *at = b ? __atomic_load_n(&b->original, __ATOMIC_ACQUIRE) : NULL;

	if (LH_UNLIKELY(!at))
		at = bind(code, function, b);
	return at == &lh_outside_nowhere ? NULL : at;
}

static void find_all_in(const struct link_map *l, const struct wanted w[])
{
	struct object x;

	if (!read_dynamic(&w[0], l, &x))
		return;
	for (int i = 0; i < LH_OUTSIDES; i++) {
		if (lh_outside_was_there[i])
			continue;
		void *at = (void *)find_in_object(&w[i], &x);
		lh_outside_was_there[i] = at != NULL;
		/* a definition with a version is not for every caller */
		*functions[i].at_start = x.has_versions ? NULL : at;
	}
}

/* The program's scope is the first one of every object. */
static void find_all_in_scope(const struct wanted w[], const struct link_map *own)
{
	const struct scope *s = **(struct scope ***)((uintptr_t)own + scopes_at);
	const struct link_map *const *maps = (const void *)s->maps;
	bool behind = false;

	at_start = *s;
	for (uint32_t i = 0; i < s->n; i++) {
		if (behind)
			find_all_in(maps[i], w);
		behind |= maps[i] == own;
	}
}

void lh_outside_init(void)
{
	const struct link_map *own = own_object();
	struct wanted w[LH_OUTSIDES];

	kernel_copies = !lh_sys_seccomp_at_start() &&
			lh_sys_copy(&(uint32_t){0}, functions, sizeof(uint32_t));
	scopes_at = find_scopes();
	started = true;
	for (int i = 0; i < LH_OUTSIDES; i++)
		w[i] = wanted(functions[i].name, false);
	if (scopes_at)
		find_all_in_scope(w, own);
	for (const struct link_map *l = own ? own->l_next : NULL; l && !scopes_at; l = l->l_next)
		find_all_in(l, w);
}

/* A thread that asks meanwhile belongs to an object that stays, and so do its functions. */
void lh_outside_after_dlclose(void)
{
	for (int i = 0; i < 1 << LH_OUTSIDE_BOUND_LOG; i++)
		if (lh_outside_bound[i].original)
			__atomic_store_n(&lh_outside_bound[i].original, NULL, __ATOMIC_RELEASE);
}
