/* schedule.c — chooses the next attempt: the finding in whose turn it is, its cycle, and how it is
 * steered. */
#include "tools/confirm/schedule.h"

/* An order in time alone shows something only if it is the same after short and long pauses. */
enum { SAME_EVERY = 4 };
enum { BRIEF_MS = 5, SHORT_MS = 100, USUAL_MS = 250, LONG_MS = 600 };

#define NOBODY                                                                                     \
	{                                                                                          \
		0, 0, 0                                                                            \
	} /* starts late */

/* The settings of attempt k of a cycle; from the seventh on with delays, too. */
static const struct lh_steer_settings rotation[] = {
	{LH_STEER_EVERY_STOP, USUAL_MS, 0, NOBODY}, {LH_STEER_EVERY_STOP, SHORT_MS, 0, NOBODY},
	{LH_STEER_EVERY_STOP, LONG_MS, 0, NOBODY},  {LH_STEER_OUTER, USUAL_MS, 0, NOBODY},
	{LH_STEER_INNER, USUAL_MS, 0, NOBODY},      {LH_STEER_LAST, USUAL_MS, 0, NOBODY},
};
enum { ROTATION = sizeof(rotation) / sizeof(*rotation) };

/* Do all attempts show an order, and some only in time? */
static bool is_only_seen(const struct lh_predicted_cycle *c)
{
	bool seen = false;

	for (uint32_t i = 0; i < c->attempts; i++) {
		if (c->attempt[i].some_locks)
			continue;
		if (c->attempt[i].row.result == LH_STEER_UNKNOWN)
			return false;
		seen |= c->attempt[i].row.result == LH_STEER_SEEN;
	}
	return seen;
}

/* Is one of its locks one of several, as on the heap? Threads that run the same code with others of
 * them are no partners; but which number a lock has may vary from run to run. */
static bool has_rows(const struct lh_predicted_cycle *c)
{
	for (uint32_t i = 0; i < c->plan.parts; i++)
		for (uint32_t k = 0; k < c->plan.part[i].stops; k++)
			if (c->plan.part[i].stop[k].row)
				return true;
	return false;
}

/* A place that is not reached is perhaps not reached for our pauses. */
struct lh_steer_settings lh_schedule_settings(const struct lh_prediction *p,
					      const struct lh_predicted_cycle *c)
{
	struct lh_steer_settings how = rotation[c->firsts % ROTATION];
	bool odd = c->firsts % 2;

	if (p->hits)
		return p->hit;
	if (c->late.thread)
		return (struct lh_steer_settings){c->outcome.lates % 2 ? LH_STEER_EVERY_STOP
								       : LH_STEER_LAST,
						  USUAL_MS, 0, c->late};
	if (c->firsts % SAME_EVERY == 0 && has_rows(c))
		return (struct lh_steer_settings){LH_STEER_SAME_LOCKS, USUAL_MS, 0, NOBODY};
	if (c->outcome.verdict == LH_VERDICT_NOT_REACHED && c->firsts > 1)
		return (struct lh_steer_settings){LH_STEER_EVERY_STOP, odd ? SHORT_MS : BRIEF_MS, 0,
						  NOBODY};
	if (is_only_seen(c)) /* early pauses would use up the time of a long one */
		return odd ? (struct lh_steer_settings){LH_STEER_LAST, LONG_MS, 0, NOBODY}
			   : (struct lh_steer_settings){LH_STEER_EVERY_STOP, SHORT_MS, 0, NOBODY};
	how.seed = c->firsts < ROTATION ? 0 : c->firsts + 1;
	return how;
}

struct lh_predicted_cycle *lh_schedule_cycle(struct lh_prediction *p)
{
	struct lh_predicted_cycle *best = NULL;

	for (uint32_t i = 0; i < p->cycles; i++) {
		struct lh_predicted_cycle *c = &p->cycle[i];
		if (p->hits ? c->hash == p->hit_hash
			    : !c->decided && (!best || c->firsts < best->firsts))
			best = c;
	}
	return best ? best : &p->cycle[0];
}

struct lh_prediction *lh_schedule_next(const struct lh_predictions *all, uint32_t *turn)
{
	for (int confirmed = 0; confirmed < 2; confirmed++)
		for (uint32_t i = 0; i < all->n; i++) {
			uint32_t at = (*turn + i) % all->n;
			struct lh_prediction *p = &all->list[at];
			if (p->decided || (p->hits > 0) != confirmed)
				continue;
			*turn = at + 1;
			return p;
		}
	return NULL;
}
