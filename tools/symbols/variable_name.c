/*
 * variable_name.c — the name of a lock in a variable, as the source writes it.
 *
 * A variable of C++ is named by its symbol, without the parameters of the functions around it; a
 * variable in a function of C by its function, because the compiler numbers the symbol.
 */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/type_path.h"

#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

static const char guard[] = "guard variable for ";
static const char unnamed[] = "(anonymous namespace)::";
static const char call[] = "operator()";

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Where the bracket ends that begins at `at`. */
static const char *bracket_end(const char *at)
{
	int depth = 0;

	for (; *at; at++) {
		depth += strchr("(<[{", *at) ? 1 : strchr(")>]}", *at) ? -1 : 0;
		if (depth == 0)
			return at + 1;
	}
	return at;
}

/* What follows a function's parameters and belongs to them. */
static const char *qualifiers_end(const char *at)
{
	static const char *const words[] = {" const", " volatile", " &&", " &", "[abi:cxx11]"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(at, words[i])) {
			at += strlen(words[i]);
			i = (size_t)-1;
		}
	return at;
}

/* Leaves out parameters and return types of functions, unnamed namespaces, and calls of lambdas. */
static char *without_parameters(struct lh_arena *arena, const char *from)
{
	char *text = lh_arena_alloc(arena, strlen(from) + 1), *to = text;

	while (*from) {
		if (begins(from, unnamed)) {
			from += sizeof(unnamed) - 1;
		} else if (begins(from, call) && to > text + 2 && to[-3] == '}') {
			from = qualifiers_end(bracket_end(from + sizeof(call) - 1));
			from += begins(from, "::") ? 2 : 0;
		} else if (begins(from, call)) {
			memcpy(to, call, sizeof(call) - 1);
			to += sizeof(call) - 1;
			from += sizeof(call) - 1;
		} else if (*from == '(') {
			from = qualifiers_end(bracket_end(from));
		} else if (*from == '<') {
			const char *end = bracket_end(from);

			memcpy(to, from, (size_t)(end - from));
			to += end - from;
			from = end;
		} else if (*from == ' ') { /* that was the return type */
			to = text;
			from++;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

static const char *clean_name(struct lh_symbols *s, const char *mangled)
{
	const char *name = lh_symbol_demangled(s, mangled);

	if (begins(name, guard)) /* of a static variable; it has the variable's name */
		name += sizeof(guard) - 1;
	return without_parameters(s->arena, name);
}

/* Without what the compiler appends to the name of a static variable in a function: "m.0". */
static const char *without_number(struct lh_symbols *s, const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot > name && dot[1] >= '0' && dot[1] <= '9'
		       ? lh_arena_printf(s->arena, "%.*s", (int)(dot - name), name)
		       : name;
}

static const char *name_of(struct lh_symbols *s, const char *symbol, const struct lh_variable *v)
{
	Dwarf_Die die;
	const char *name;

	if (symbol && (begins(symbol, "_Z") || !v))
		return without_number(s, clean_name(s, symbol));
	if (!v)
		return NULL;
	die = v->die;
	name = dwarf_diename(&die);
	if (!name)
		return symbol ? without_number(s, symbol) : NULL;
	return lh_arena_printf(s->arena, "%s%s", v->scope, name);
}

/* The path in a variable, which is said to be `into` bytes before. NULL: it ends before that. */
static const char *path_in(struct lh_symbols *s, struct lh_object *o, const struct lh_variable *v,
			   uint64_t into, uint64_t own)
{
	struct lh_type_path path;
	Dwarf_Die die = v->die;
	Dwarf_Word size;

	if (!lh_type_path_begin(&path, s, o, &die, into) ||
	    dwarf_aggregate_size(&path.type, &size) != 0 || into >= size)
		return NULL;
	if (own)
		lh_type_path_to_lock(&path);
	else
		lh_type_path_to_object(&path);
	return path.text;
}

static const char *find_name(struct lh_symbols *s, struct lh_object *o, uint64_t at, uint64_t own)
{
	struct lh_symbol_at symbol = lh_symbol_at(s, o, at);
	const struct lh_variable *v = NULL;
	const char *path = NULL, *name;
	uint64_t into;

	if (symbol.name && symbol.type != STT_OBJECT)
		return NULL;
	if (symbol.name && symbol.start == at && symbol.size == own && !strchr(symbol.name, '.'))
		return clean_name(s, symbol.name);
	v = symbol.name ? lh_variables_at(lh_symbol_variables(s, o), symbol.start)
			: lh_variables_before(lh_symbol_variables(s, o), at);
	if (!symbol.name && !v)
		return NULL;
	into = at - (v ? v->start : symbol.start);
	path = v ? path_in(s, o, v, into, own) : NULL;
	if (!symbol.name && !path)
		return NULL;
	name = name_of(s, symbol.name, v);
	if (!name || path)
		return name ? lh_arena_printf(s->arena, "%s%s", name, path) : NULL;
	return into ? lh_arena_printf(s->arena, "%s+%#llx", name, (unsigned long long)into) : name;
}

const char *lh_symbol_variable(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			       uint64_t own)
{
	struct lh_object *o = lh_symbol_object(s, m);
	const uint64_t key[] = {(uintptr_t)o, offset, own};
	struct {
		bool asked;
		const char *name;
	} *memo = lh_map_get(&s->variable_names, s->arena, key, sizeof(key), sizeof(*memo));

	if (memo->asked || !o->module)
		return memo->name;
	memo->asked = true;
	memo->name = find_name(s, o, offset + o->bias, own);
	return memo->name;
}
