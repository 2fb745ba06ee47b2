/*
 * pprof_bytes.h — the encodings of a profile: fields of protocol buffers, and gzip.
 *
 * A message is a list of bytes in an arena. A field whose value is 0 or empty is left out, as
 * readers expect. The gzip file has stored blocks: profiles are small, and every reader of gzip
 * takes them. Does not know what the fields mean.
 */
#ifndef LH_RENDER_PPROF_BYTES_H
#define LH_RENDER_PPROF_BYTES_H

#include "tools/util/arena.h"

#include <stdio.h>

struct lh_bytes {
	struct lh_arena *arena;
	unsigned char *at;
	size_t n, capacity;
};

void lh_bytes_add(struct lh_bytes *, const void *data, size_t n);
void lh_bytes_varint(struct lh_bytes *, uint64_t);

void lh_field_number(struct lh_bytes *, unsigned field, uint64_t value);
/* Also if it is empty: an element of a list. */
void lh_field_bytes(struct lh_bytes *, unsigned field, const void *data, size_t n);
void lh_field_message(struct lh_bytes *, unsigned field, const struct lh_bytes *message);

/* Writes these bytes as a gzip file. */
void lh_gzip_write(const struct lh_bytes *, FILE *out);

#endif
