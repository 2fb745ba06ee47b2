/*
 * text.c — writes the hang report as text. Findings have the form of every other report. With
 * findings or --all, every thread follows (print_graph.c); otherwise only blocked threads and lock
 * owners.
 */
#include "tools/hang/writer.h"

#include <string.h>

/* ---- findings ---- */

/* The addresses of the finding's locks that have no name, or one name. */
static void show_sites(const struct lh_hang_writer *g, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if ((!f->lock[i]->named || f->lock[i]->name != f->lock[i]->plain) &&
		    lh_lock_address(&f->lock[i]->row))
			fprintf(g->out, "  %s is at %s\n",
				lh_hang_clean(g, lh_report_lock_text(g->report, f->lock[i])),
				lh_hang_clean(g, lh_hang_address_text(
							 g->hang, g->arena,
							 lh_lock_address(&f->lock[i]->row))));
}

enum { LOST_LINES = 8 /* of waits whose end no other thread is known to bring */ };

/* ---- no finding: who waits for which lock, and who holds it ---- */

/* A thread that waits for a known owner, forever, or for a wake-up that may be lost. */
static bool is_shown(const struct lh_hang_writer *g, uint32_t i)
{
	const struct lh_hang_thread *t = &g->hang->thread[i];

	return t->waiting && t->unchanged &&
	       (g->hang->node[i].deadlocked || t->n_blockers || t->foreign_tid || t->wait.readers ||
		lh_hang_may_be_lost(g->hang, i));
}

/* Threads with the same wait share a line, also with one that another thread waits for. */
static uint32_t same_waits(const struct lh_hang_writer *g, uint32_t i, bool *done, uint32_t *list)
{
	const struct lh_hang *h = g->hang;
	uint32_t n = 0;

	for (uint32_t k = 0; k < h->threads; k++)
		if (!done[k] && h->thread[k].waiting && h->thread[k].unchanged &&
		    lh_hang_same_wait(&h->thread[i], &h->thread[k])) {
			done[k] = true;
			list[n++] = k;
		}
	return n;
}

static void show_waiters(const struct lh_hang_writer *g)
{
	const struct lh_hang *h = g->hang;
	bool *done = lh_arena_alloc(g->arena, h->threads + 1);
	uint32_t *list = lh_arena_alloc(g->arena, (h->threads + 1) * sizeof(*list)), n, lost = 0,
		 rest = 0;

	for (uint32_t i = 0; i < h->threads; i++) {
		if (done[i] || !is_shown(g, i))
			continue;
		lost += lh_hang_may_be_lost(h, i);
		n = same_waits(g, i, done, list);
		if (lost <= LOST_LINES)
			lh_hang_print_waiters(g, list, n, true);
		else
			rest += n;
	}
	if (rest)
		fprintf(g->out, "  %s more; --all shows all threads\n",
			lh_hang_plural(g, rest, "thread waits", "threads wait"));
}

/* "'a' for 3.2 s, 'b'"; NULL: the thread holds no known lock */
static const char *held_by(const struct lh_hang_writer *g, uint32_t thread)
{
	const char *text = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->hang->holds; i++) {
		const struct lh_hang_hold *hold = &g->hang->hold[i];

		if (hold->thread != thread || !lh_hang_is_lock(g, hold->lock) ||
		    n++ >= LH_HOLDS_SHOWN)
			continue;
		bool timed = hold->ns && !g->folded;
		text = lh_arena_printf(g->arena, "%s%s%s%s%s", text ? text : "", text ? ", " : "",
				       lh_hang_lock_text(g, hold->lock), timed ? " for " : "",
				       timed ? lh_report_time(g->report, hold->ns) : "");
	}
	if (n > LH_HOLDS_SHOWN)
		text = lh_arena_printf(
			g->arena, "%s, %s", text,
			lh_hang_plural(g, n - LH_HOLDS_SHOWN, "more lock", "more locks"));
	return text;
}

/* Threads that are not blocked and hold locks: what do they do? */
static void show_holders(const struct lh_hang_writer *g)
{
	for (uint32_t i = 0; i < g->hang->threads; i++) {
		const struct lh_hang_thread *t = &g->hang->thread[i];
		const char *held = t->waiting || t->ended ? NULL : held_by(g, i);

		if (!held)
			continue;
		fprintf(g->out, "  %s holds %s and %s%s\n", lh_hang_thread_text(g, i), held,
			lh_hang_activity_text(g, t), lh_hang_at(g, t->stack));
		lh_hang_stack(g, t->stack);
	}
}

/* ---- the last line ---- */

/* If no thread waits: what the main thread does. */
static const char *first_activity(const struct lh_hang_writer *g)
{
	const struct lh_hang *h = g->hang;

	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].tid == h->peek->pid && h->thread[i].doing)
			return lh_arena_printf(g->arena, "; %s %s", lh_hang_thread_text(g, i),
					       lh_hang_clean(g, h->thread[i].doing));
	return "";
}

/* "1 deadlock", "2 deadlocks" */
static const char *findings_text(const struct lh_hang_writer *g)
{
	uint32_t n = g->report->findings;

	if (n == 1 && g->report->finding[0]->rule == LH_RULE_LOST_SIGNAL)
		return "no wake-up can come";
	return lh_hang_plural(g, n, "deadlock", "deadlocks");
}

const char *lh_hang_result(const struct lh_hang_writer *g)
{
	const struct lh_hang *h = g->hang;
	uint32_t deadlocked = 0, waiting = 0, locks = 0, n = 0;
	const char *threads;

	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_hang_thread *t = &h->thread[i];

		if (t->foreign_process)
			continue;
		n += !t->ended;
		deadlocked += t->waiting && h->node[i].deadlocked;
		waiting += t->waiting && t->unchanged;
		locks += t->waiting && t->unchanged &&
			 (lh_kind_acts(t->wait.kind) == LH_MUTEX ||
			  lh_kind_acts(t->wait.kind) == LH_RWLOCK);
	}
	threads = lh_hang_plural(g, n, "thread", "threads");
	if (g->report->findings && g->report->finding[0]->likely)
		return lh_arena_printf(g->arena, "%s, none of them certain; %s, %u of them waiting",
				       lh_hang_plural(g, g->report->findings, "likely deadlock",
						      "likely deadlocks"),
				       threads, waiting);
	if (g->report->findings)
		return lh_arena_printf(g->arena, "%s; %u of %s wait%s forever", findings_text(g),
				       deadlocked, threads, deadlocked == 1 ? "s" : "");
	return lh_arena_printf(g->arena, "no deadlock; %s, %u of them waiting, %u for a lock%s",
			       threads, waiting, locks, waiting ? "" : first_activity(g));
}

void lh_thread_dump_print(const struct lh_hang *h, struct lh_report *report,
			  const struct lh_ledger_view *ledger, FILE *out)
{
	struct lh_hang_writer g = {.hang = h,
				   .report = report,
				   .process = lh_report_get_process(report, ledger),
				   .arena = lh_arena_new(),
				   .out = out};

	fprintf(out, "lockhound: %d (%s): owners and waiters of locks\n", h->peek->pid,
		lh_hang_clean(&g, h->peek->comm));
	lh_hang_print_graph(&g, true);
	lh_arena_free(g.arena);
}

void lh_hang_text(const struct lh_hang *h, struct lh_report *report,
		  const struct lh_ledger_view *ledger, const struct lh_render_text_style *style,
		  FILE *out)
{
	struct lh_hang_writer g = {.hang = h,
				   .report = report,
				   .process = lh_report_get_process(report, ledger),
				   .style = *style,
				   .arena = lh_arena_new(),
				   .out = out};

	for (uint32_t i = 0; i < report->findings; i++) {
		lh_render_text_finding(report, report->finding[i], *style, out);
		show_sites(&g, report->finding[i]);
	}
	if (report->findings || style->filtered) {
		fputs(report->findings ? "\n  All threads:\n" : "", out);
		lh_hang_print_graph(&g, style->filtered);
	} else {
		show_waiters(&g);
		show_holders(&g);
	}
	for (uint32_t i = 0; i < report->notes; i++)
		fprintf(out, "lockhound: note: %s\n", lh_hang_clean(&g, report->note[i]));
	fprintf(out, "lockhound: %s%d (%s): %s\n", h->peek->core ? "core of " : "", h->peek->pid,
		lh_hang_clean(&g, h->peek->comm), lh_hang_result(&g));
	lh_arena_free(g.arena);
}

void lh_hang_text_folded(const struct lh_hang *h, struct lh_report *report,
			 const struct lh_ledger_view *ledger, bool all, FILE *out)
{
	struct lh_hang_writer g = {.hang = h,
				   .report = report,
				   .process = lh_report_get_process(report, ledger),
				   .arena = lh_arena_new(),
				   .out = out,
				   .folded = true};
	long before = ftell(out);

	if (report->findings || all) {
		lh_hang_print_graph(&g, all);
	} else {
		show_waiters(&g);
		show_holders(&g);
		if (ftell(out) == before && *first_activity(&g))
			fprintf(out, "  %s\n", first_activity(&g) + strlen("; "));
	}
	lh_arena_free(g.arena);
}
