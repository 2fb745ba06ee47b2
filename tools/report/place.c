/*
 * place.c — which frame of a stack is its place: the innermost line of the user's own code.
 *
 * The code of libraries is not: objects in system folders, headers in the compiler's include
 * folders, Rust's own sources and its packages, functions of the C++ library, of Rust's and of absl
 * where no file is known. Nor is a lock wrapper of the
 * project, one that --wrappers names or one whose whole body is the lock call.
 */
#include "tools/report/report_internal.h"
#include "tools/util/glob.h"
#include "tools/util/path.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ---- names of functions ---- */

/*
 * The qualified name in a demangled text, without the return type, which templates have, and
 * without the parameters: "ns::Lock<int>::take" of "void ns::Lock<int>::take(int) const". *n: its
 * length.
 */
static const char *qualified_name(const char *function, size_t *n)
{
	const char *start = function, *c = function;
	int depth = 0;

	for (; *c; c++) {
		bool symbol = begins(c, "operator") && !isalnum((unsigned char)c[8]) && c[8] != '_';

		if (symbol) /* "operator()", "operator<", "operator new" */
			c += 8 + (begins(c + 8, "()") ? 2 : strcspn(c + 8, "(")) - 1;
		else if (*c == '(' && !depth && !begins(c, "(anonymous"))
			break;
		else if (strchr("<({[", *c))
			depth++;
		else if (strchr(">)}]", *c))
			depth--;
		else if (*c == ' ' && !depth)
			start = c + 1;
	}
	*n = (size_t)(c - start);
	return start;
}

/* A function of Rust's own libraries. Its name has no list of parameters; of C++, where a person
 * may have such a namespace, each name has one. */
static bool is_rust_library(const char *function)
{
	static const char *const spaces[] = {"core::", "alloc::", "<core::", "<alloc::", "<std::"};
	/* in Rust's newer mangling the name of the package is the first after a '_' */
	const char *package = begins(function, "_R") ? strchr(function + 2, '_') : NULL;

	if (package)
		return begins(package, "_3std") || begins(package, "_4core") ||
		       begins(package, "_5alloc");
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (begins(function, spaces[i]))
			return !strchr(function, '(');
	return false;
}

/* Is it a function of the C++ library, or of what the library itself is made of? */
static bool is_cxx_library(const char *function)
{
	static const char *const spaces[] = {"std::",        "__gnu_cxx::", "__gnu_debug::",
					     "__cxxabiv1::", "__gthread",   "__gthrw",
					     "absl::",       "AbslInternal"};
	const char *name = function;
	size_t n;

	if (!function)
		return false;
	name = qualified_name(function, &n);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (begins(name, spaces[i]))
			return true;
	return is_rust_library(function);
}

/* ---- headers; lockhound.hpp is one of a library, wherever it lies ---- */

/* "/opt/gcc-13/include/c++/13/mutex", ".../x86_64-linux-gnu/c++/v1/mutex": as every compiler
 * installs its C++ library. A person may have such a folder too. */
static bool is_like_cxx_header(const char *file)
{
	const char *at = strstr(file, "/c++/");

	return at && strstr(file, "/include/") &&
	       (isdigit((unsigned char)at[5]) || (at[5] == 'v' && isdigit((unsigned char)at[6])));
}

bool lh_report_is_library(const char *function, const char *file)
{
	static const char *const folders[] = {"/usr/include/",  "/usr/local/include/", "/usr/lib/",
					      "/usr/lib32/",    "/usr/lib64/",         "/rustc/",
					      "/usr/src/rustc-"};

	if (!file)
		return is_cxx_library(function);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (begins(file, folders[i]))
			return true;
	return strcmp(lh_path_base(file), "lockhound.hpp") == 0 ||
	       (is_like_cxx_header(file) && is_cxx_library(function)) ||
	       strstr(file, "/.cargo/registry/") != NULL;
}

/* ---- wrappers ---- */

struct lh_wrappers {
	const char **pattern;
	uint32_t n;
};

const struct lh_wrappers *lh_report_read_wrappers(struct lh_arena *arena, const char *list)
{
	struct lh_wrappers *w = lh_arena_alloc(arena, sizeof(*w));

	while (list && *list) {
		const char *end = lh_glob_list_end(list), *last = end;

		list += strspn(list, " ");
		while (last > list && last[-1] == ' ')
			last--;
		if (last > list)
			LH_PUSH(arena, w->pattern, w->n,
				lh_arena_printf(arena, "%.*s", (int)(last - list), list));
		list = end + (*end == ',');
	}
	return w;
}

static bool is_named(const char *pattern, const struct lh_report *report,
		     const struct lh_report_frame *f)
{
	const char *name;
	size_t n;

	if (f->module && lh_glob_match(pattern, lh_path_base(f->module)))
		return true;
	if (!f->function)
		return false;
	if (lh_glob_match(pattern, f->function))
		return true;
	name = qualified_name(f->function, &n);
	return lh_glob_match(pattern, lh_arena_printf(report->arena, "%.*s", (int)n, name));
}

static bool is_wrapper(const struct lh_report *report, const struct lh_report_frame *f)
{
	const struct lh_wrappers *w = report->private_data->wrappers;

	for (uint32_t i = 0; i < w->n; i++)
		if (is_named(w->pattern[i], report, f))
			return true;
	return false;
}

/* The user's outermost frame, a thread's first function or main: it has no caller to name. */
static uint32_t outermost(const struct lh_report_frame *f, uint32_t n)
{
	while (n && (f[n - 1].ours || f[n - 1].system))
		n--;
	return n ? n - 1 : 0;
}

/* "std::mutex::lock", "std::unique_lock<std::mutex>::unique_lock", not "std::list<Lock>::sort". */
static bool is_named_lock(const char *function)
{
	size_t n;
	const char *name = function ? qualified_name(function, &n) : "";
	int depth = 0;

	for (const char *c = name; function && c + 4 <= name + n; c++) {
		depth += (*c == '<') - (*c == '>');
		if (!depth && begins(c, "lock"))
			return true;
	}
	return false;
}

/* A function of a library's header, compiled into the user's object, that is only a way to the
 * lock call. */
static bool is_library_lock(const struct lh_report_frame *f)
{
	return lh_report_is_library(f->function, f->file) &&
	       (f->wrapper || is_named_lock(f->function));
}

/*
 * Is it a function that locks, by its own name? "SpinLock::lock", "acquire_read", not "block" or
 * "clock".
 */
static bool is_lock_word(const char *function)
{
	size_t n = 0;
	const char *name = function ? qualified_name(function, &n) : "", *last = name;
	int depth = 0;

	for (const char *c = name; c < name + n; c++) {
		depth += (*c == '<') - (*c == '>');
		if (!depth && begins(c, "::"))
			last = c + 2;
	}
	for (const char *c = last; c < name + n && *c != '<'; c++) {
		char before = c > last ? (char)tolower((unsigned char)c[-1]) : '_';

		if ((strncasecmp(c, "lock", 4) == 0 && before != 'b' && before != 'c') ||
		    strncasecmp(c, "acquire", 7) == 0 || strncasecmp(c, "enter", 5) == 0)
			return true;
	}
	return false;
}

/*
 * A function that makes one call and nothing else wraps the lock only if it calls the lock or
 * another wrapper of it: so wrappers that are not named are the innermost frames. A lock is
 * announced by its own lock function.
 */
void lh_report_mark_wrappers(const struct lh_report *report, struct lh_report_frame *f, uint32_t n,
			     bool cut, bool announced)
{
	uint32_t last = cut ? n : outermost(f, n);
	bool inner = true;

	for (uint32_t i = 0; i < n; i++) {
		bool named = is_wrapper(report, &f[i]) ||
			     (announced && i < last && !f[i].system && is_lock_word(f[i].function));

		announced = announced && f[i].system;
		inner = inner && (named || (f[i].system ? is_library_lock(&f[i])
							: f[i].wrapper && i < last));
		f[i].wrapper = named || (inner && !f[i].system);
	}
}

/* ---- the place ---- */

/* How suitable a frame is as the place. Of equal frames the innermost is the place. */
static int suitability(const struct lh_report_frame *f)
{
	if (f->ours)
		return 0;
	if (f->system || !(f->function || f->line))
		return f->system ? 1 + (f->function ? 1 : 0) + (f->line ? 1 : 0) : 4;
	return 5 + (f->line ? 1 : 0) + (f->wrapper ? 0 : 2) +
	       (f->line && !f->wrapper && f->inside ? 1 : 0);
}

const struct lh_report_frame *lh_report_place(const struct lh_report_stack *t)
{
	const struct lh_report_frame *best = NULL;

	for (uint32_t i = 0; t && i < t->n; i++)
		if (suitability(&t->frame[i]) > (best ? suitability(best) : 0))
			best = &t->frame[i];
	return best;
}
