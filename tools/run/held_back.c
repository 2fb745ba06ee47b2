/* held_back.c — the list of warnings that are not printed yet, oldest first. */
#include "tools/run/held_back.h"

#include "tools/util/list.h"
#include "tools/util/time.h"
#include "tools/watch/watch.h"

#include <stdlib.h>
#include <string.h>

bool lh_held_back_add(struct lh_held_back *b, struct lh_run_process *process, uint32_t row,
		      uint64_t now)
{
	struct lh_finding f;

	if (!lh_read_finding(&process->ledger, row, &f) ||
	    (f.rule != LH_RULE_LONG_HOLD && f.rule != LH_RULE_BLOCKING_CALL) ||
	    !lh_list_grow(&b->list, &b->capacity, b->n + 1, sizeof(*b->list)))
		return false;
	b->list[b->n].process = process;
	b->list[b->n].row = row;
	b->list[b->n++].since = now;
	return true;
}

static uint32_t take(struct lh_held_back *b, uint32_t i)
{
	uint32_t row = b->list[i].row;

	memmove(&b->list[i], &b->list[i + 1], (--b->n - i) * sizeof(*b->list));
	return row;
}

bool lh_held_back_take(struct lh_held_back *b, const struct lh_run_process *process, uint32_t row)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->list[i].process == process && b->list[i].row == row)
			return take(b, i);
	return false;
}

/* One of a deadlock waits for the end of the process. */
uint32_t lh_held_back_next(struct lh_held_back *b, struct lh_run_process **process, uint64_t now)
{
	for (uint32_t i = 0; i < b->n; i++) {
		*process = b->list[i].process;
		if (lh_time_between(now, b->list[i].since) >= LH_HELD_BACK_NS &&
		    !lh_watch_is_of_deadlock((*process)->watched, b->list[i].row))
			return take(b, i);
	}
	return 0;
}

uint32_t lh_held_back_drop_withdrawn(struct lh_held_back *b, const struct lh_run_process *process)
{
	struct lh_finding f;
	uint32_t n = 0;

	for (uint32_t i = b->n; i-- > 0;)
		if (b->list[i].process == process &&
		    lh_read_finding(&process->ledger, b->list[i].row, &f) && f.rule == LH_NO_RULE) {
			take(b, i);
			n++;
		}
	return n;
}

uint32_t lh_held_back_next_of(struct lh_held_back *b, const struct lh_run_process *process)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->list[i].process == process)
			return take(b, i);
	return 0;
}

void lh_held_back_free(struct lh_held_back *b)
{
	free(b->list);
	*b = (struct lh_held_back){0};
}
