#include "waits.h"

#include <time.h>

#include "escape.h"
#include "model.h"

struct sight {
	const struct lh_record *record;
	struct lh_model *model; /* for the names of locks */
	struct lh_pool *pool;
	uint64_t now_ns; /* on the ledger's clock */
};

static uint64_t ledger_now(const struct lh_record *r)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	uint64_t now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	return now > r->head.start_ns ? now - r->head.start_ns : 0;
}

static const char *lock_name(const struct sight *s, lh_lock_id id)
{
	struct lh_lock row;
	for (uint32_t i = 0; i < s->model->locks; i++)
		if (s->model->lock[i]->lock == id)
			return lh_escape(s->pool, LH_ESCAPE_TEXT, s->model->lock[i]->name);
	if (!lh_read_lock(s->record, id, &row))
		return "a lock that is gone";
	return lh_pool_print(s->pool, "%s at %#llx", lh_word_kind(row.kind),
			     (unsigned long long)row.shown);
}

static const char *thread_name(const struct sight *s, lh_thread_id id)
{
	struct lh_thread t;
	if (!lh_read_thread(s->record, id, &t))
		return "a thread that is not known";
	if (!t.name[0])
		return lh_pool_print(s->pool, "T%u (%d)", id, t.tid);
	return lh_pool_print(s->pool, "T%u '%s' (%d)", id,
			     lh_escape(s->pool, LH_ESCAPE_TEXT, t.name), t.tid);
}

/* Who stands in the way: the owner of a lock, the thread that is to be joined. */
static const char *in_the_way(const struct sight *s, const struct lh_seat *waiter)
{
	struct lh_lock lock;
	struct lh_seat owner;
	if (waiter->wait_on == LH_WAIT_COND)
		return "until somebody signals it";
	if (waiter->wait_on == LH_WAIT_BARRIER)
		return "until enough threads have come";
	if (!lh_read_lock(s->record, waiter->wait_lock, &lock))
		return "";
	if (lock.owner && lh_read_seat(s->record, lock.owner, &owner))
		return lh_pool_print(s->pool, "which %s has", thread_name(s, owner.thread));
	if (lock.readers)
		return lh_pool_print(s->pool, "which %u readers have", lock.readers);
	return "";
}

static void print_held(const struct sight *s, const struct lh_seat *seat, FILE *out)
{
	uint32_t n = seat->held_n < LH_HELD_MAX ? seat->held_n : LH_HELD_MAX;
	const char *between = "; it holds ";
	for (uint32_t i = 0; i < n; i++) {
		if (!seat->held[i].lock || seat->held[i].flags & LH_HELD_WAITING)
			continue;
		fprintf(out, "%s%s", between, lock_name(s, seat->held[i].lock));
		between = ", ";
	}
}

static void print_seat(const struct sight *s, const struct lh_seat *seat, FILE *out)
{
	double ns = s->now_ns > seat->wait_since_ns ? (double)(s->now_ns - seat->wait_since_ns) : 0;
	fprintf(out, "  %s has waited %.3g s for ", thread_name(s, seat->thread), ns / 1e9);
	if (seat->wait_on == LH_WAIT_JOIN)
		fprintf(out, "the end of %s", thread_name(s, seat->wait_with));
	else
		fprintf(out, "%s %s", lock_name(s, seat->wait_lock), in_the_way(s, seat));
	print_held(s, seat, out);
	fputc('\n', out);
}

void lh_waits_print(const struct lh_record *r, struct lh_symbols *symbols, FILE *out)
{
	struct sight s = {.record = r, .pool = lh_pool_new(), .now_ns = ledger_now(r)};
	char title[300];
	bool first = true;
	struct lh_seat seat;
	s.model = lh_model_new((struct lh_model_wants){.symbols = symbols, .every_lock = true});
	lh_model_add(s.model, r);
	lh_model_finish(s.model);
	lh_read_title(r, title, sizeof(title));
	for (uint32_t i = 1; i < lh_read_used(r, LH_T_SEAT); i++) {
		if (!lh_read_seat(r, i, &seat) || seat.state != LH_SEAT_LIVE ||
		    (!seat.wait_lock && !seat.wait_on))
			continue;
		if (first)
			fprintf(out, "lockhound: %s: who waits\n",
				lh_escape(s.pool, LH_ESCAPE_TEXT, title));
		first = false;
		print_seat(&s, &seat, out);
	}
	lh_model_free(s.model);
	lh_pool_free(s.pool);
}
