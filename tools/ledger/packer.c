/* packer.c — writes a ledger and its overlay as one packed ledger, the saved format. */
#include "tools/ledger/reader.h"
#include "libcheck/base/hash.h"
#include "tools/util/output_file.h"

#include <string.h>

/* Most ledgers are small: one write() takes all of one. */
struct sink {
	int fd; /* HASH_ONLY: the bytes go nowhere */
	uint64_t hash;
	size_t n;
	_Alignas(8) unsigned char bytes[32768];
};

enum { HASH_ONLY = -2 };

static int flush(struct sink *s)
{
	size_t n = s->n;

	s->n = 0;
	if (s->fd != HASH_ONLY)
		return lh_write_all(s->fd, s->bytes, n);
	for (size_t i = 0; i < n; i += 8) {
		uint64_t word;

		memcpy(&word, s->bytes + i, 8);
		s->hash = lh_hash_mix(s->hash, word);
	}
	return 0;
}

static int put(struct sink *s, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;
	int rc = 0;

	for (size_t some; n && !rc; at += some, n -= some) {
		some = sizeof(s->bytes) - s->n;
		some = n < some ? n : some;
		memcpy(s->bytes + s->n, at, some);
		s->n += some;
		if (s->n == sizeof(s->bytes))
			rc = flush(s);
	}
	return rc;
}

static uint64_t padded(uint64_t n)
{
	return (n + 7) & ~7ull;
}

/*
 * The order of tables in a packed ledger. The most important tables come first: if the file is cut
 * short, the findings are still there, with their locks and stacks.
 */
static const enum lh_table_name file_order[] = {
	LH_T_FINDING,   LH_T_STEP,        LH_T_NOTE,       LH_T_LOCK,    LH_T_THREAD,
	LH_T_STACK,     LH_T_FRAME,       LH_T_MODULE,     LH_T_CHAIN,   LH_T_VISIT,
	LH_T_HB_EDGE,   LH_T_LIVE_THREAD, LH_T_WAIT_PAIR,  LH_T_SPAN,    LH_T_LOCK_LOCATION,
	LH_T_BUSY_WAIT, LH_T_CONTENTION,  LH_T_LOCK_STATS, LH_T_STEERED, LH_T_HELD,
};

#define TABLES_PACKED (sizeof(file_order) / sizeof(file_order[0]))

/* Rows of the ledger (`own`) and of the overlay (`added`), counted once, because both may grow. */
struct packing {
	const struct lh_ledger_view *ledger;
	uint32_t own[LH_TABLES], added[LH_TABLES];
};

static void set_table_offsets(struct lh_ledger *h, const struct packing *p)
{
	uint64_t at = padded(sizeof(*h));

	for (size_t i = 0; i < TABLES_PACKED; i++) {
		enum lh_table_name t = file_order[i];
		struct lh_table *table = &h->table[t];

		table->row = p->ledger->rows[t].row;
		table->used = p->own[t] + p->added[t];
		table->rows = table->ready = table->used;
		table->offset = table->used ? at : 0;
		at += padded((uint64_t)table->used * table->row);
	}
	h->header = sizeof(*h);
	h->total = at;
	h->flags |= LH_LEDGER_PACKED;
}

/* In the order in which tables are copied, so that a row that another row names is saved too. */
static void count_rows(struct packing *p)
{
	const struct lh_overlay *overlay = p->ledger->overlay;

	for (size_t i = 0; i < LH_TABLES - 1; i++) {
		enum lh_table_name t = lh_read_order[i];

		p->own[t] = lh_read_used(p->ledger, t);
		p->added[t] =
			overlay ? __atomic_load_n(&overlay->table[t].used, __ATOMIC_ACQUIRE) : 0;
		if (overlay && p->own[t] > overlay->table[t].base)
			p->added[t] = 0; /* the ledger has grown into these numbers */
		if (p->added[t] && !p->own[t])
			p->own[t] = 1; /* row 0, which every table has */
	}
}

static int pad(struct sink *s, uint64_t n)
{
	static const char zeros[8];

	return put(s, zeros, padded(n) - n);
}

/* A row's number in the file, where the overlay's rows follow the ledger's own. */
static uint32_t moved(const struct packing *p, enum lh_table_name t, uint32_t number)
{
	uint32_t base = p->ledger->overlay->table[t].base;

	return number < base ? number : number - base + p->own[t];
}

static lh_site moved_site(const struct packing *p, lh_site site)
{
	return LH_SITE_MOVED(site, moved(p, LH_T_STACK, LH_SITE_STACK(site)));
}

static lh_lock_id moved_lock(const struct packing *p, lh_lock_id id)
{
	return LH_LOCK_ID(moved(p, LH_T_LOCK, LH_LOCK_ROW(id)), LH_LOCK_GEN(id));
}

union any {
	struct lh_finding finding;
	struct lh_step step;
	struct lh_stack stack;
	uint64_t frame;
	struct lh_note note;
	struct lh_wait_pair pair;
	struct lh_span span;
	struct lh_busy_wait busy_wait;
	struct lh_module module;
	struct lh_thread thread;
	struct lh_lock lock;
	struct lh_lock_location location;
	struct lh_lock_stats lock_stats;
};

static void move(const struct packing *p, enum lh_table_name t, union any *a)
{
	if (t == LH_T_FINDING) {
		a->finding.step = moved(p, LH_T_STEP, a->finding.step);
		a->finding.thread = moved(p, LH_T_THREAD, a->finding.thread);
	} else if (t == LH_T_STEP) {
		a->step.site = moved_site(p, a->step.site);
		a->step.thread = moved(p, LH_T_THREAD, a->step.thread);
		a->step.lock = moved_lock(p, a->step.lock);
		a->step.note = moved(p, LH_T_NOTE, a->step.note);
	} else if (t == LH_T_STACK) {
		a->stack.frame = moved(p, LH_T_FRAME, a->stack.frame);
	} else if (t == LH_T_LOCK) {
		a->lock.init_stack = moved(p, LH_T_STACK, a->lock.init_stack);
		a->lock.first_stack = moved(p, LH_T_STACK, a->lock.first_stack);
		a->lock.stats = moved(p, LH_T_LOCK_STATS, a->lock.stats);
	} else if (t == LH_T_FRAME) {
		a->frame = LH_FRAME(moved(p, LH_T_MODULE, LH_FRAME_MODULE(a->frame)),
				    LH_FRAME_PC(a->frame));
	}
}

static int put_added(struct sink *s, const struct packing *p, enum lh_table_name t)
{
	unsigned char some[16384];
	uint32_t row = p->ledger->rows[t].row, n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < p->added[t] && !rc; i++) {
		union any a = {.frame = 0};

		memcpy(&a, p->ledger->overlay->table[t].at + (size_t)i * row, row);
		move(p, t, &a);
		memcpy(some + n, &a, row);
		n += row;
		if (n > sizeof(some) - sizeof(a) || i + 1 == p->added[t]) {
			rc = put(s, some, n);
			n = 0;
		}
	}
	return rc;
}

/* Row 0 means none, so its bytes mean nothing. To read it from a table that the process has not
 * touched would allocate a page of the run file, for each table of each short process. */
static int put_row_0(struct sink *s, uint32_t row)
{
	static const char zeros[256];
	int rc = 0;

	for (uint32_t n; row && !rc; row -= n) {
		n = row < sizeof(zeros) ? row : sizeof(zeros);
		rc = put(s, zeros, n);
	}
	return rc;
}

static int put_table(struct sink *s, const struct packing *p, enum lh_table_name t)
{
	uint32_t row = p->ledger->rows[t].row;
	int rc = 0;

	if (p->own[t])
		rc = put_row_0(s, row);
	if (!rc && p->own[t] > 1 && p->ledger->rows[t].at)
		rc = put(s, p->ledger->rows[t].at + row, (uint64_t)(p->own[t] - 1) * row);
	if (!rc)
		rc = put_added(s, p, t);
	return rc ? rc : pad(s, (uint64_t)(p->own[t] + p->added[t]) * row);
}

static int pack(const struct lh_ledger_view *r, struct sink *s)
{
	struct packing p = {.ledger = r};
	struct lh_ledger h = r->head;
	int rc;

	s->n = 0;
	count_rows(&p);
	set_table_offsets(&h, &p);
	rc = put(s, &h, sizeof(h));
	if (!rc)
		rc = pad(s, sizeof(h));
	for (size_t i = 0; !rc && i < TABLES_PACKED; i++)
		rc = put_table(s, &p, file_order[i]);
	return rc ? rc : flush(s);
}

int lh_read_pack(const struct lh_ledger_view *r, int fd)
{
	struct sink s;

	s.fd = fd;
	return pack(r, &s);
}

uint64_t lh_read_hash(const struct lh_ledger_view *r)
{
	struct sink s;

	s.fd = HASH_ONLY;
	s.hash = 0;
	pack(r, &s);
	return s.hash;
}
