/* name_form.c — brings the text of a demangled name into the normal form, in one pass. */
#include "tools/symbols/name_form.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The end of the bracket that opens at `text`; a text that is cut ends it too. */
static const char *after_bracket(const char *text)
{
	int depth = 0;

	do {
		if (strchr("([{<", *text))
			depth++;
		else if (strchr(")]}", *text) || (*text == '>' && text[-1] != '-'))
			depth--;
		text++;
	} while (depth > 0 && *text);
	return text;
}

/* `operator` and its sign, which may be made of brackets; `text` if no operator is there. */
static const char *after_operator(const char *text)
{
	if (!begins(text, "operator") || isalnum((unsigned char)text[8]) || text[8] == '_')
		return text;
	text += 8;
	if (begins(text, "()") || begins(text, "[]"))
		return text + 2;
	while (*text && strchr("+-*/%^&|~!=<>,", *text))
		text++;
	return text;
}

/* ---- the return type ---- */

static bool is_word_start(const char *name, const char *at)
{
	return at == name || at[-1] == ':' || at[-1] == ' ' || at[-1] == '*' || at[-1] == '&';
}

/*
 * Only the instance of a template is demangled with its return type: "void f<int>(int)". Its name
 * begins after the last space before the parameters. A function that returns a function pointer
 * stays as it is.
 */
static const char *without_return_type(const char *name)
{
	const char *start = name;

	for (const char *at = name; *at;) {
		if (is_word_start(name, at) && after_operator(at) != at)
			return start;
		if (*at == '(' && !begins(at, "(anonymous namespace)") &&
		    !(at - name >= 8 && begins(at - 8, "decltype")) &&
		    !(at - name >= 9 && begins(at - 9, "decltype ")))
			return at[1] == '*' || at[1] == '&' ? name : start;
		if (*at == ' ' && at[1] != '(')
			start = at + 1;
		else if (begins(at, " (anonymous namespace)"))
			start = at + 1;
		at = strchr("(<[{", *at) ? after_bracket(at) : at + 1;
	}
	return name; /* no function */
}

/* ---- the pass ---- */

struct form {
	const char *from;
	char *to;
};

static void put(struct form *f, const char *text)
{
	size_t n = strlen(text);

	memcpy(f->to, text, n);
	f->to += n;
}

static void put_number(struct form *f, unsigned long number)
{
	char digits[24], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	put(f, "{lambda#");
	put(f, at);
	put(f, "}");
}

static void convert(struct form *f, const char *end);

/* After a lambda, "::operator()<int>(int) const": only the template arguments say more. */
static void skip_call(struct form *f)
{
	static const char *const ends[] = {" const", " volatile", " &&", " &"};

	if (begins(f->from, "::__invoke(")) { /* clang; g++ calls it _FUN */
		put(f, "::_FUN");
		f->from += strlen("::__invoke");
	}
	if (!begins(f->from, "::operator()"))
		return;
	f->from += strlen("::operator()");
	if (*f->from == '<')
		convert(f, after_bracket(f->from));
	if (*f->from != '(')
		return;
	f->from = after_bracket(f->from);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (begins(f->from, ends[i]))
			f->from += strlen(ends[i]);
}

/* One lambda, as any compiler or demangler writes it. False: there is none. */
static bool lambda(struct form *f)
{
	const char *end;

	if (begins(f->from, "{lambda(")) {
		const char *number;

		end = after_bracket(f->from);
		for (number = end - 1; number > f->from && *number != '#';)
			number--;
		put_number(f, strtoul(number + 1, NULL, 10));
	} else if (begins(f->from, "$_") && isdigit((unsigned char)f->from[2])) {
		char *after;

		put_number(f, strtoul(f->from + 2, &after, 10) + 1);
		end = after;
	} else if (begins(f->from, "(lambda at ") || begins(f->from, "<lambda(")) {
		put(f, "{lambda}"); /* no line: it changes */
		end = after_bracket(f->from);
	} else {
		return false;
	}
	f->from = end;
	skip_call(f);
	return true;
}

/* Copies up to `end` at most, without what the normal form does not have. */
static void convert(struct form *f, const char *end)
{
	while (f->from < end) {
		if (begins(f->from, " [clone ")) {
			f->from = end;
		} else if (begins(f->from, "[abi:")) {
			f->from = after_bracket(f->from);
		} else if (!lambda(f)) {
			*f->to++ = *f->from++;
		}
	}
}

const char *lh_name_form(struct lh_arena *arena, const char *name)
{
	/* "$_0" becomes "{lambda#1}" */
	char *text = lh_arena_alloc(arena, 4 * strlen(name) + 32);
	struct form f = {.from = without_return_type(name), .to = text};

	convert(&f, name + strlen(name));
	*f.to = '\0';
	return text;
}
