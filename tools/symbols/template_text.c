/* template_text.c — matches the arguments in a template's name with their entries. */
#include "tools/symbols/template_text.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/name_form.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 32 /* of templates in templates in a text */ };

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

static const char *type_form(struct lh_arena *, const char *text, int depth);

static const char *append(struct lh_arena *arena, const char *list, const char *one)
{
	return lh_arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", one);
}

/* "<...>" around a list, with a space where two ">" would meet. */
static const char *in_brackets(struct lh_arena *arena, const char *list)
{
	return lh_arena_printf(arena, "<%s%s>", list,
			       list[0] && list[strlen(list) - 1] == '>' ? " " : "");
}

static const char *list_form(struct lh_arena *arena, const char *list, int depth)
{
	const char *text, *result = "";

	while ((text = next_argument(arena, &list)) != NULL)
		result = append(arena, result, type_form(arena, text, depth));
	return result;
}

/* The length of a type's name, without what follows it: "*", "&", "(int)", " const". */
static size_t name_length(const char *text)
{
	size_t n = 0;
	int depth = 0;

	for (; text[n] && (depth || !strchr("*&(", text[n])); n++) {
		depth += text[n] == '<';
		depth -= text[n] == '>';
	}
	while (n && text[n - 1] == ' ')
		n--;
	return n;
}

/*
 * What compilers write differently from the demangler: "const char*" is "char const*", "void(int)"
 * is "void (int)", "& f" or "&f" is the function or variable f.
 */
static const char *type_form(struct lh_arena *arena, const char *text, int depth)
{
	bool is_const = strncmp(text, "const ", 6) == 0;
	const char *name, *rest, *open;
	size_t n, bare;

	text += is_const ? 6 : 0;
	if (strncmp(text, "(& ", 3) == 0)
		text = lh_arena_printf(arena, "%.*s", (int)strlen(text) - 4, text + 3);
	text += text[0] == '&';
	n = name_length(text);
	if (!n || depth >= DEPTH_MAX || strstr(text, "lambda"))
		return lh_name_form(arena, text);
	rest = text + n;
	name = lh_base_type_name(lh_arena_printf(arena, "%.*s", (int)n, text));
	bare = bare_length(name);
	open = name + bare + strspn(name + bare, " ");
	if (*open == '<')
		name = lh_arena_printf(
			arena, "%.*s%s", (int)bare, name,
			in_brackets(arena,
				    list_form(arena,
					      lh_arena_printf(arena, "%.*s", (int)strlen(open) - 2,
							      open + 1),
					      depth + 1)));
	return lh_arena_printf(arena, "%s%s%s%s", name, is_const ? " const" : "",
			       rest[0] == '(' && isalnum((unsigned char)rest[-1]) ? " " : "",
			       lh_name_form(arena, rest));
}

/* True if the entry is what the text in the name, in the normal form, means. */
static bool matches(const char *text, const char *entry)
{
	size_t n = strlen(text);

	if (strstr(text, "{lambda}"))
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

/* The arguments of `list` as gcc writes it, with the entries that match. */
static const char *matched(struct lh_arena *arena, const char *list, const char *const *entry,
			   uint32_t n)
{
	const char *text, *result = "";
	uint32_t next = 0;

	while ((text = next_argument(arena, &list)) != NULL) {
		const char *form = type_form(arena, text, 0);
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
	return lh_arena_printf(arena, "%.*s%s%s", (int)bare, name,
			       bare && name[bare - 1] == '<' ? " " : "",
			       in_brackets(arena, result));
}
