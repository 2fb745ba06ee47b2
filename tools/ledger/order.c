/* order.c — compares ledgers by their keys, and by their bytes. */
#include "tools/ledger/order.h"

#include <string.h>

struct lh_ledger_key lh_ledger_key(const struct lh_ledger_view *r)
{
	const struct lh_ledger *h = &r->head;

	return (struct lh_ledger_key){.start_wall_ns = h->start_wall_ns,
				      .slot = h->slot,
				      .pid = h->pid,
				      .hash = lh_read_hash(r)};
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int lh_ledger_key_compare(const struct lh_ledger_key *a, const struct lh_ledger_key *b)
{
	int order = compare(a->start_wall_ns, b->start_wall_ns);

	order = order ? order : compare(a->slot, b->slot);
	order = order ? order : compare((uint32_t)a->pid, (uint32_t)b->pid);
	return order ? order : compare(a->hash, b->hash);
}

/* Where the tables lie and how much room they have is no content. */
static struct lh_ledger content(const struct lh_ledger *head)
{
	struct lh_ledger h = *head;

	for (int t = 0; t < LH_TABLES; t++)
		h.table[t] = (struct lh_table){.refused = h.table[t].refused};
	h.total = 0;
	h.flags |= LH_LEDGER_PACKED;
	return h;
}

bool lh_ledger_same(const struct lh_ledger_view *a, const struct lh_ledger_view *b)
{
	const struct lh_ledger x = content(&a->head), y = content(&b->head);
	bool same = memcmp(&x, &y, sizeof(x)) == 0;

	for (enum lh_table_name t = 1; same && t < LH_TABLES; t++) {
		uint32_t n = lh_read_used(a, t), row = a->rows[t].row;

		same = n == lh_read_used(b, t) &&
		       (n < 2 || memcmp(a->rows[t].at + row, b->rows[t].at + row,
					(size_t)(n - 1) * row) == 0);
	}
	return same;
}
