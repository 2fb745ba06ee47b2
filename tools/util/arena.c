/* arena.c — an arena in chunks that grow. */
#include "tools/util/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65000
#define FIRST (CHUNK / 16) /* most arenas stay small, and new chunks are zeroed */

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

struct lh_arena {
	struct chunk *top;
	size_t next; /* chunks grow to CHUNK */
};

static void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("lockhound: not enough memory\n", stderr);
	exit(2);
}

struct lh_arena *lh_arena_new(void)
{
	struct lh_arena *p = must(calloc(1, sizeof(*p)));

	p->next = FIRST;
	return p;
}

void lh_arena_free(struct lh_arena *p)
{
	struct chunk *next;

	if (!p)
		return;
	for (struct chunk *c = p->top; c; c = next) {
		next = c->next;
		free(c);
	}
	free(p);
}

/* A large piece gets a chunk of its own behind the current chunk, which stays in use. */
static void *get_large(struct lh_arena *p, size_t n)
{
	struct chunk *c = must(calloc(1, sizeof(*c) + n));

	c->used = c->size = n;
	if (p->top) {
		c->next = p->top->next;
		p->top->next = c;
	} else {
		p->top = c;
	}
	return c->bytes;
}

void *lh_arena_alloc(struct lh_arena *p, size_t n)
{
	struct chunk *c = p->top;

	n = (n + 15) & ~(size_t)15;
	if (n > p->next / 8)
		return get_large(p, n);
	if (!c || c->size - c->used < n) {
		c = must(calloc(1, sizeof(*c) + p->next));
		c->size = p->next;
		c->next = p->top;
		p->top = c;
		p->next = p->next < CHUNK ? 2 * p->next : p->next;
	}
	c->used += n;
	return c->bytes + c->used - n;
}

char *lh_arena_strdup(struct lh_arena *p, const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(lh_arena_alloc(p, n), text, n);
}

char *lh_arena_vprintf(struct lh_arena *p, const char *format, va_list args)
{
	va_list again;
	char *text, none[1];
	int n;

	if (!format)
		return lh_arena_strdup(p, ""); /* never; for gcc's sanitizer build */
	va_copy(again, args);
	n = vsnprintf(none, sizeof(none), format, again);
	va_end(again);
	text = lh_arena_alloc(p, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

char *lh_arena_printf(struct lh_arena *p, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = lh_arena_vprintf(p, format, args);
	va_end(args);
	return text;
}

/* Lists double when their length is a power of two; the old copy stays in the arena. */
void *lh_arena_grow(struct lh_arena *p, void *list, uint32_t n, size_t element)
{
	void *bigger;

	if (n & (n - 1))
		return list;
	bigger = lh_arena_alloc(p, (n ? (size_t)n * 2 : 1) * element);
	if (n)
		memcpy(bigger, list, n * element);
	return bigger;
}
