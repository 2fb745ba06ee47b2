/* text_width.c — measures text with wcwidth. */
#include "tools/util/text_width.h"
#include "tools/util/escape.h"

#include <locale.h>
#include <wchar.h>

/* wcwidth depends on the locale; C.UTF-8 is used, because the user's locale may not be UTF-8. */
static uint32_t width_of(wchar_t c)
{
	static locale_t utf8;
	locale_t before;
	int n;

	if (c < 0x80)
		return 1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return 1;
	before = uselocale(utf8);
	n = wcwidth(c);
	uselocale(before);
	return n < 0 ? 1 : (uint32_t)n;
}

size_t lh_text_fit(const char *text, uint32_t columns, uint32_t *used)
{
	size_t at = 0;

	*used = 0;
	while (text[at]) {
		uint32_t c = 0;
		unsigned n = lh_utf8_decode(text + at, &c);
		uint32_t w = width_of((wchar_t)c);

		if (w > columns - *used)
			break;
		*used += w;
		at += n ? n : 1;
	}
	return at;
}

uint32_t lh_text_width(const char *text)
{
	uint32_t n;

	lh_text_fit(text, UINT32_MAX, &n);
	return n;
}

const char *lh_text_cut(struct lh_arena *p, const char *text, uint32_t columns)
{
	return lh_text_cut_with(p, text, columns, "+");
}

const char *lh_text_cut_with(struct lh_arena *p, const char *text, uint32_t columns,
			     const char *mark)
{
	uint32_t used;

	if (!columns)
		return "";
	if (!text[lh_text_fit(text, columns, &used)])
		return text;
	return lh_arena_printf(p, "%.*s%s", (int)lh_text_fit(text, columns - 1, &used), text, mark);
}
