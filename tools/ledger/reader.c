/* reader.c — copies or maps one ledger, checks it, and hands out its rows. */
#include "tools/ledger/reader.h"
#include "tools/util/path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * `rows_max`: more than a process and the monitor can write (ledger/own_ledger.c, overlay.c). A
 * damaged or crafted table may promise any number, and a file that is a hole has rows for it.
 */
static const struct {
	const char *name;
	uint32_t row, rows_max;
} row_size[LH_TABLES] = {
	[LH_T_LIVE_THREAD] = {"live threads", sizeof(struct lh_live_thread), 1 << 16},
	[LH_T_THREAD] = {"threads", sizeof(struct lh_thread), 1 << 20},
	[LH_T_LOCK] = {"locks", sizeof(struct lh_lock), LH_LOCK_ROWS},
	[LH_T_STACK] = {"stacks", sizeof(struct lh_stack), 1 << 20},
	[LH_T_FRAME] = {"frames", sizeof(uint64_t), 1 << 24},
	[LH_T_MODULE] = {"modules", sizeof(struct lh_module), LH_MODULE_ROWS},
	[LH_T_CHAIN] = {"chains", sizeof(struct lh_chain), 1 << 23},
	[LH_T_VISIT] = {"chain visits", sizeof(struct lh_chain_visit), 1 << 23},
	[LH_T_HB_EDGE] = {"happens-before edges", sizeof(struct lh_hb_edge), 1 << 21},
	[LH_T_FINDING] = {"findings", sizeof(struct lh_finding), 10000},
	[LH_T_STEP] = {"steps", sizeof(struct lh_step), 1 << 18},
	[LH_T_NOTE] = {"notes", sizeof(struct lh_note), 1 << 14},
	[LH_T_WAIT_PAIR] = {"wait pairs", sizeof(struct lh_wait_pair), 1 << 14},
	[LH_T_SPAN] = {"spans", sizeof(struct lh_span), 1 << 18},
	[LH_T_LOCK_LOCATION] = {"lock locations", sizeof(struct lh_lock_location), 1 << 19},
	[LH_T_BUSY_WAIT] = {"busy waits", sizeof(struct lh_busy_wait), 1 << 11},
	[LH_T_CONTENTION] = {"contention records", sizeof(struct lh_contention), 1 << 14},
	[LH_T_LOCK_STATS] = {"lock statistics", sizeof(struct lh_lock_stats), 1 << 22},
	[LH_T_STEERED] = {"steered cycles", sizeof(struct lh_steered), 64},
	[LH_T_HELD] = {"held locks", sizeof(struct lh_held), 1 << 21},
};

enum { HOLES_FROM = 1 << 20 /* bytes of a table of which holes are left out */ };

const enum lh_table_name lh_read_order[LH_TABLES - 1] = {
	LH_T_STEERED, LH_T_FINDING,     LH_T_STEP,       LH_T_NOTE,    LH_T_WAIT_PAIR,
	LH_T_SPAN,    LH_T_BUSY_WAIT,   LH_T_CONTENTION, LH_T_HB_EDGE, LH_T_VISIT,
	LH_T_CHAIN,   LH_T_LIVE_THREAD, LH_T_HELD,       LH_T_LOCK,    LH_T_LOCK_STATS,
	LH_T_THREAD,  LH_T_STACK,       LH_T_FRAME,      LH_T_MODULE,  LH_T_LOCK_LOCATION,
};

/* Appends to the view's error, after `between` unless it is the first. */
__attribute__((format(printf, 3, 4))) static void
add_error(struct lh_ledger_view *r, const char *between, const char *format, ...)
{
	size_t n = strlen(r->error);
	va_list args;

	if (n && n + strlen(between) < sizeof(r->error))
		n += (size_t)snprintf(r->error + n, sizeof(r->error) - n, "%s", between);
	va_start(args, format);
	vsnprintf(r->error + n, sizeof(r->error) - n, format, args);
	va_end(args);
}

size_t lh_read_get(const struct lh_byte_source *b, uint64_t offset, void *out, size_t n)
{
	size_t done = 0;

	if (offset >= b->size)
		return 0;
	if (n > b->size - offset)
		n = (size_t)(b->size - offset);
	if (b->fd < 0) {
		memcpy(out, b->at + offset, n);
		return n;
	}
	while (done < n) {
		ssize_t got = pread(b->fd, (char *)out + done, n - done,
				    (off_t)(b->start + offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break; /* the file became shorter, or a page is missing */
		done += (size_t)got;
	}
	return done;
}

static void check_origin(struct lh_origin *o)
{
	o->host[sizeof(o->host) - 1] = 0;
	o->container[sizeof(o->container) - 1] = 0;
	o->commit[sizeof(o->commit) - 1] = 0;
	o->test[sizeof(o->test) - 1] = 0;
	if (o->rank > INT32_MAX)
		o->rank = 0;
	if (o->shards > INT32_MAX || o->shard > o->shards)
		o->shard = o->shards = 0;
}

/* Only a complete, valid head makes the bytes a ledger. */
static bool head_is_valid(struct lh_ledger_view *r, size_t got)
{
	struct lh_ledger *h = &r->head;

	if (got < sizeof(h->magic) || memcmp(h->magic, LH_LEDGER_MAGIC, sizeof(h->magic)) != 0)
		add_error(r, "; ",
			  "not a lockhound ledger (it does not begin with " LH_LEDGER_MAGIC ")");
	else if (got < offsetof(struct lh_ledger, total))
		add_error(r, "; ", "cut short at %zu bytes, inside the header", got);
	else if (h->version != LH_LEDGER_VERSION)
		add_error(r, "; ", "ledger of version %u; this lockhound reads version %d",
			  h->version, LH_LEDGER_VERSION);
	else if (h->header != sizeof(*h))
		add_error(r, "; ", "ledger with a header of %u bytes; this lockhound reads %zu",
			  h->header, sizeof(*h));
	else if (got < sizeof(*h))
		add_error(r, "; ", "cut short at %zu bytes, inside the header", got);
	h->exe[sizeof(h->exe) - 1] = 0;
	h->command[sizeof(h->command) - 1] = 0;
	h->comm[sizeof(h->comm) - 1] = 0;
	check_origin(&h->origin);
	return !r->error[0];
}

/* Rows of table t that lie within `size` bytes; also checks the table's row size and offset. */
static uint32_t rows_within(struct lh_ledger_view *r, enum lh_table_name t, uint64_t size)
{
	const struct lh_table *table = &r->head.table[t];

	if (!table->offset || !table->rows)
		return 0;
	if (table->row != row_size[t].row)
		add_error(r, "; ", "%s: rows of %u bytes instead of %u", row_size[t].name,
			  table->row, row_size[t].row);
	else if (table->offset % 8 || table->offset < sizeof(struct lh_ledger))
		add_error(r, "; ", "%s: impossible offset %#llx", row_size[t].name,
			  (unsigned long long)table->offset);
	else if (table->offset < size && (size - table->offset) / table->row < table->rows)
		return (uint32_t)((size - table->offset) / table->row);
	else if (table->offset < size)
		return table->rows;
	return 0;
}

/* Rows in use according to the table, limited to its size. */
static uint32_t claimed(struct lh_ledger_view *r, enum lh_table_name t)
{
	const struct lh_table *table = &r->head.table[t];

	if (table->used <= table->rows)
		return table->used;
	add_error(r, "; ", "%s: %u of %u rows in use", row_size[t].name, table->used, table->rows);
	return table->rows;
}

static void add_refused(struct lh_table *table, uint32_t rows)
{
	table->refused = rows > UINT32_MAX - table->refused ? UINT32_MAX : table->refused + rows;
}

/* `rows`, or as many as are read. The others count as refused. */
static uint32_t limited(struct lh_ledger_view *r, enum lh_table_name t, uint32_t rows)
{
	uint32_t max = row_size[t].rows_max;

	if (rows <= max)
		return rows;
	add_error(r, "; ", "only the first %u of %u %s are read", max - 1, rows - 1,
		  row_size[t].name);
	add_refused(&r->head.table[t], rows - max);
	return max;
}

static void count_missing_rows(struct lh_ledger_view *r, enum lh_table_name t, uint32_t expected,
			       uint32_t have)
{
	if (expected <= have || expected == 1)
		return; /* only row 0 is missing, which is never used */
	if (r->missing_rows)
		add_error(r, ", ", "%u %s", expected - (have ? have : 1), row_size[t].name);
	else
		add_error(r, "; ", "missing: %u %s", expected - (have ? have : 1),
			  row_size[t].name);
	r->missing_rows += expected - have;
}

static uint64_t extent(const struct lh_ledger_view *r, uint64_t size)
{
	uint64_t total = r->head.total;

	return total && total < size ? total : size;
}

/*
 * Reads into zeros, and leaves them alone where the file has a hole: what a sparse file takes on
 * the disk, and not what it pretends to have, is what it takes in our memory.
 */
static size_t read_rows(const struct lh_byte_source *b, uint64_t offset, unsigned char *out,
			size_t n)
{
	off_t from = (off_t)(b->start + offset), end = from + (off_t)n, at = from, hole;

	if (b->fd < 0 || n < HOLES_FROM || lseek(b->fd, from, SEEK_HOLE) < 0)
		return lh_read_get(b, offset, out, n);
	while (at < end && (at = lseek(b->fd, at, SEEK_DATA)) >= 0 && at < end) {
		hole = lseek(b->fd, at, SEEK_HOLE);
		size_t some = (size_t)((hole < 0 || hole > end ? end : hole) - at);
		if (lh_read_get(b, offset + (uint64_t)(at - from), out + (at - from), some) < some)
			return (size_t)(at - from); /* the file became shorter */
		at += (off_t)some;
	}
	return n;
}

static void copy_table(struct lh_ledger_view *r, const struct lh_byte_source *b, uint64_t offset,
		       enum lh_table_name t)
{
	struct lh_table_view *rows = &r->rows[t];
	uint64_t slot = offset + offsetof(struct lh_ledger, table) + sizeof(struct lh_table) * t;
	uint32_t limit, expected;
	unsigned char *copy;

	/* The table of a live ledger may have grown since the head was read. */
	lh_read_get(b, slot, &r->head.table[t], sizeof(struct lh_table));
	limit = rows_within(r, t, extent(r, b->size - offset));
	expected = limited(r, t, claimed(r, t));
	rows->row = row_size[t].row;
	rows->used = expected < limit ? expected : limit;
	copy = rows->used ? calloc(rows->used, rows->row) : NULL;
	if (rows->used && !copy) {
		add_error(r, "; ", "%s: not enough memory for %u rows", row_size[t].name,
			  rows->used);
		rows->used = 0;
	}
	if (copy)
		rows->used = (uint32_t)(read_rows(b, offset + r->head.table[t].offset, copy,
						  (size_t)rows->used * rows->row) /
					rows->row);
	rows->limit = rows->used;
	rows->at = copy;
	count_missing_rows(r, t, expected, rows->used);
}

bool lh_read_copy(struct lh_ledger_view *r, const struct lh_byte_source *b, uint64_t offset)
{
	return lh_read_copy_some(r, b, offset, UINT32_MAX);
}

bool lh_read_copy_some(struct lh_ledger_view *r, const struct lh_byte_source *b, uint64_t offset,
		       uint32_t tables)
{
	memset(r, 0, sizeof(*r));
	r->copied = true;
	if (!head_is_valid(r, lh_read_get(b, offset, &r->head, sizeof(r->head))))
		return false;
	for (size_t i = 0; i < LH_TABLES - 1; i++)
		if (tables >> lh_read_order[i] & 1)
			copy_table(r, b, offset, lh_read_order[i]);
	return true;
}

void lh_read_drop(struct lh_ledger_view *r)
{
	for (int t = 0; r->copied && t < LH_TABLES; t++)
		free((void *)r->rows[t].at);
	memset(r->rows, 0, sizeof(r->rows));
}

bool lh_read_view(struct lh_ledger_view *r, const void *base, size_t size)
{
	size_t have = size < sizeof(r->head) ? size : sizeof(r->head);

	memset(r, 0, sizeof(*r));
	if ((uintptr_t)base % 8) {
		add_error(r, "; ", "ledger at %p: not a multiple of 8", base);
		return false;
	}
	memcpy(&r->head, base, have);
	if (!head_is_valid(r, have))
		return false;
	r->live = base;
	for (enum lh_table_name t = 1; t < LH_TABLES; t++) {
		uint32_t limit = rows_within(r, t, extent(r, size)),
			 expected = limited(r, t, claimed(r, t));

		limit = limit < row_size[t].rows_max ? limit : row_size[t].rows_max;
		r->rows[t].row = row_size[t].row;
		r->rows[t].limit = limit;
		r->rows[t].used = expected < limit ? expected : limit;
		r->rows[t].at =
			limit ? (const unsigned char *)base + r->head.table[t].offset : NULL;
		count_missing_rows(r, t, expected, r->rows[t].used);
	}
	return true;
}

void lh_read_refresh(struct lh_ledger_view *r)
{
	struct lh_ledger_view fresh = {.head = {.version = 0}};

	if (!r->live)
		return;
	memcpy(&fresh.head, r->live, sizeof(fresh.head));
	if (!head_is_valid(&fresh, sizeof(fresh.head)))
		return; /* the memory was reused for something else; the old head stays */
	/* Table offsets and sizes were checked once; later changes of them are ignored. */
	for (enum lh_table_name t = 1; t < LH_TABLES; t++) {
		fresh.head.table[t].offset = r->head.table[t].offset;
		fresh.head.table[t].row = r->head.table[t].row;
		fresh.head.table[t].rows = r->head.table[t].rows;
		if (fresh.head.table[t].used > row_size[t].rows_max)
			add_refused(&fresh.head.table[t],
				    fresh.head.table[t].used - row_size[t].rows_max);
	}
	r->head = fresh.head;
}

uint32_t lh_read_used(const struct lh_ledger_view *r, enum lh_table_name t)
{
	uint32_t used = r->rows[t].used;

	if (r->live)
		used = __atomic_load_n(&r->live->table[t].used, __ATOMIC_ACQUIRE);
	return used < r->rows[t].limit ? used : r->rows[t].limit;
}

static const unsigned char *find(const struct lh_ledger_view *r, enum lh_table_name t, uint32_t i)
{
	const struct lh_overlay *s = r->overlay;

	if (i && i < lh_read_used(r, t))
		return r->rows[t].at + (size_t)i * row_size[t].row;
	if (!s || i < s->table[t].base ||
	    i - s->table[t].base >= __atomic_load_n(&s->table[t].used, __ATOMIC_ACQUIRE))
		return NULL;
	return s->table[t].at + (size_t)(i - s->table[t].base) * row_size[t].row;
}

static bool row(const struct lh_ledger_view *r, enum lh_table_name t, uint32_t i, void *out)
{
	const unsigned char *at = find(r, t, i);

	if (at)
		memcpy(out, at, row_size[t].row);
	return at != NULL;
}

bool lh_read_live_thread(const struct lh_ledger_view *r, uint32_t i, struct lh_live_thread *out)
{
	if (!row(r, LH_T_LIVE_THREAD, i, out))
		return false;
	out->held_n = lh_read_held_count(r, out);
	return true;
}

uint32_t lh_read_held_count(const struct lh_ledger_view *r, const struct lh_live_thread *live)
{
	uint32_t n = __atomic_load_n(&live->held_n, __ATOMIC_ACQUIRE),
		 rows = __atomic_load_n(&live->held_rows, __ATOMIC_ACQUIRE),
		 first = __atomic_load_n(&live->held_row, __ATOMIC_RELAXED);

	if (n <= LH_HELD_INLINE)
		return n;
	uint32_t used = lh_read_used(r, LH_T_HELD),
		 exist = first && first < used ? used - first : 0;
	rows = rows < exist ? rows : exist;
	return n - LH_HELD_INLINE < rows ? n : LH_HELD_INLINE + rows;
}

bool lh_read_held(const struct lh_ledger_view *r, const struct lh_live_thread *live, uint32_t k,
		  struct lh_held *out)
{
	if (k >= live->held_n)
		return false;
	if (k >= LH_HELD_INLINE)
		return row(r, LH_T_HELD, live->held_row + (k - LH_HELD_INLINE), out);
	*out = live->held[k];
	return true;
}

bool lh_read_hold(const struct lh_ledger_view *r, const struct lh_live_thread *live,
		  lh_lock_id lock, struct lh_held *out)
{
	for (uint32_t k = live->held_n; k-- > 0;)
		if (lh_read_held(r, live, k, out) && out->lock == lock)
			return true;
	return false;
}

bool lh_read_thread(const struct lh_ledger_view *r, lh_thread_id i, struct lh_thread *out)
{
	if (!row(r, LH_T_THREAD, i, out))
		return false;
	out->name[sizeof(out->name) - 1] = 0;
	return true;
}

bool lh_read_lock_row(const struct lh_ledger_view *r, uint32_t i, struct lh_lock *out)
{
	return row(r, LH_T_LOCK, i, out);
}

void lh_read_lock_stats(const struct lh_ledger_view *r, const struct lh_lock *l,
			struct lh_lock_stats *out)
{
	if (row(r, LH_T_LOCK_STATS, l->stats, out)) {
		out->name[sizeof(out->name) - 1] = 0;
		return;
	}
	memset(out, 0, sizeof(*out));
	if (!lh_lock_has_held_ns(l))
		return;
	out->hold_ns = out->hold_max_ns = l->held_ns;
	out->hold_samples = l->held_ns != 0;
}

bool lh_read_lock(const struct lh_ledger_view *r, lh_lock_id id, struct lh_lock *out)
{
	return lh_read_lock_row(r, LH_LOCK_ROW(id), out) &&
	       LH_LOCK_GEN(LH_LOCK_ID(0, out->gen)) == LH_LOCK_GEN(id);
}

bool lh_read_chain_of_row(const struct lh_ledger_view *r, lh_chain_id id, struct lh_chain *out)
{
	struct lh_lock l;

	if (!lh_read_chain_row(r, id, out))
		return false;
	if (lh_read_lock_row(r, LH_LOCK_ROW(out->lock), &l))
		out->lock = LH_LOCK_ID(LH_LOCK_ROW(out->lock), l.gen);
	return true;
}

bool lh_read_stack(const struct lh_ledger_view *r, lh_stack_id i, struct lh_stack *out)
{
	if (!row(r, LH_T_STACK, i, out))
		return false;
	if (out->n > LH_FRAMES_MAX)
		out->n = LH_FRAMES_MAX;
	return true;
}

bool lh_read_module(const struct lh_ledger_view *r, uint32_t i, struct lh_module *out)
{
	if (!row(r, LH_T_MODULE, i, out))
		return false;
	out->path[sizeof(out->path) - 1] = 0;
	if (out->build_id_n > sizeof(out->build_id))
		out->build_id_n = 0;
	return true;
}

bool lh_read_chain_row(const struct lh_ledger_view *r, lh_chain_id i, struct lh_chain *out)
{
	return row(r, LH_T_CHAIN, i, out);
}

bool lh_read_visit(const struct lh_ledger_view *r, uint32_t i, struct lh_chain_visit *out)
{
	return row(r, LH_T_VISIT, i, out);
}

bool lh_read_hb_edge(const struct lh_ledger_view *r, uint32_t i, struct lh_hb_edge *out)
{
	return row(r, LH_T_HB_EDGE, i, out);
}

bool lh_read_finding(const struct lh_ledger_view *r, uint32_t i, struct lh_finding *out)
{
	return row(r, LH_T_FINDING, i, out);
}

bool lh_read_step(const struct lh_ledger_view *r, uint32_t i, struct lh_step *out)
{
	return row(r, LH_T_STEP, i, out);
}

bool lh_read_note(const struct lh_ledger_view *r, lh_note_id i, struct lh_note *out)
{
	if (!row(r, LH_T_NOTE, i, out))
		return false;
	out->text[sizeof(out->text) - 1] = 0;
	return true;
}

bool lh_read_wait_pair(const struct lh_ledger_view *r, uint32_t i, struct lh_wait_pair *out)
{
	return row(r, LH_T_WAIT_PAIR, i, out);
}

bool lh_read_span(const struct lh_ledger_view *r, uint32_t i, struct lh_span *out)
{
	return row(r, LH_T_SPAN, i, out);
}

bool lh_read_steered(const struct lh_ledger_view *r, uint32_t i, struct lh_steered *out)
{
	bool good = row(r, LH_T_STEERED, i, out) && out->parts <= LH_PLAN_PARTS &&
		    out->result <= LH_STEER_ORDERED && out->before < LH_PLAN_PARTS &&
		    out->after < LH_PLAN_PARTS;

	for (uint32_t p = 0; good && p < out->parts; p++)
		good = out->part[p].stop < LH_PLAN_STOPS;
	return good;
}

bool lh_read_lock_location(const struct lh_ledger_view *r, uint32_t at, const struct lh_lock *l,
			   struct lh_lock_location *out)
{
	struct lh_lock_stats stats;

	lh_read_lock_stats(r, l, &stats);
	return row(r, LH_T_LOCK_LOCATION, stats.location, out) && out->ino &&
	       out->lock == LH_LOCK_ID(LH_LOCK_ROW(at), l->gen);
}

bool lh_read_busy_wait(const struct lh_ledger_view *r, uint32_t i, struct lh_busy_wait *out)
{
	return row(r, LH_T_BUSY_WAIT, i, out);
}

bool lh_read_contention(const struct lh_ledger_view *r, const struct lh_lock *l, lh_lock_id id,
			struct lh_contention *out)
{
	struct lh_lock_stats stats;

	lh_read_lock_stats(r, l, &stats);
	return stats.contention && row(r, LH_T_CONTENTION, stats.contention, out) &&
	       LH_LOCK_ROW(out->lock) == LH_LOCK_ROW(id); /* maybe of a later generation */
}

uint32_t lh_read_frames(const struct lh_ledger_view *r, lh_stack_id id,
			uint64_t frame[LH_FRAMES_MAX])
{
	struct lh_stack s;
	uint32_t n = 0;

	if (!lh_read_stack(r, id, &s))
		return 0;
	while (n < s.n && s.frame <= UINT32_MAX - n && row(r, LH_T_FRAME, s.frame + n, &frame[n]))
		n++;
	return n;
}

uint32_t lh_read_chain_path(const struct lh_ledger_view *r, lh_chain_id id, lh_chain_id *chain,
			    uint32_t max)
{
	struct lh_chain row;
	uint32_t n = 0;

	for (; id; id = row.parent) {
		if (n == max || !lh_read_chain_row(r, id, &row))
			return 0;
		chain[n++] = id;
	}
	for (uint32_t i = 0; i < n / 2; i++) {
		lh_chain_id first = chain[i];

		chain[i] = chain[n - 1 - i];
		chain[n - 1 - i] = first;
	}
	return n;
}

/* Does the row have the address? Reads only its range, because there may be thousands of rows. */
static bool module_has(const struct lh_ledger_view *r, uint32_t i, uint64_t address)
{
	const unsigned char *at = find(r, LH_T_MODULE, i);
	uint64_t range[2];

	if (!at)
		return false;
	memcpy(range, at + offsetof(struct lh_module, start), sizeof(range));
	return address >= range[0] && address < range[1];
}

uint32_t lh_read_module_at(const struct lh_ledger_view *r, uint64_t address, struct lh_module *out)
{
	uint32_t n = lh_read_used(r, LH_T_MODULE), best = 0;
	struct lh_module m;

	for (uint32_t i = 1; i < n; i++) {
		if (!module_has(r, i, address) || !lh_read_module(r, i, &m))
			continue;
		if (best && m.gone && !out->gone)
			continue;
		best = i;
		*out = m;
	}
	return best;
}

void lh_read_title(const struct lh_ledger_view *r, char *out, size_t size)
{
	const char *name = lh_path_base(r->head.exe);

	snprintf(out, size, "ledger of %d (%s)", r->head.pid, name[0] ? name : "?");
}
