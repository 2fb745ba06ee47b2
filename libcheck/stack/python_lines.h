/*
 * python_lines.h — the location table of CPython 3.11 and later (PEP 657): from an instruction of a
 * code object to its line and column. Linked by nobody: both halves include it.
 *
 * The first byte of an entry has bit 7 set, a form in bits 3 to 6, and in bits 0 to 2 the number of
 * code units that the entry is for, minus one. Forms 0 to 9 and 10 to 12 have short columns; 13 has
 * a line and no columns, 14 has all; 15 is code without a line. Reads nothing outside the table.
 */
#ifndef LH_STACK_PYTHON_LINES_H
#define LH_STACK_PYTHON_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_python_place {
	uint32_t line;   /* 0: none */
	uint32_t column; /* byte in the line, from 1; 0: none */
};

struct lh_python_bytes {
	const uint8_t *at, *end;
};

static inline uint32_t lh_python_byte(struct lh_python_bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

static inline uint32_t lh_python_varint(struct lh_python_bytes *b)
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

static inline uint32_t lh_python_signed_varint(struct lh_python_bytes *b)
{
	uint32_t v = lh_python_varint(b);

	return v & 1 ? 0 - (v >> 1) : v >> 1;
}

/* The place of one entry, whose first byte is read; `line` is that of the entry before. */
static inline struct lh_python_place lh_python_entry(struct lh_python_bytes *b, unsigned form,
						     uint32_t line)
{
	enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NO_LINE = 15 };
	struct lh_python_place p = {line, 0};

	if (form < ONE_LINE) {
		p.column = form * 8 + (lh_python_byte(b) >> 4 & 7) + 1;
	} else if (form < NO_COLUMNS) {
		p.line += form - ONE_LINE;
		p.column = lh_python_byte(b) + 1;
	} else if (form != NO_LINE) {
		p.line += lh_python_signed_varint(b);
		if (form == LONG) {
			lh_python_varint(b); /* the last line */
			p.column = lh_python_varint(b);
		}
	}
	while (b->at < b->end && !(*b->at & 0x80))
		b->at++;
	return p;
}

/* The place of code unit `unit`; `first` is the first line of the code. *read: so many bytes of the
 * table show it. */
static inline struct lh_python_place lh_python_place_of(struct lh_python_bytes table,
							uint32_t first, uint32_t unit, size_t *read)
{
	enum { NO_LINE = 15 };
	struct lh_python_bytes b = table;
	struct lh_python_place p = {first, 0};

	*read = (size_t)(table.end - table.at);
	while (b.at < b.end && (*b.at & 0x80)) {
		uint8_t head = *b.at++;
		unsigned form = head >> 3 & 15, units = (head & 7u) + 1;
		p = lh_python_entry(&b, form, p.line);
		if (unit < units) {
			*read = (size_t)(b.at - table.at) + (b.at < b.end);
			return form == NO_LINE ? (struct lh_python_place){0, 0} : p;
		}
		unit -= units;
	}
	return (struct lh_python_place){0, 0};
}

#endif
