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
