/* name_match.c — compares a name with a symbol, component by component, by the C++ ABI's mangling.
 */
#include "libcheck/lock_api/name_match.h"

#include <stdbool.h>
#include <stddef.h>

static const char anonymous[] = "(anonymous namespace)", anonymous_symbol[] = "_GLOBAL__N_";

struct match {
	const char *name, *name_end;     /* what is left of the row's name */
	const char *symbol, *symbol_end; /* and of the symbol */
	const char *last;                /* the last component, for constructors */
	uint32_t last_n;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins(const char *at, const char *end, const char *text)
{
	while (*text && at < end && *at == *text) {
		at++;
		text++;
	}
	return !*text;
}

static bool skip_text(const char **at, const char *end, const char *text)
{
	if (!begins(*at, end, text))
		return false;
	while (*text++)
		++*at;
	return true;
}

/* <length><characters>; false: something else. */
static bool read_source_name(struct match *m, const char **at, uint32_t *n)
{
	uint32_t length = 0;

	if (m->symbol == m->symbol_end || !is_digit(*m->symbol))
		return false;
	while (m->symbol < m->symbol_end && is_digit(*m->symbol) && length < 100000)
		length = length * 10 + (uint32_t)(*m->symbol++ - '0');
	if (!length || (size_t)(m->symbol_end - m->symbol) < length)
		return false;
	*at = m->symbol;
	*n = length;
	m->symbol += length;
	return true;
}

/* Template arguments, without a look at what they are: names have a length, and an E ends what an
 * I, N, L, X, J or F began. */
static bool skip_arguments(struct match *m)
{
	uint32_t open = 0, n;
	const char *at;

	if (m->symbol == m->symbol_end || *m->symbol != 'I')
		return true;
	while (m->symbol < m->symbol_end) {
		char c = *m->symbol;
		if (is_digit(c)) {
			if (!read_source_name(m, &at, &n))
				return false;
			continue;
		}
		m->symbol++;
		if (c == 'L') { /* a literal: its type, its digits, E */
			while (m->symbol < m->symbol_end && *m->symbol != 'E')
				m->symbol++;
			m->symbol++;
			continue;
		}
		if (c == 'S' || c == 'T' || c == 'A') /* St, S1_, T0_, A16_ */
			while (m->symbol < m->symbol_end && (c != 'S' || *m->symbol != 't') &&
			       (is_digit(*m->symbol) || *m->symbol == '_'))
				m->symbol++;
		open += c == 'I' || c == 'N' || c == 'X' || c == 'J' || c == 'F';
		if (c == 'E' && --open == 0)
			return true;
	}
	return false;
}

/* ABI tags and template arguments behind a component. */
static bool skip_rest(struct match *m)
{
	const char *at;
	uint32_t n;

	while (m->symbol < m->symbol_end && *m->symbol == 'B') {
		m->symbol++;
		if (!read_source_name(m, &at, &n))
			return false;
	}
	return skip_arguments(m);
}

static bool take_name(struct match *m, const char *text, uint32_t n)
{
	if ((size_t)(m->name_end - m->name) < n || __builtin_memcmp(m->name, text, n) != 0)
		return false;
	m->name += n;
	return true;
}

static bool source_name(struct match *m)
{
	const char *at;
	uint32_t n;

	if (!read_source_name(m, &at, &n))
		return false;
	m->last = at;
	m->last_n = n;
	if (begins(at, at + n, anonymous_symbol))
		return take_name(m, anonymous, sizeof(anonymous) - 1);
	return take_name(m, at, n);
}

/* A constructor or destructor: C1, C2, D1, D2. D0 also frees the object and calls D1. */
static bool special_name(struct match *m)
{
	bool destroys = *m->symbol == 'D';

	if (m->symbol_end - m->symbol < 2 || (*m->symbol != 'C' && !destroys) ||
	    (m->symbol[1] != '1' && m->symbol[1] != '2') || !m->last)
		return false;
	m->symbol += 2;
	return (!destroys || skip_text(&m->name, m->name_end, "~")) &&
	       take_name(m, m->last, m->last_n);
}

static bool component(struct match *m, bool first)
{
	if (first && begins(m->symbol, m->symbol_end, "St")) {
		m->symbol += 2;
		return skip_text(&m->name, m->name_end, "std");
	}
	if (m->symbol < m->symbol_end && *m->symbol == 'L')
		m->symbol++; /* of this file only */
	return (is_digit(*m->symbol) ? source_name(m) : special_name(m)) && skip_rest(m);
}

static bool nested_name(struct match *m)
{
	while (m->symbol < m->symbol_end &&
	       (*m->symbol == 'r' || *m->symbol == 'V' || *m->symbol == 'K' || *m->symbol == 'R' ||
		*m->symbol == 'O'))
		m->symbol++;
	for (bool first = true; m->symbol < m->symbol_end; first = false) {
		if (*m->symbol == 'E')
			return m->name == m->name_end;
		if (!first && !skip_text(&m->name, m->name_end, "::"))
			return false;
		if (!component(m, first))
			return false;
	}
	return false;
}

static bool is_mangled(struct match m)
{
	if (!skip_text(&m.symbol, m.symbol_end, "_Z"))
		return false;
	skip_text(&m.name, m.name_end, "::");
	if (skip_text(&m.symbol, m.symbol_end, "N"))
		return nested_name(&m);
	if (begins(m.symbol, m.symbol_end, "St"))
		return component(&m, true) && skip_text(&m.name, m.name_end, "::") &&
		       component(&m, false) && m.name == m.name_end;
	return component(&m, false) && m.name == m.name_end;
}

static bool has(const char *text, const char *part)
{
	for (; *text; text++)
		if (begins(text, text + __builtin_strlen(text), part))
			return true;
	return false;
}

/* What the compiler or the linker put behind the name. */
static enum lh_name_match suffix(const char *at)
{
	if (!*at || *at == '@')
		return LH_NAME_SAME;
	if (has(at, ".cold"))
		return LH_NAME_OTHER;
	if (has(at, ".constprop.") || has(at, ".isra.") || has(at, ".part."))
		return LH_NAME_CHANGED;
	return has(at, ".lto_priv.") || has(at, ".llvm.") ? LH_NAME_SAME : LH_NAME_OTHER;
}

enum lh_name_match lh_name_match(const char *function, uint32_t n, const char *symbol)
{
	const char *end = symbol + __builtin_strlen(symbol);

	if ((size_t)(end - symbol) == n && __builtin_memcmp(symbol, function, n) == 0)
		return LH_NAME_SAME;
	end = symbol;
	while (*end && *end != '@' && (*end != '.' || end == symbol))
		end++;
	struct match m = {
		.name = function, .name_end = function + n, .symbol = symbol, .symbol_end = end};
	bool same = ((size_t)(end - symbol) == n && __builtin_memcmp(symbol, function, n) == 0) ||
		    is_mangled(m);
	return same ? suffix(end) : LH_NAME_OTHER;
}
