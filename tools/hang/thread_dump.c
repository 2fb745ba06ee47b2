#include "tools/hang/thread_dump.h"

#include "tools/hang/text.h"
#include "tools/report/report.h"

#include <string.h>

static void show(struct lh_hang *h, struct lh_symbols *symbols, FILE *out)
{
	struct lh_model *m = lh_model_new((struct lh_model_wants){.symbols = symbols});
	struct lh_record book;

	if (lh_read_record(&book, h->book.ledger, h->book.size)) {
		lh_read_refresh(&book);
		lh_hang_stand(h, m, &book, out);
	}
	lh_model_free(m);
	lh_read_drop(&book);
}

void lh_stood_ledger(const struct lh_record *r, struct lh_symbols *symbols, FILE *out)
{
	struct lh_hang h;
	struct lh_peek p;

	if (lh_hang_stood(&h, &p, r))
		show(&h, symbols, out);
	lh_hang_close(&h);
	lh_peek_close(&p);
}

void lh_stood_live(const struct lh_record *r, pid_t pid, struct lh_symbols *symbols, FILE *out)
{
	struct lh_hang h = {.pool = NULL};
	struct lh_peek p;
	bool good = lh_peek_open(&p, pid) && lh_hang_look(&h, &p, r, false);

	if (good)
		show(&h, symbols, out);
	if (h.pool)
		lh_hang_close(&h);
	lh_peek_close(&p);
	if (!good)
		lh_stood_ledger(r, symbols, out);
}

static bool ended_by_itself(const struct lh_record *r)
{
	return r->head.end == LH_END_EXIT || r->head.end == LH_END_EXEC ||
	       (r->head.end == LH_END_UNKNOWN && r->head.state == LH_ENDED);
}

bool lh_stood_worth(const struct lh_record *r)
{
	uint32_t n = lh_read_used(r, LH_T_SEAT);
	struct lh_seat s;

	for (uint32_t i = 1; i < n && !ended_by_itself(r); i++)
		if (lh_read_seat(r, i, &s) && s.state == LH_SEAT_LIVE && (s.wait_lock || s.held_n))
			return true;
	return false;
}
