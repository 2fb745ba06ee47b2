/* pprof_bytes.c — writes fields of protocol buffers, and gzip (RFC 1952) in stored blocks. */
#include "tools/render/pprof_bytes.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void lh_bytes_add(struct lh_bytes *b, const void *data, size_t n)
{
	if (b->n + n > b->capacity) {
		size_t capacity = 2 * (b->n + n);
		unsigned char *bigger = lh_arena_alloc(b->arena, capacity);

		if (b->n)
			memcpy(bigger, b->at, b->n);
		b->at = bigger;
		b->capacity = capacity;
	}
	if (n)
		memcpy(b->at + b->n, data, n);
	b->n += n;
}

/* Seven bits in each byte, the lowest first; the top bit says that more follow. */
void lh_bytes_varint(struct lh_bytes *b, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; value > 127; value >>= 7)
		bytes[n++] = (unsigned char)(value | 128);
	bytes[n++] = (unsigned char)value;
	lh_bytes_add(b, bytes, n);
}

void lh_field_number(struct lh_bytes *b, unsigned field, uint64_t value)
{
	if (!value)
		return;
	lh_bytes_varint(b, field << 3 | WIRE_VARINT);
	lh_bytes_varint(b, value);
}

void lh_field_bytes(struct lh_bytes *b, unsigned field, const void *data, size_t n)
{
	lh_bytes_varint(b, field << 3 | WIRE_BYTES);
	lh_bytes_varint(b, n);
	lh_bytes_add(b, data, n);
}

void lh_field_message(struct lh_bytes *b, unsigned field, const struct lh_bytes *message)
{
	lh_field_bytes(b, field, message->at, message->n);
}

/* ---- gzip ---- */

static uint32_t crc_of(const unsigned char *at, size_t n)
{
	const uint32_t polynomial = 0xedb88320;
	uint32_t table[256], crc = UINT32_MAX;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ table[(crc ^ at[i]) & 255];
	return ~crc;
}

/* The lowest byte first. */
static void put_number(FILE *out, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		putc((int)(value >> 8 * i & 255), out);
}

void lh_gzip_write(const struct lh_bytes *b, FILE *out)
{
	/* deflate; no flags, no time; written on Unix */
	static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	size_t at = 0;

	fwrite(head, sizeof(head), 1, out);
	do {
		size_t n = b->n - at < UINT16_MAX ? b->n - at : UINT16_MAX;

		put_number(out, at + n == b->n, 1); /* is it the last block? */
		put_number(out, (uint32_t)n, 2);
		put_number(out, ~(uint32_t)n & UINT16_MAX, 2);
		if (n)
			fwrite(b->at + at, n, 1, out);
		at += n;
	} while (at < b->n);
	put_number(out, crc_of(b->at, b->n), 4);
	put_number(out, (uint32_t)b->n, 4);
}
