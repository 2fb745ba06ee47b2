/* template_text.c — matches the arguments in a template's name with their entries. */
#include "tools/symbols/template_text.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/name_form.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* ---- the arguments in a name ---- */

/* The length of a name without the template arguments at its end. */
static size_t bare_length(const char *name)
{
	size_t n = strlen(name), i = n;
	int depth = 0;

	if (!n || name[n - 1] != '>')
		return n;
	while (i > 0) {
		i--;
		depth += name[i] == '>' && !(i && name[i - 1] == '-');
		depth -= name[i] == '<';
		if (!depth)
			break;
	}
	while (i > 0 && name[i - 1] == ' ')
		i--;
	return depth || !i ? n : i;
}

/* Cuts the text of an argument off *list, which becomes the rest; NULL: no more. */
static const char *next_argument(struct lh_arena *arena, const char **list)
{
	const char *from = *list + strspn(*list, " "), *at = from;
	size_t n;
	int depth = 0;

	for (; *at && (depth || *at != ','); at++) {
		depth += strchr("(<[{", *at) != NULL;
		depth -= strchr(")]}", *at) || (*at == '>' && at > from && at[-1] != '-');
	}
	if (!*from)
		return NULL;
	*list = *at ? at + 1 : at;
	for (n = (size_t)(at - from); n && from[n - 1] == ' ';)
		n--;
	return lh_arena_printf(arena, "%.*s", (int)n, from);
}

/* ---- one argument ---- */

/* "const char*" as the demangler writes it, "char const*"; "void(int)": "void (int)". */
static const char *type_form(struct lh_arena *arena, const char *text)
{
	const char *name = lh_base_type_name(text);
	size_t n;

	if (strncmp(name, "const ", 6) == 0 && !strpbrk(name, "(<")) {
		name += 6;
		n = strcspn(name, "*&");
		return lh_arena_printf(
			arena, "%s const%s",
			lh_base_type_name(lh_arena_printf(arena, "%.*s", (int)n, name)), name + n);
	}
	n = strcspn(name, "(<");
	if (name[n] == '(' && n && isalnum((unsigned char)name[n - 1]))
		return lh_arena_printf(arena, "%.*s %s", (int)n, name, name + n);
	return lh_name_form(arena, name);
}

/* True if the entry is what the text in the name means. */
static bool matches(const char *text, const char *entry)
{
	size_t n = strlen(text);

	if (strstr(text, "<lambda") || strstr(text, "(lambda at "))
		return strchr(entry, '{') != NULL;
	return strncmp(text, entry, n) == 0 && !entry[n + strspn(entry + n, "ul")];
}

/* The first entry from *next on that matches; NULL: none. */
static const char *find(const char *text, const char *const *entry, uint32_t n, uint32_t *next)
{
	for (uint32_t i = *next; i < n; i++)
		if (matches(text, entry[i])) {
			*next = i + 1;
			return entry[i];
		}
	return NULL;
}

/* Whether the text has brackets that only a function's type has: "void()" is not "void". */
static bool differs(const char *text, const char *entry)
{
	return strchr(text, '(') && !strchr(entry, '(') && !strchr(entry, '{');
}

/* True if each entry stands for one argument of the list, in order. */
static bool all_fit(struct lh_arena *arena, const char *list, const char *const *entry, uint32_t n)
{
	const char *text;
	uint32_t i = 0;

	while ((text = next_argument(arena, &list)) != NULL) {
		if (i >= n || differs(text, entry[i]))
			return false;
		i++;
	}
	return i == n;
}

/* ---- the whole ---- */

static const char *append(struct lh_arena *arena, const char *list, const char *one)
{
	return lh_arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", one);
}

/* The arguments of `list` as gcc writes it, with the entries that match. */
static const char *matched(struct lh_arena *arena, const char *list, const char *const *entry,
			   uint32_t n)
{
	const char *text, *result = "";
	uint32_t next = 0;

	while ((text = next_argument(arena, &list)) != NULL) {
		const char *form = type_form(arena, text);
		const char *found = find(form, entry, n, &next);

		result = append(arena, result, found ? found : form);
	}
	return result;
}

static const char *all(struct lh_arena *arena, const char *const *entry, uint32_t n)
{
	const char *result = "";

	for (uint32_t i = 0; i < n; i++)
		result = append(arena, result, entry[i]);
	return result;
}

const char *lh_template_text(struct lh_arena *arena, const char *name, const char *const *entry,
			     uint32_t n, bool cut)
{
	size_t bare = bare_length(name);
	const char *open = name + bare + strspn(name + bare, " "), *list, *result;

	if (*open != '<' || cut) { /* clang can leave the arguments out of the name */
		result = all(arena, entry, n);
	} else {
		list = lh_arena_printf(arena, "%.*s", (int)strlen(open) - 2, open + 1);
		result = all_fit(arena, list, entry, n) ? all(arena, entry, n)
							: matched(arena, list, entry, n);
	}
	return lh_arena_printf(arena, "%.*s%s<%s%s>", (int)bare, name,
			       bare && name[bare - 1] == '<' ? " " : "", result,
			       result[0] && result[strlen(result) - 1] == '>' ? " " : "");
}
