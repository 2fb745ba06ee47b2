/* shorten.c — shortens text in the middle, paths at their folders, C++ names at their brackets. */
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

const char *lh_shorten_end(struct lh_arena *p, const char *text, uint32_t columns)
{
	return lh_text_cut_with(p, text, columns, "…");
}

/* The longest end of the text that takes at most `columns`. */
static const char *end_of(const char *text, uint32_t columns)
{
	uint32_t width = lh_text_width(text), used;

	while (width > columns) {
		size_t n = lh_text_fit(text, width - columns, &used);

		if (!n) /* a wide character at the cut */
			n = lh_text_fit(text, 2, &used);
		if (!n)
			break;
		text += n;
		width -= used;
	}
	return text;
}

const char *lh_shorten(struct lh_arena *p, const char *text, uint32_t columns)
{
	uint32_t used, head = columns ? (columns - 1) / 2 : 0;

	if (!columns)
		return "";
	if (!text[lh_text_fit(text, columns, &used)])
		return text;
	return lh_arena_printf(p, "%.*s…%s", (int)lh_text_fit(text, head, &used), text,
			       end_of(text, columns - 1 - head));
}

const char *lh_shorten_path(struct lh_arena *p, const char *path, uint32_t columns)
{
	if (lh_text_width(path) <= columns)
		return path;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
		if (lh_text_width(slash) < columns)
			return lh_arena_printf(p, "…%s", slash);
	return lh_shorten(p, path, columns);
}

/* ---- C++ names ---- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/*
 * The length of an operator's name with its symbol, "operator<<"; 0: there is none at `at`. Only
 * symbols with brackets matter. A word that follows, as in "operator new", belongs to the name.
 */
static size_t operator_name(const char *name, const char *at)
{
	static const char *const symbols[] = {"()", "[]", "<=>", "<<=", ">>=", "->*", "<<",
					      ">>", "<=", ">=",  "->",  "<",   ">"};
	const size_t n = strlen("operator");

	if (!begins(at, "operator") || is_word(at[n]) || (at > name && is_word(at[-1])))
		return 0;
	if (at[n] == ' ')
		return n + strcspn(at + n, "(<");
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (begins(at + n, symbols[i])) { /* "operator< <int>" */
			size_t end = n + strlen(symbols[i]);

			return end + begins(at + end, " <");
		}
	return n;
}

/* The length of a bracket with what it encloses; of the whole text if the bracket does not end. */
static size_t bracketed(const char *name, const char *at)
{
	const char *from = at;
	uint32_t round = 0, angle = 0;

	for (size_t n; *at; at++) {
		n = operator_name(name, at);
		if (n) {
			at += n - 1;
			continue;
		}
		round += *at == '(';
		angle += *at == '<' && !round;
		if (*at == ')' && round)
			round--;
		else if (*at == '>' && at > from && at[-1] != '-' && !round && angle)
			angle--;
		if (!round && !angle)
			return (size_t)(at + 1 - from);
	}
	return (size_t)(at - from);
}

/* What may stand behind a parameter list. */
static size_t qualifiers(const char *at)
{
	static const char *const words[] = {" const", " volatile", " &&", " &", "&&", "&"};
	const char *from = at;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(at, words[i]) && !is_word(at[strlen(words[i])])) {
			at += strlen(words[i]);
			i = (size_t)-1;
		}
	return (size_t)(at - from);
}

struct stripped {
	char *text;
	size_t n, word; /* length; where the last word at the top level begins */
};

static void put(struct stripped *s, const char *text, size_t n)
{
	memcpy(s->text + s->n, text, n);
	s->n += n;
}

/* Copies what is at `at`, or leaves it out. Returns its length in the name. */
static size_t strip_one(struct stripped *s, const char *name, const char *at, bool parameters,
			bool arguments)
{
	static const char anonymous[] = "(anonymous namespace)";
	size_t n = operator_name(name, at);

	if (n) {
		put(s, at, n);
		return n;
	}
	if (parameters && begins(at, anonymous)) {
		put(s, "(anonymous)", strlen("(anonymous)"));
		return strlen(anonymous);
	}
	if (*at == '(' && at > name && parameters && at[-1] != ' ') {
		n = bracketed(name, at);
		return n + qualifiers(at + n);
	}
	if (*at == '<' && at > name) {
		n = bracketed(name, at);
		put(s, arguments ? "<…>" : at, arguments ? strlen("<…>") : n);
		return n;
	}
	put(s, at, 1);
	if (*at == ' ')
		s->word = s->n;
	return 1;
}

/* The name without parameter lists, template arguments, or both. *word: where its last word begins.
 */
static const char *strip(struct lh_arena *p, const char *name, bool parameters, bool arguments,
			 size_t *word)
{
	const char *clone = parameters ? strstr(name, " [clone ") : NULL,
		   *end = clone ? clone : name + strlen(name);
	/* "<" may become "<…>" */
	struct stripped s = {.text = lh_arena_alloc(p, 5 * strlen(name) + 1)};

	for (const char *at = name; at < end;)
		at += strip_one(&s, name, at, parameters, arguments);
	s.text[s.n] = '\0';
	*word = s.text[s.word] ? s.word : 0;
	return s.text;
}

/* "…::Book<…>::match": the last word without outer scopes. Then the middle of the last scope. */
static const char *without_scopes(struct lh_arena *p, const char *name, size_t word,
				  uint32_t columns)
{
	const char *last = NULL;
	uint32_t used = lh_text_width(lh_arena_printf(p, "%.*s", (int)word, name));

	for (const char *scope = strstr(name + word, "::"); scope;
	     scope = strstr(scope + strlen("::"), "::")) {
		if (used + lh_text_width(scope) < columns)
			return lh_arena_printf(p, "%.*s…%s", (int)word, name, scope);
		last = scope + strlen("::");
	}
	if (word || !last || columns < 2 * strlen("…::"))
		return lh_shorten(p, name, columns);
	return lh_arena_printf(p, "…::%s", lh_shorten(p, last, columns - 3));
}

const char *lh_shorten_name(struct lh_arena *p, const char *name, uint32_t columns)
{
	size_t word = 0;

	for (int k = 0; k < 2 && lh_text_width(name) > columns; k++)
		name = strip(p, name, k == 1, true, &word);
	return lh_text_width(name) <= columns ? name : without_scopes(p, name, word, columns);
}

const char *lh_shorten_function(struct lh_arena *p, const char *function, uint32_t columns)
{
	size_t word;
	const char *name = strip(p, function, true, false, &word);

	if (lh_text_width(name + word) > columns)
		name = strip(p, function, true, true, &word);
	name += word;
	return lh_text_width(name) <= columns ? name : without_scopes(p, name, 0, columns);
}
