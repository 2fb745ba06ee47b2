/*
 * text.h — bounded text in a caller's buffer, without stdio and without a locale.
 *
 * The text is always terminated and never overruns the buffer. Text that does not fit is cut, and
 * `cut` is set. The caller owns the buffer.
 *
 * Does not allocate and does not write anywhere else.
 */
#ifndef LH_BASE_TEXT_H
#define LH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_text {
	char *at;
	size_t n, capacity;
	bool cut;
};

#define LH_TEXT(buffer)                                                                            \
	{                                                                                          \
		(buffer), 0, sizeof(buffer), false                                                 \
	}

void lh_text_char(struct lh_text *t, char c);
void lh_text_add(struct lh_text *t, const char *s);
void lh_text_safe(struct lh_text *t, const char *s); /* control characters become '?' */
void lh_text_number(struct lh_text *t, uint64_t v);
void lh_text_hex(struct lh_text *t, uint64_t v);

size_t lh_text_length(const char *s);
bool lh_text_equal(const char *a, const char *b);
bool lh_text_begins(const char *s, const char *with);
void lh_text_copy(char *to, size_t capacity, const char *from);
const char *lh_text_base(const char *path); /* the part after the last slash */
/* Matches shell patterns with * and ?, separated by commas. */
bool lh_text_match(const char *patterns, const char *name);

#endif
