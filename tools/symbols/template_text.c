/* template_text.c — matches the arguments in a template's name with their entries. */
#include "tools/symbols/template_text.h"
#include "tools/symbols/base_type.h"
#include "tools/symbols/name_form.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	DEPTH_MAX = 32, /* of templates in templates in a text */
	LIST_MAX = 8192,
};

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

/* A list of arguments; one that gets too long is cut. */
struct list {
	char text[LIST_MAX];
	size_t n;
};

static void append(struct list *list, const char *one)
{
	int n = snprintf(list->text + list->n, LIST_MAX - list->n, "%s%s", list->n ? ", " : "",
			 one);

	list->n = list->n + (size_t)n < LIST_MAX ? list->n + (size_t)n : LIST_MAX - 1;
}

/* `name` with the list in brackets, with a space where two "<" or ">" would meet. */
static const char *with_list(struct lh_arena *arena, const char *name, const struct list *list)
{
	size_t n = bare_length(name);

	return lh_arena_printf(arena, "%.*s%s<%s%s>", (int)n, name,
			       n && name[n - 1] == '<' ? " " : "", list->text,
			       list->n && list->text[list->n - 1] == '>' ? " " : "");
}

/* The list in the brackets at the end of a name; NULL: none. */
static const char *list_of(struct lh_arena *arena, const char *name)
{
	size_t n = bare_length(name);
	const char *open = name + n + strspn(name + n, " ");

	return *open == '<' ? lh_arena_printf(arena, "%.*s", (int)strlen(open) - 2, open + 1)
			    : NULL;
}

/* A type's name with its arguments in the demangler's form. */
static const char *name_form(struct lh_arena *arena, const char *name, int depth)
{
	const char *rest = list_of(arena, name), *text;
	struct list list = {.n = 0};

	if (!rest)
		return name;
	while ((text = next_argument(arena, &rest)) != NULL)
		append(&list, type_form(arena, text, depth));
	return with_list(arena, name, &list);
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
	const char *name, *rest;
	size_t n;

	text += is_const ? 6 : 0;
	if (strncmp(text, "(& ", 3) == 0)
		text = lh_arena_printf(arena, "%.*s", (int)strlen(text) - 4, text + 3);
	text += text[0] == '&';
	n = name_length(text);
	if (!n || depth >= DEPTH_MAX || strstr(text, "lambda"))
		return lh_name_form(arena, text);
	rest = text + n;
	name = lh_base_type_name(lh_arena_printf(arena, "%.*s", (int)n, text));
	return lh_arena_printf(arena, "%s%s%s%s", name_form(arena, name, depth + 1),
			       is_const ? " const" : "",
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

/* Adds the arguments of `rest`, as gcc writes them, with the entries that match. */
static void add_matched(struct lh_arena *arena, const char *rest, const char *const *entry,
			uint32_t n, struct list *list)
{
	const char *text;
	uint32_t next = 0;

	while ((text = next_argument(arena, &rest)) != NULL) {
		const char *form = type_form(arena, text, 0);
		const char *found = find(form, entry, n, &next);

		append(list, found ? found : form);
	}
}

const char *lh_template_text(struct lh_arena *arena, const char *name, const char *const *entry,
			     uint32_t n, bool cut)
{
	const char *written = list_of(arena, name); /* clang can leave them out of the name */
	struct list list = {.n = 0};

	if (written && !cut && !all_fit(arena, written, entry, n))
		add_matched(arena, written, entry, n, &list);
	else
		for (uint32_t i = 0; i < n; i++)
			append(&list, entry[i]);
	return with_list(arena, name, &list);
}
