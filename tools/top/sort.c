/* sort.c — sorts the rows of the table, and parses sort keys. */
#include "tools/top/top.h"

#include <stdlib.h>
#include <string.h>

struct order {
	enum lh_top_key key;
	bool totals, reverse;
};

static uint64_t weight(const struct lh_top_row *r, enum lh_top_key key, bool totals)
{
	const struct lh_top_sum *s = totals ? &r->all : &r->last;

	switch (key) {
	case LH_TOP_HOLD:
		return s->hold_ns;
	case LH_TOP_CONTENDED:
		return s->contended;
	case LH_TOP_TAKEN:
		return s->taken;
	case LH_TOP_QUEUE:
		return r->queue;
	default:
		return s->wait_ns;
	}
}

/*
 * Equal rows are sorted by the other period (all or last), then by lock id, so that rows keep their
 * place.
 */
static int compare(const void *x, const void *y, void *with)
{
	const struct lh_top_row *a = x, *b = y;
	const struct order *o = with;
	uint64_t p = weight(a, o->key, o->totals), q = weight(b, o->key, o->totals);

	if (p == q) {
		p = weight(a, o->key, !o->totals);
		q = weight(b, o->key, !o->totals);
	}
	if (p != q)
		return (p > q ? -1 : 1) * (o->reverse ? -1 : 1);
	return a->lock < b->lock ? -1 : a->lock > b->lock;
}

void lh_top_sort(struct lh_top *t, enum lh_top_key key, bool totals, bool reverse)
{
	struct order o = {key, totals, reverse};
	lh_lock_id longest = t->longest ? t->longest->lock : 0;

	if (t->rows > 1)
		qsort_r(t->row, t->rows, sizeof(*t->row), compare, &o);
	for (uint32_t i = 0; i < t->rows; i++)
		if (longest && t->row[i].lock == longest)
			t->longest = &t->row[i];
}

static const struct {
	const char *name, *letter;
	enum lh_top_key key;
} keys[] = {
	{"wait", "w", LH_TOP_WAIT},           {"hold", "h", LH_TOP_HOLD},
	{"contended", "c", LH_TOP_CONTENDED}, {"taken", "a", LH_TOP_TAKEN},
	{"queue", "l", LH_TOP_QUEUE},
};

const char *lh_top_key_name(enum lh_top_key key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].key == key)
			return keys[i].name;
	return "";
}

bool lh_top_find_key(const char *name, enum lh_top_key *key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(keys[i].name, name) || !strcmp(keys[i].letter, name)) {
			*key = keys[i].key;
			return true;
		}
	return false;
}
