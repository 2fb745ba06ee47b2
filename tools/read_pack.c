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

/* Tables lie in the packed ledger in the order of their names. */
static void lay_out(struct lh_ledger *h, const struct lh_record *r)
{
	uint64_t at = padded(sizeof(*h));

	for (enum lh_table_name t = 1; t < LH_TABLES; t++) {
		struct lh_table *table = &h->table[t];

		table->row = r->rows[t].row;
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

int lh_read_pack(const struct lh_record *r, int fd)
{
	static const char zeros[8];
	struct lh_ledger h = r->head;
	int rc;

	count_rows(&h, r);
	lay_out(&h, r);
	rc = put(fd, &h, sizeof(h));
	if (!rc)
		rc = put(fd, zeros, padded(sizeof(h)) - sizeof(h));
	for (enum lh_table_name t = 1; !rc && t < LH_TABLES; t++) {
		uint64_t n = (uint64_t)h.table[t].used * h.table[t].row;

		if (!n)
			continue;
		rc = put(fd, r->rows[t].at, n);
		if (!rc)
			rc = put(fd, zeros, padded(n) - n);
	}
	return rc;
}
