/* text.c — bounded text, string helpers and shell patterns without libc. */
#include "libcheck/base/text.h"

void lh_text_char(struct lh_text *t, char c)
{
	if (t->n + 1 >= t->capacity) {
		t->cut = true;
		return;
	}
	t->at[t->n++] = c;
	t->at[t->n] = '\0';
}

void lh_text_add(struct lh_text *t, const char *s)
{
	while (*s)
		lh_text_char(t, *s++);
}

void lh_text_safe(struct lh_text *t, const char *s)
{
	for (; *s; s++)
		lh_text_char(t, (unsigned char)*s < 32 || *s == 127 ? '?' : *s);
}

static void in_base(struct lh_text *t, uint64_t v, unsigned base)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	while (n)
		lh_text_char(t, digits[--n]);
}

void lh_text_number(struct lh_text *t, uint64_t v)
{
	in_base(t, v, 10);
}

void lh_text_hex(struct lh_text *t, uint64_t v)
{
	lh_text_add(t, "0x");
	in_base(t, v, 16);
}

size_t lh_text_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool lh_text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool lh_text_begins(const char *s, const char *with)
{
	while (*with && *s == *with)
		s++, with++;
	return !*with;
}

void lh_text_copy(char *to, size_t capacity, const char *from)
{
	size_t n = 0;

	for (; from[n] && n + 1 < capacity; n++)
		to[n] = from[n];
	to[n] = '\0';
}

const char *lh_text_base(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

/* One pattern ends at a comma or at the final zero. Backtracks only to the last star. */
static bool match_one(const char *p, const char *s)
{
	const char *star = NULL, *again = NULL;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			again = s;
		} else if (*p == '?' || (*p == *s && *p != ',')) {
			p++, s++;
		} else if (star) {
			p = star;
			s = ++again;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0' || *p == ',';
}

bool lh_text_match(const char *patterns, const char *name)
{
	while (*patterns) {
		if (match_one(patterns, name))
			return true;
		while (*patterns && *patterns != ',')
			patterns++;
		if (*patterns == ',')
			patterns++;
	}
	return false;
}
