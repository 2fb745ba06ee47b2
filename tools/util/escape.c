/* escape.c — decodes UTF-8 and replaces what an output format must not contain. */
#include "tools/util/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE_MAX 16 /* the longest escape of one byte or character is \u{10ffff} */

unsigned lh_utf8_decode(const char *text, uint32_t *out)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

	if (s[0] >= 0x80 && (s[0] < 0xc2 || s[0] > 0xf4))
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0; /* also at the final zero */
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return n;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Characters that are not visible and change how other characters are shown. */
static bool is_invisible(uint32_t c)
{
	return c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

static bool is_noncharacter(uint32_t c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static const char *entity(uint32_t c, enum lh_escape_format d)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return d == LH_ESCAPE_HTML ? "&#39;" : "&apos;";
	default:
		return NULL;
	}
}

static const char replacement[] = "\xef\xbf\xbd";

/* The replacement of character c; NULL: c stays. */
static const char *substitute(uint32_t c, enum lh_escape_format d, char buffer[ESCAPE_MAX])
{
	if (d == LH_ESCAPE_JSON)
		return NULL;
	if (d == LH_ESCAPE_TEXT) {
		if (is_control(c))
			snprintf(buffer, ESCAPE_MAX,
				 c == '\n'   ? "\\n"
				 : c == '\t' ? "\\t"
					     : "\\x%02x",
				 c);
		else if (is_invisible(c))
			snprintf(buffer, ESCAPE_MAX, "\\u{%x}", c);
		else
			return NULL;
		return buffer;
	}
	if (is_control(c) || is_invisible(c) || is_noncharacter(c))
		return replacement;
	return entity(c, d);
}

static const char *invalid_byte(unsigned char byte, enum lh_escape_format d,
				char buffer[ESCAPE_MAX])
{
	if (d != LH_ESCAPE_TEXT)
		return replacement;
	snprintf(buffer, ESCAPE_MAX, "\\x%02x", byte);
	return buffer;
}

/* Writes to `out` unless it is NULL. Returns the length; sets *changed if anything was replaced. */
static size_t convert(const char *text, enum lh_escape_format d, char *out, bool *changed)
{
	size_t length = 0;

	while (*text) {
		char buffer[ESCAPE_MAX];
		uint32_t c = 0;
		unsigned n = lh_utf8_decode(text, &c);
		const char *instead = n ? substitute(c, d, buffer)
					: invalid_byte((unsigned char)*text, d, buffer);
		size_t k = instead ? strlen(instead) : n;

		if (out)
			memcpy(out + length, instead ? instead : text, k);
		*changed |= instead != NULL;
		length += k;
		text += n ? n : 1;
	}
	return length;
}

const char *lh_escape(struct lh_arena *p, enum lh_escape_format d, const char *text)
{
	bool changed = false;
	size_t n;
	char *out;

	if (!text)
		return NULL;
	n = convert(text, d, NULL, &changed);
	if (!changed)
		return text;
	out = lh_arena_alloc(p, n + 1);
	convert(text, d, out, &changed);
	return out;
}

const char *lh_shell_quote(struct lh_arena *p, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=./:,@%";
	const char *quoted = "'";
	size_t n;

	if (*text && !text[strspn(text, plain)])
		return text;
	for (; *text; text += n + (text[n] != '\0')) {
		n = strcspn(text, "'");
		quoted = lh_arena_printf(p, "%s%.*s%s", quoted, (int)n, text,
					 text[n] ? "'\\''" : "");
	}
	return lh_arena_printf(p, "%s'", quoted);
}
