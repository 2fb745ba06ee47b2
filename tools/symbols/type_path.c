/* type_path.c — goes down in a type, from member to member, to the lock at an offset. */
#include "tools/symbols/type_path.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/definitions.h"
#include "tools/symbols/die_name.h"
#include "tools/symbols/functions.h"

#include <dwarf.h>
#include <string.h>

enum { STEPS_MAX = 32, DIMENSIONS_MAX = 8, VISIT_DEPTH = 8 };

/* ---- types ---- */

bool lh_type_of(Dwarf_Die *die, Dwarf_Die *type, const char **name)
{
	Dwarf_Attribute attr;

	*name = NULL;
	if (!dwarf_attr_integrate(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, type))
		return false;
	for (int i = 0; i < STEPS_MAX; i++) {
		int tag = dwarf_tag(type);

		if (tag == DW_TAG_typedef)
			*name = dwarf_diename(type);
		else if (tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
			 tag != DW_TAG_restrict_type && tag != DW_TAG_atomic_type)
			return tag != DW_TAG_invalid;
		if (!dwarf_attr(type, DW_AT_type, &attr) || !dwarf_formref_die(&attr, type))
			return false;
	}
	return false;
}

static bool is_record(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; name && i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof((list)[0]))

/* An identifier that the C standard reserves: the members below it are the library's. */
static bool is_reserved(const char *name)
{
	return name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

/* libdw's own function ends the process if a unit has no files. */
static const char *declaring_file(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Word number;
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t n;

	if (!dwarf_attr_integrate(die, DW_AT_decl_file, &attr) ||
	    dwarf_formudata(&attr, &number) != 0 || !dwarf_diecu(die, &unit, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &n) != 0 || number >= n)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

/* Is an outer namespace `std`? */
static bool is_in_std(struct lh_symbols *s, Dwarf_Die *die)
{
	Dwarf_Die at = *die, around;
	const char *name;

	for (int i = 0;
	     i < STEPS_MAX && lh_scope_tree_parent(lh_symbol_scopes(s, &at), &at, &around); i++) {
		name = dwarf_diename(&around);
		if (dwarf_tag(&around) == DW_TAG_namespace && name && strcmp(name, "std") == 0)
			return true;
		at = around;
	}
	return false;
}

bool lh_type_is_standard(struct lh_symbols *s, Dwarf_Die *type)
{
	const char *file = declaring_file(type);

	if (!file) /* a unit whose code is in another file has no files here */
		return is_in_std(s, type);
	return strstr(file, "/c++/") || strncmp(file, "/usr/include/", 13) == 0 ||
	       strncmp(file, "/usr/lib/", 9) == 0;
}

/* Has the class a function that acquires it? */
static bool locks(Dwarf_Die *type)
{
	static const char *const names[] = {
		"lock",        "Lock",       "rdlock",       "wrlock",   "lock_shared",
		"read_lock",   "ReadLock",   "WriteLock",    "readLock", "writeLock",
		"write_lock",  "LockRead",   "LockWrite",    "RdLock",   "WrLock",
		"lockForRead", "lock_read",  "lock_write",   "lockRead", "LockShared",
		"lockShared",  "ReaderLock", "acquire_lock", "Acquire"};
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		if (dwarf_tag(&child) == DW_TAG_subprogram &&
		    IS_ONE_OF(dwarf_diename(&child), names))
			return true;
	} while (lh_next_sibling(&child));
	return false;
}

static bool is_library_lock(const char *name)
{
	static const char *const names[] = {
#define TYPE(kind, name) name,
#include "libcheck/calls.def"
		"barrier",
		"latch",
		"condition_variable",
		"condition_variable_any",
		"mutex",
		"recursive_mutex",
		"timed_mutex",
		"recursive_timed_mutex",
		"shared_mutex",
		"shared_timed_mutex",
		"__mutex_base",
		"counting_semaphore"};

	return name && (strncmp(name, "pthread_", 8) == 0 || IS_ONE_OF(name, names));
}

static bool is_lock(struct lh_symbols *s, Dwarf_Die *type, const char *name)
{
	const char *own;

	if (is_library_lock(name))
		return true;
	if (!is_record(type))
		return false;
	own = dwarf_diename(type);
	if (is_library_lock(own))
		return true;
	if (lh_type_is_standard(s,
				type)) /* std::weak_ptr and std::unique_lock<> lock, but are none */
		return own && strstr(own, "mutex") && !strchr(own, '<');
	return locks(type);
}

bool lh_type_path_is_lock(struct lh_type_path *p)
{
	const char *name = p->name ? p->name : dwarf_diename(&p->type);

	return (p->lock_type && name && strcmp(p->lock_type, name) == 0) ||
	       is_lock(p->symbols, &p->type, p->name);
}

/* The path's type is that of the entry. */
static bool set_type(struct lh_type_path *p, Dwarf_Die *die)
{
	if (!lh_type_of(die, &p->type, &p->name))
		return false;
	lh_define_type(p->symbols, p->object, &p->type);
	return true;
}

/* ---- one step down ---- */

/* The size of a member, at least 1: that of a class without a definition is not known. */
static uint64_t size_of(struct lh_type_path *p, Dwarf_Die *part)
{
	Dwarf_Word size;
	Dwarf_Die type;
	const char *name;

	if (!lh_type_of(part, &type, &name))
		return 0;
	lh_define_type(p->symbols, p->object, &type);
	if (dwarf_hasattr(&type, DW_AT_declaration))
		return 1;
	return dwarf_aggregate_size(&type, &size) == 0 ? size : 0;
}

static bool is_static(Dwarf_Die *part)
{
	return dwarf_hasattr(part, DW_AT_external) || dwarf_hasattr(part, DW_AT_declaration);
}

/* An empty base class or member shares its address with the next one. */
static bool is_empty(Dwarf_Die *part, int depth)
{
	Dwarf_Die type, inner;
	const char *name;

	if (!lh_type_of(part, &type, &name) || !is_record(&type) || depth > VISIT_DEPTH ||
	    dwarf_hasattr(&type, DW_AT_declaration))
		return false;
	if (dwarf_child(&type, &inner) != 0)
		return true;
	do {
		int tag = dwarf_tag(&inner);

		if ((tag == DW_TAG_member || tag == DW_TAG_inheritance) && !is_static(&inner) &&
		    !is_empty(&inner, depth + 1))
			return false;
	} while (lh_next_sibling(&inner));
	return true;
}

/* The part of a record at the offset, which becomes the offset in it. Of a union, the first. */
static bool find_part(struct lh_type_path *p, Dwarf_Die *part)
{
	if (dwarf_child(&p->type, part) != 0)
		return false;
	do {
		Dwarf_Attribute attr;
		Dwarf_Word from = 0;
		int tag = dwarf_tag(part);

		if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
			continue;
		if (is_static(part))
			continue; /* a static member is elsewhere */
		if (dwarf_attr(part, DW_AT_data_member_location, &attr) &&
		    dwarf_formudata(&attr, &from) != 0)
			continue; /* a virtual base class */
		if (p->into < from || p->into - from >= size_of(p, part) || is_empty(part, 0))
			continue;
		p->into -= from;
		return true;
	} while (lh_next_sibling(part));
	return false;
}

static uint32_t read_dimensions(Dwarf_Die *array, uint64_t count[DIMENSIONS_MAX])
{
	Dwarf_Die child;
	uint32_t n = 0;

	if (dwarf_child(array, &child) != 0)
		return 0;
	do {
		Dwarf_Attribute attr;
		Dwarf_Word value = 0;

		if (dwarf_tag(&child) != DW_TAG_subrange_type || n == DIMENSIONS_MAX)
			continue;
		if (dwarf_attr(&child, DW_AT_count, &attr))
			dwarf_formudata(&attr, &value);
		else if (dwarf_attr(&child, DW_AT_upper_bound, &attr) &&
			 dwarf_formudata(&attr, &value) == 0)
			value++;
		count[n++] = value ? value : 1;
	} while (lh_next_sibling(&child));
	return n;
}

static void append(struct lh_type_path *p, const char *text)
{
	p->text = lh_arena_printf(p->symbols->arena, "%s%s", p->text, text);
	if (p->owner)
		p->member = lh_arena_printf(p->symbols->arena, "%s%s", p->member, text);
}

static bool into_array(struct lh_type_path *p)
{
	uint64_t count[DIMENSIONS_MAX];
	uint32_t n = read_dimensions(&p->type, count);
	Dwarf_Die element;
	Dwarf_Word size;

	if (!n || !lh_type_of(&p->type, &element, &p->name) ||
	    dwarf_aggregate_size(&element, &size) != 0 || !size)
		return false;
	lh_define_type(p->symbols, p->object, &element);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t below = size;

		for (uint32_t k = i + 1; k < n; k++)
			if (__builtin_mul_overflow(below, count[k], &below))
				return false;
		append(p, p->any_element ? "[]"
					 : lh_arena_printf(p->symbols->arena, "[%llu]",
							   (unsigned long long)(p->into / below)));
		p->into %= below;
	}
	p->type = element;
	return true;
}

static void set_owner(struct lh_type_path *p, Dwarf_Die *record, const char *name)
{
	const char *own = dwarf_diename(record);
	Dwarf_Die unit;

	if ((!own && !name) || lh_type_is_standard(p->symbols, record))
		return;
	p->owner = own ? lh_die_class(p->symbols, record) : name;
	p->member = "";
	dwarf_diecu(record, &unit, NULL, NULL);
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
		p->c = true;
		break;
	default:
		p->c = false;
	}
}

/* `inside`: also into what the C++ library keeps for itself. */
static bool into_record(struct lh_type_path *p, bool inside)
{
	Dwarf_Die part, record = p->type;
	const char *name, *typedef_name = p->name;
	bool base, standard;

	if (!find_part(p, &part))
		return false;
	base = dwarf_tag(&part) == DW_TAG_inheritance;
	name = base ? NULL : dwarf_diename(&part);
	standard = lh_type_is_standard(p->symbols, &record);
	if (name && is_reserved(name) && !inside) {
		const char *own = dwarf_diename(&record);

		if (!own || strncmp(own, "array<", 6) != 0)
			return false; /* *into is spent, but nobody goes on from here */
		name = NULL;
	}
	if (!set_type(p, &part))
		return false;
	p->captured = NULL;
	if (name && lh_is_closure(&record)) {
		p->captured = name + (name[0] == '_' && name[1] == '_' ? 2 : 0);
		p->closure = record;
		p->owner = NULL;
	} else if (!base) {
		set_owner(p, &record, typedef_name);
	}
	if (name && !(inside && standard))
		append(p, lh_arena_printf(p->symbols->arena, ".%s", name));
	return true;
}

static bool go_down(struct lh_type_path *p, bool inside)
{
	if (dwarf_tag(&p->type) == DW_TAG_array_type)
		return into_array(p);
	return is_record(&p->type) && into_record(p, inside);
}

/* ---- the path ---- */

bool lh_type_path_begin(struct lh_type_path *p, struct lh_symbols *s, struct lh_object *o,
			Dwarf_Die *die, uint64_t into)
{
	*p = (struct lh_type_path){
		.symbols = s, .object = o, .into = into, .text = "", .member = ""};
	return set_type(p, die);
}

void lh_type_path_to_lock(struct lh_type_path *p)
{
	for (int i = 0; i < STEPS_MAX && !lh_type_path_is_lock(p) && go_down(p, false); i++)
		continue;
}

void lh_type_path_to_object(struct lh_type_path *p)
{
	for (int i = 0; i < STEPS_MAX && !lh_type_path_is_lock(p); i++) {
		bool at_start = !p->into && dwarf_tag(&p->type) != DW_TAG_array_type;
		struct lh_type_path part = *p;

		if (!go_down(&part, false) ||
		    (at_start && (!is_record(&part.type) || is_library_lock(part.name) ||
				  is_library_lock(dwarf_diename(&part.type)))))
			return;
		*p = part;
	}
}

static bool is_pointer(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
	       tag == DW_TAG_rvalue_reference_type;
}

bool lh_type_path_follow(struct lh_type_path *p, uint64_t into)
{
	Dwarf_Die pointer;

	for (int i = 0; i < STEPS_MAX && !is_pointer(&p->type); i++)
		if (!go_down(p, true))
			return false;
	if (!is_pointer(&p->type) || p->into)
		return false;
	pointer = p->type;
	p->by_reference = dwarf_tag(&pointer) != DW_TAG_pointer_type && !p->captured;
	if (!set_type(p, &pointer))
		return false;
	p->into = into;
	return true;
}

const char *lh_type_path_name(const struct lh_type_path *p)
{
	return p->owner && p->member[0]
		       ? lh_arena_printf(p->symbols->arena, "%s%s%s", p->owner,
					 p->c ? "->" : "::", p->member + (p->member[0] == '.'))
		       : NULL;
}

/* ---- all locks of a type ---- */

static void visit_pointer(const struct lh_type_path *p, int depth, int pointers,
			  void (*visit)(void *, struct lh_type_path *), void *with)
{
	struct lh_type_path to = *p;

	if (pointers && lh_type_path_follow(&to, 0))
		lh_type_path_visit(&to, depth + 1, pointers - 1, visit, with);
}

static void visit_record(const struct lh_type_path *p, int depth, int pointers,
			 void (*visit)(void *, struct lh_type_path *), void *with)
{
	bool closure = lh_is_closure((Dwarf_Die *)&p->type);
	Dwarf_Die record = p->type, part;

	if (dwarf_child(&record, &part) != 0)
		return;
	do {
		struct lh_type_path to = *p;
		Dwarf_Attribute attr;
		Dwarf_Word from = 0;
		int tag = dwarf_tag(&part);

		if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || is_static(&part) ||
		    (dwarf_attr(&part, DW_AT_data_member_location, &attr) &&
		     dwarf_formudata(&attr, &from) != 0))
			continue;
		to.into = from;
		if (go_down(&to, false)) /* what a lambda captured is a variable of its function */
			lh_type_path_visit(&to, depth + 1, pointers + closure, visit, with);
	} while (lh_next_sibling(&part));
}

void lh_type_path_visit(const struct lh_type_path *p, int depth, int pointers,
			void (*visit)(void *, struct lh_type_path *), void *with)
{
	struct lh_type_path at = *p;

	if (depth > VISIT_DEPTH)
		return;
	if (lh_type_path_is_lock(&at))
		visit(with, &at);
	else if (is_pointer(&at.type))
		visit_pointer(&at, depth, pointers, visit, with);
	else if (dwarf_tag(&at.type) == DW_TAG_array_type) {
		at.any_element = true;
		at.into = 0;
		if (into_array(&at))
			lh_type_path_visit(&at, depth + 1, pointers, visit, with);
	} else if (is_record(&at.type) && !lh_type_is_standard(at.symbols, &at.type)) {
		visit_record(&at, depth, pointers, visit, with);
	} else if (is_record(&at.type)) { /* perhaps a pointer of the C++ library */
		visit_pointer(&at, depth, pointers, visit, with);
	}
}
