/* python_text.c — copies and compares the text objects of CPython. */
#include "libcheck/base/hash.h"
#include "libcheck/stack/python_internal.h"

struct text {
	uintptr_t at;
	size_t length;
	unsigned width;
};

static bool open_text(uintptr_t object, struct text *t)
{
	if (!is_a(object, lh_py.PyUnicode_Type))
		return false;
	uint32_t state = read_half(object, PY_TEXT_STATE);
	if (!(state & PY_STATE_COMPACT) || !(state & PY_STATE_READY))
		return false;
	t->width = state >> PY_STATE_KIND_SHIFT & PY_STATE_KIND;
	t->length = read_word(object, PY_TEXT_LENGTH);
	t->at = object + (state & PY_STATE_ASCII ? PY_TEXT_ASCII : PY_TEXT_COMPACT);
	return (t->width == 1 || t->width == 2 || t->width == 4) && t->length < 1u << 20;
}

static uint32_t letter(const struct text *t, size_t i)
{
	uintptr_t at = t->at + i * t->width;

	return t->width == 1   ? *(const uint8_t *)at
	       : t->width == 2 ? *(const uint16_t *)at
			       : *(const uint32_t *)at;
}

/* Writes UTF-8 and returns the number of bytes. To Python, path bytes that are no UTF-8 are lone
 * surrogates, whose low byte is the byte of the path. */
static unsigned encode(uint32_t c, char out[4])
{
	if (c < 0x80 || c - 0xdc80 < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (unsigned i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 63));
	out[0] = (char)(lead[n] | (c & 31));
	return n;
}

/* A text that is too long keeps its end, behind "...": the name of the file matters most. */
bool lh_python_copy_text(uintptr_t object, char *to, size_t capacity)
{
	struct text t;
	size_t from, n = 0, size = 0;
	char c[4];

	if (!open_text(object, &t))
		return false;
	for (from = t.length; from && size < capacity - 4; from--)
		size += encode(letter(&t, from - 1), c);
	if (size >= capacity - 4) {
		from++; /* the last letter counted may not fit */
		for (; n < 3; n++)
			to[n] = '.';
	}
	for (; from < t.length; from++) {
		unsigned more = encode(letter(&t, from), c);
		for (unsigned k = 0; k < more; k++)
			to[n++] = c[k] ? c[k] : '?';
	}
	to[n] = 0;
	return true;
}

uint64_t lh_python_hash_text(uint64_t h, uintptr_t object)
{
	struct text t;

	if (!open_text(object, &t))
		return lh_hash_mix(h, UINT64_MAX);
	return lh_hash_bytes(lh_hash_mix(h, t.length << 3 | t.width), (const void *)t.at,
			     t.length * t.width);
}

bool lh_python_text_is(uintptr_t object, const char *spelling)
{
	struct text t;
	size_t n = __builtin_strlen(spelling);

	if (!open_text(object, &t) || t.width != 1 || t.length != n)
		return false;
	return __builtin_memcmp((const void *)t.at, spelling, n) == 0;
}
