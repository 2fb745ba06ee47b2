/* peek_python_text.c — copies text objects of CPython out of another process. */
#include "libcheck/stack/python_311.h"
#include "tools/process/peek_python.h"

#include <string.h>

enum { TEXT_MAX = 4096 /* characters of a name */ };

/* Writes UTF-8; to Python, bytes of a path that are no UTF-8 are lone surrogates. */
static unsigned encode(uint32_t c, char *out)
{
	if (c < 0x80 || c - 0xdc80 < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (unsigned i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 63));
	out[0] = (char)(lead[n] | (c & 31));
	return n;
}

static uint32_t letter(const unsigned char *text, size_t i, unsigned width)
{
	uint32_t c = 0;

	memcpy(&c, text + i * width, width);
	return c;
}

/* NULL: not a text, or longer than any name. */
const char *lh_peek_python_text(const struct lh_peek *p, uint64_t object, uint64_t ascii,
				uint64_t compact)
{
	unsigned char head[PY_TEXT_STATE + 4], *text;
	uint64_t length;
	uint32_t state;
	char *out;
	size_t n = 0;

	if (!lh_peek_read(p, object, head, sizeof(head)))
		return NULL;
	memcpy(&length, head + PY_TEXT_LENGTH, sizeof(length));
	memcpy(&state, head + PY_TEXT_STATE, sizeof(state));
	unsigned width = state >> PY_STATE_KIND_SHIFT & PY_STATE_KIND;
	if (length > TEXT_MAX || (width != 1 && width != 2 && width != 4) ||
	    !(state & PY_STATE_COMPACT))
		return NULL;
	text = lh_arena_alloc(p->arena, length * width + 1);
	if (length && !lh_peek_read(p, object + (state & PY_STATE_ASCII ? ascii : compact), text,
				    length * width))
		return NULL;
	out = lh_arena_alloc(p->arena, 4 * length + 1);
	for (size_t i = 0; i < length; i++)
		n += encode(letter(text, i, width), out + n);
	out[n] = 0;
	return out;
}
