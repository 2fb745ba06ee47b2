/* progress.c — the line that shows which finding is tried, and where its threads are. */
#include "tools/confirm/progress.h"

#include "tools/confirm/plan.h"
#include "tools/util/arena.h"
#include "tools/util/progress.h"

/* "T2 before 'journal'": where the thread of a part waits. */
static const char *part_text(struct lh_arena *arena, const struct lh_attempt_progress *p,
			     const struct lh_steered *row, uint32_t part)
{
	const struct lh_steered_part *s = &row->part[part];
	const struct lh_report_step *a = lh_plan_step(p->finding, part, s->stop);

	return a && a->lock ? lh_arena_printf(arena, "T%u before %s", s->thread,
					      lh_report_lock_text(p->report, a->lock))
			    : lh_arena_printf(arena, "T%u at stop %u", s->thread, s->stop + 1u);
}

/* The threads that wait, of the process in which most do. */
static const char *waiting(struct lh_arena *arena, const struct lh_attempt_progress *p,
			   const struct lh_monitor *m)
{
	const char *best = "";
	uint32_t most = 0;

	for (uint32_t i = 0; i < m->run.alive; i++) {
		const char *text = "";
		struct lh_steered row;
		uint32_t n = 0;
		if (!lh_read_steered(&m->run.alive_process[i]->ledger, 1, &row))
			continue;
		for (uint32_t k = 0; k < row.parts; k++)
			if (row.part[k].state == LH_STEER_PAUSED)
				text = lh_arena_printf(arena, "%s%s%s", text, n++ ? ", " : "",
						       part_text(arena, p, &row, k));
		if (n > most)
			best = text;
		most = n > most ? n : most;
	}
	return best;
}

void lh_attempt_progress_update(void *progress, struct lh_monitor *m)
{
	struct lh_attempt_progress *p = progress;

	if (!lh_progress_is_due())
		return;
	struct lh_arena *arena = lh_arena_new();
	const char *at = waiting(arena, p, m);

	lh_progress_show(lh_arena_printf(arena, "finding %u of %u (%s), attempt %u of %u%s%s",
					 p->number, p->of, p->finding->fingerprint, p->attempt,
					 p->attempts, *at ? ": " : "", at));
	lh_arena_free(arena);
}
