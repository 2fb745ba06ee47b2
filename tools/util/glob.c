/* glob.c — matches the two kinds of patterns. */
#include "tools/util/glob.h"

#include <stddef.h>
#include <string.h>

/*
 * Each piece between stars matches at its first position behind the previous piece; the last piece,
 * if it must end the text, matches at the end. First positions suffice: they leave the longest
 * rest.
 */
static bool match(const char *p, size_t n, const char *text, bool begins, bool ends)
{
	const char *end = p + n;

	for (bool first = true;; first = false) {
		size_t piece = 0;
		const char *star, *at;

		while (p + piece < end && p[piece] != '*')
			piece++;
		star = p + piece;
		if (first && begins) {
			if (strncmp(text, p, piece) != 0)
				return false;
			at = text;
		} else if (star == end && ends) {
			size_t length = strlen(text);

			return length >= piece && memcmp(text + length - piece, p, piece) == 0;
		} else {
			at = piece ? memmem(text, strlen(text), p, piece) : text;
		}
		if (!at)
			return false;
		text = at + piece;
		if (star == end)
			return !ends || !*text;
		p = star + 1;
	}
}

bool lh_glob_match_part(const char *pattern, const char *text)
{
	size_t n = strlen(pattern);
	bool begins = n && pattern[0] == '^', ends;

	pattern += begins;
	n -= begins;
	ends = n && pattern[n - 1] == '$';
	return text && match(pattern, n - ends, text, begins, ends);
}

bool lh_glob_match(const char *pattern, const char *text)
{
	size_t n = strlen(pattern);

	if (n && pattern[0] == '^')
		pattern++, n--;
	if (n && pattern[n - 1] == '$')
		n--;
	return text && match(pattern, n, text, true, true);
}

const char *lh_glob_list_end(const char *list)
{
	int depth = 0;

	for (; *list && (*list != ',' || depth > 0); list++)
		depth += strchr("<({[", *list) ? 1 : strchr(">)}]", *list) ? -1 : 0;
	return list;
}

static bool is_valid(const char *pattern, const char *end)
{
	static const char pairs[][3] = {"()", "[]", "{}"};
	bool named = false;

	for (const char *c = pattern; c < end; c++) {
		named |= !strchr("*? ", *c);
		if (*c == '/') /* the path of an object; only its base name is compared */
			return false;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		int depth = 0;

		for (const char *c = pattern; c < end; c++)
			depth += (*c == pairs[i][0]) - (*c == pairs[i][1]);
		if (depth)
			return false;
	}
	return named;
}

bool lh_glob_list_valid(const char *list)
{
	for (;;) {
		const char *end = lh_glob_list_end(list);

		if (!is_valid(list, end) || !*end)
			return is_valid(list, end);
		list = end + 1;
	}
}
