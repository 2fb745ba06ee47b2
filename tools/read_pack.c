#include "read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int put(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? errno : EIO;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static uint64_t padded(uint64_t n)
{
	return (n + 7) & ~7ull;
}

/*
 * The order of tables in a packed ledger. What a person needs most comes first: if
 * the file is cut short, the findings are still there, with their locks and stacks.
 */
static const enum lh_table_name file_order[] = {
	LH_T_FINDING, LH_T_STEP, LH_T_LOCK, LH_T_THREAD, LH_T_STACK, LH_T_FRAME,
	LH_T_MODULE,  LH_T_NODE, LH_T_SEEN, LH_T_EVENT,  LH_T_SEAT,
};

#define TABLES_PACKED (sizeof(file_order) / sizeof(file_order[0]))

static void lay_out(struct lh_ledger *h, const struct lh_record *r)
{
	uint64_t at = padded(sizeof(*h));

	for (size_t i = 0; i < TABLES_PACKED; i++) {
		struct lh_table *table = &h->table[file_order[i]];

		table->row = r->rows[file_order[i]].row;
		table->rows = table->ready = table->used;
		table->offset = table->used ? at : 0;
		at += padded((uint64_t)table->used * table->row);
	}
	h->header = sizeof(*h);
	h->total = at;
	h->flags |= LH_LEDGER_SAVED;
}

/* What a row names must be saved with it: so the naming tables are counted before the named. */
static void count_rows(struct lh_ledger *h, const struct lh_record *r)
{
	static const enum lh_table_name order[] = {
		LH_T_FINDING, LH_T_STEP,   LH_T_EVENT, LH_T_SEEN,  LH_T_NODE,  LH_T_SEAT,
		LH_T_LOCK,    LH_T_THREAD, LH_T_STACK, LH_T_FRAME, LH_T_MODULE};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		h->table[order[i]].used = lh_read_used(r, order[i]);
}

static int pad(int fd, uint64_t n)
{
	static const char zeros[8];

	return put(fd, zeros, padded(n) - n);
}

static int put_table(int fd, const unsigned char *rows, const struct lh_table *t)
{
	uint64_t n = (uint64_t)t->used * t->row;
	int rc = n ? put(fd, rows, n) : 0;

	return rc ? rc : pad(fd, n);
}

int lh_read_pack(const struct lh_record *r, int fd)
{
	struct lh_ledger h = r->head;
	int rc;

	count_rows(&h, r);
	lay_out(&h, r);
	rc = put(fd, &h, sizeof(h));
	if (!rc)
		rc = pad(fd, sizeof(h));
	for (size_t i = 0; !rc && i < TABLES_PACKED; i++)
		rc = put_table(fd, r->rows[file_order[i]].at, &h.table[file_order[i]]);
	return rc;
}
