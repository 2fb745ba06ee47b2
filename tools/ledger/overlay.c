/* overlay.c — allocates an overlay, and adds, finds and counts its rows. */
#include "tools/ledger/overlay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct overlay_memory {
	struct lh_overlay overlay; /* first member: lh_overlay_free casts back from it */
	void *memory;
	size_t size;
};

enum { LOCKS = 256 };

/* Reserved address space; a row that is never written costs no memory. */
static const struct {
	uint32_t row, rows;
} row_size[LH_TABLES] = {
	[LH_T_THREAD] = {sizeof(struct lh_thread), 256},
	[LH_T_LOCK] = {sizeof(struct lh_lock), LOCKS},
	[LH_T_LOCK_STATS] = {sizeof(struct lh_lock_stats), LOCKS},
	[LH_T_STACK] = {sizeof(struct lh_stack), 4096},
	[LH_T_FRAME] = {sizeof(uint64_t), 96 << 10},
	[LH_T_MODULE] = {sizeof(struct lh_module), 512},
	[LH_T_FINDING] = {sizeof(struct lh_finding), 1024},
	[LH_T_STEP] = {sizeof(struct lh_step), 24 << 10},
	[LH_T_NOTE] = {sizeof(struct lh_note), 8192},
	[LH_T_WAIT_PAIR] = {sizeof(struct lh_wait_pair), 8192},
	[LH_T_SPAN] = {sizeof(struct lh_span), 128 << 10},
	[LH_T_BUSY_WAIT] = {sizeof(struct lh_busy_wait), 1024},
};

static size_t align(size_t n)
{
	return (n + 4095) & ~(size_t)4095;
}

/*
 * The first number of the overlay's rows: behind all rows that the ledger can have. A lock id has
 * no bits for more rows than that, so the overlay uses the last LOCKS rows of the ledger's own lock
 * table: these are free as long as the table is not nearly full.
 */
static uint32_t base_of(const struct lh_ledger_view *r, enum lh_table_name t)
{
	uint32_t limit = r->rows[t].limit;

	if (t == LH_T_LOCK && limit > 4 * LOCKS)
		return limit - LOCKS;
	return limit ? limit : 1;
}

static void set_table_addresses(struct lh_overlay *s, unsigned char *at,
				const struct lh_ledger_view *r)
{
	for (enum lh_table_name t = 1; t < LH_TABLES; t++) {
		s->table[t].at = at;
		s->table[t].row = row_size[t].row;
		s->table[t].rows = row_size[t].rows;
		s->table[t].base = base_of(r, t);
		at += align((size_t)row_size[t].row * row_size[t].rows);
	}
}

struct lh_overlay *lh_overlay_new(const struct lh_ledger_view *r)
{
	struct overlay_memory *w = calloc(1, sizeof(*w));
	size_t size = 0;

	for (int t = 1; t < LH_TABLES; t++)
		size += align((size_t)row_size[t].row * row_size[t].rows);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!w || memory == MAP_FAILED) {
		free(w);
		if (memory != MAP_FAILED)
			munmap(memory, size);
		return NULL;
	}
	w->memory = memory;
	w->size = size;
	set_table_addresses(&w->overlay, memory, r);
	return &w->overlay;
}

void lh_overlay_free(struct lh_overlay *s)
{
	struct overlay_memory *w = (struct overlay_memory *)s;

	if (!w)
		return;
	munmap(w->memory, w->size);
	free(w);
}

uint32_t lh_overlay_add(struct lh_overlay *s, enum lh_table_name t, const void *rows, uint32_t n)
{
	uint32_t used = s->table[t].used;

	if (n > s->table[t].rows - used) {
		s->table[t].refused++;
		return 0;
	}
	if (rows)
		memcpy(s->table[t].at + (size_t)used * row_size[t].row, rows,
		       (size_t)n * row_size[t].row);
	__atomic_store_n(&s->table[t].used, used + n, __ATOMIC_RELEASE);
	return s->table[t].base + used;
}

void *lh_overlay_row(struct lh_overlay *s, enum lh_table_name t, uint32_t number)
{
	if (number < s->table[t].base || number - s->table[t].base >= s->table[t].used)
		return NULL;
	return s->table[t].at + (size_t)(number - s->table[t].base) * row_size[t].row;
}
