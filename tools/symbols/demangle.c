/* demangle.c — demangles names with the C++ library, which is loaded for the first mangled name. */
#include "tools/symbols/symbols_internal.h"
#include "tools/symbols/name_form.h"
#include "tools/symbols/rust_name.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Loaded only for a mangled name: loading takes as long as the rest of a short run. */
static void load_demangler(struct lh_symbols *s)
{
	if (s->cxx_tried)
		return;
	s->cxx_tried = true;
	s->cxx = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
	if (s->cxx)
		*(void **)&s->demangle = dlsym(s->cxx, "__cxa_demangle");
}

/* *rust: it is the name of a Rust function. */
static const char *demangled(struct lh_symbols *s, const char *name, bool *rust)
{
	bool mangled = name[0] == '_' && name[1] == 'Z';
	const char *result = NULL;
	char *clear = NULL;

	if (mangled)
		load_demangler(s);
	if (mangled && s->demangle)
		clear = s->demangle(name, NULL, NULL, NULL);
	if (clear)
		result = lh_rust_name(s->arena, clear);
	*rust = result != NULL;
	if (!result)
		result = lh_arena_strdup(s->arena, clear ? clear : name);
	free(clear);
	return result;
}

const char *lh_symbol_demangled(struct lh_symbols *s, const char *name)
{
	bool rust;

	return demangled(s, name, &rust);
}

const char *lh_symbol_normal(struct lh_symbols *s, const char *name)
{
	bool rust;
	const char *clear = demangled(s, name, &rust);

	return rust || strcmp(clear, name) == 0 ? clear : lh_name_form(s->arena, clear);
}
