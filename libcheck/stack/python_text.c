/* python_text.c — reads names and line numbers from Python's objects. */
#include "libcheck/stack/python_internal.h"

struct text {
	uintptr_t at;
	size_t length;
	unsigned width;
};

static bool open_text(uintptr_t object, struct text *t)
{
	if (!lh_python_is_a(object, PyUnicode_Type))
		return false;
	uint32_t state = lh_python_read_half(object, PY_TEXT_STATE);
	if (!(state & PY_STATE_COMPACT) || !(state & PY_STATE_READY))
		return false;
	t->width = state >> PY_STATE_KIND_SHIFT & PY_STATE_KIND;
	t->length = lh_python_read_word(object, PY_TEXT_LENGTH);
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
 * surrogates. */
static unsigned encode(uint32_t c, char out[4])
{
	if (c - 0xdc80 < 0x80) {
		out[0] = (char)(c - 0xdc00);
		return 1;
	}
	if (c < 0x80) {
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
static bool copy_text(uintptr_t object, char *to, size_t capacity)
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

bool lh_python_is_text(uintptr_t object, const char *spelling)
{
	struct text t;
	size_t n = __builtin_strlen(spelling);

	if (!open_text(object, &t) || t.width != 1 || t.length != n)
		return false;
	return __builtin_memcmp((const void *)t.at, spelling, n) == 0;
}

/* ---- lines ---- */

struct bytes {
	const uint8_t *at, *end;
};

static uint32_t varint(struct bytes *b)
{
	uint32_t v = 0;

	for (unsigned shift = 0; b->at < b->end && shift < 32; shift += 6) {
		uint8_t byte = *b->at++;
		v |= (uint32_t)(byte & 63) << shift;
		if (!(byte & 64))
			break;
	}
	return v;
}

static int32_t signed_varint(struct bytes *b)
{
	uint32_t v = varint(b);

	return v & 1 ? -(int32_t)(v >> 1) : (int32_t)(v >> 1);
}

/*
 * The location table of PEP 657. The first byte of an entry has bit 7 set, a form in bits 3 to 6,
 * and in bits 0 to 2 the number of code units it is for, minus one. Forms 0 to 9 and 10 to 12 are
 * followed by columns only, 13 has a line and no columns, 14 has all; 15 is code without a line.
 */
static uint32_t line_at(struct bytes b, uint32_t first, uint32_t unit)
{
	enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NO_LINE = 15 };
	uint32_t line = first;

	while (b.at < b.end && (*b.at & 0x80)) {
		uint8_t head = *b.at++;
		unsigned form = head >> 3 & 15, units = (head & 7u) + 1;
		if (form == NO_COLUMNS || form == LONG)
			line += (uint32_t)signed_varint(&b);
		else if (form >= ONE_LINE && form < NO_COLUMNS)
			line += form - ONE_LINE;
		if (unit < units)
			return form == NO_LINE ? 0 : line;
		unit -= units;
		while (b.at < b.end && !(*b.at & 0x80))
			b.at++;
	}
	return 0;
}

static uint32_t line_of(uintptr_t code, uintptr_t instruction)
{
	uintptr_t table = lh_python_read_word(code, PY_CODE_LINES);
	uintptr_t into = instruction - (code + PY_CODE_BYTES);

	if (!lh_python_is_a(table, PyBytes_Type) ||
	    into >= 2 * lh_python_read_word(code, PY_VAR_SIZE))
		return 0;
	const uint8_t *text = (const uint8_t *)(table + PY_BYTES_TEXT);
	struct bytes b = {text, text + (lh_python_read_word(table, PY_VAR_SIZE) & 0xffffff)};
	return line_at(b, lh_python_read_half(code, PY_CODE_FIRST_LINE), (uint32_t)(into / 2));
}

uintptr_t lh_python_object(void)
{
	return (uintptr_t)PyEval_RestoreThread;
}

bool lh_python_locate(const struct lh_python_frame *f, struct lh_python_location *out)
{
	if (!lh_python_is_a(f->code, PyCode_Type))
		return false;
	out->line = line_of(f->code, f->instruction);
	return copy_text(lh_python_read_word(f->code, PY_CODE_FILE), out->file,
			 sizeof(out->file)) &&
	       copy_text(lh_python_read_word(f->code, PY_CODE_QUALIFIED), out->function,
			 sizeof(out->function));
}
