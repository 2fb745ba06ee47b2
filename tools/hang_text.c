/*
 * Part of the room `hang`: the report for people. Findings look as in any other report;
 * here is what is to be said beside them: since when, who else waits, and for whom.
 */
#include "hang.h"
#include "escape.h"
#include "source.h"

#include <string.h>

enum { NAMES_SHOWN = 8 };

struct page {
	const struct lh_hang *hang;
	struct lh_model *model;
	const struct lh_process *process;
	struct lh_text_style style;
	struct lh_pool *pool;
	FILE *out;
};

static const char *clean(const struct page *g, const char *text)
{
	return lh_escape(g->pool, LH_ESCAPE_TEXT, text ? text : "");
}

static const char *who(const struct page *g, uint32_t i)
{
	const struct lh_hang_thread *t = &g->hang->thread[i];
	const char *name = lh_model_who(g->model, lh_model_person(g->model, g->process, t->id));

	return lh_pool_print(g->pool, "%s (%d)", clean(g, name), t->tid);
}

static const char *what(const struct page *g, lh_lock_id lock)
{
	const struct lh_thing *t = lh_model_thing(g->model, g->process, lock);

	return clean(g, lh_model_what(g->model, t));
}

static const char *many(const struct page *g, uint32_t n, const char *one, const char *more)
{
	return lh_pool_print(g->pool, "%u %s", n, n == 1 ? one : more);
}

/* ---- stacks ---- */

static const char *place_of(const struct page *g, const struct lh_frame *f)
{
	const char *base;

	if (f->file && f->line)
		return lh_pool_print(g->pool, "%s:%u", clean(g, lh_source_short(f->file)), f->line);
	base = f->module ? strrchr(f->module, '/') : NULL;
	return lh_pool_print(g->pool, "%s+%#llx", base ? clean(g, base + 1) : "?",
			     (unsigned long long)f->offset);
}

static void show_stack(const struct page *g, lh_stack_id stack)
{
	const struct lh_trace *t = lh_model_trace(g->model, g->process, stack);
	uint32_t shown = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->frame[i].ours)
			fprintf(g->out, "      #%-2u %s  %s\n", shown++,
				t->frame[i].function ? clean(g, t->frame[i].function) : "??",
				place_of(g, &t->frame[i]));
	if (t->cut)
		fputs("      ... there is more of this stack\n", g->out);
}

/* " at bank.c:7 in transfer", "" if it is not known */
static const char *at(const struct page *g, lh_stack_id stack)
{
	const struct lh_frame *f = lh_model_place(lh_model_trace(g->model, g->process, stack));

	if (!f)
		return "";
	return lh_pool_print(g->pool, ", at %s%s%s", place_of(g, f), f->function ? " in " : "",
			     f->function ? clean(g, f->function) : "");
}

/* ---- findings ---- */

static bool is_in(const struct lh_found *f, lh_thread_id id)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->id == id)
			return true;
	return false;
}

static bool is_told(const struct page *g, uint32_t i)
{
	for (uint32_t k = 0; k < g->model->findings; k++)
		if (is_in(g->model->finding[k], g->hang->thread[i].id))
			return true;
	return false;
}

static void show_times(const struct page *g, const struct lh_found *f)
{
	const struct lh_hang *h = g->hang;

	for (uint32_t i = 0; i < h->threads; i++) {
		if (!is_in(f, h->thread[i].id))
			continue;
		for (uint32_t k = 0; k < h->holds; k++)
			if (h->hold[k].thread == i && h->hold[k].ns)
				fprintf(g->out, "  %s has held %s for %s\n", who(g, i),
					what(g, h->hold[k].lock),
					lh_model_time(g->model, h->hold[k].ns));
		if (h->thread[i].waiting && h->thread[i].ns)
			fprintf(g->out, "  %s has waited for %s\n", who(g, i),
				lh_model_time(g->model, h->thread[i].ns));
	}
	for (uint32_t i = 0; i < f->locks; i++)
		if (!f->lock[i]->named && f->lock[i]->row.shown)
			fprintf(g->out, "  %s lies at %#llx\n",
				clean(g, lh_model_what(g->model, f->lock[i])),
				(unsigned long long)f->lock[i]->row.shown);
	fputc('\n', g->out);
}

/* ---- who else waits ---- */

static bool same_group(const struct lh_hang_thread *a, const struct lh_hang_thread *b)
{
	return a->lock == b->lock && a->wait.kind == b->wait.kind &&
	       a->wait.timed == b->wait.timed && a->elsewhere == b->elsewhere &&
	       a->wait.mode == b->wait.mode;
}

/* "T5 'x' (12), T6 'y' (13) and 9 more" */
static const char *members(const struct page *g, const uint32_t *list, uint32_t n)
{
	const char *text = "";

	for (uint32_t i = 0; i < n && i < NAMES_SHOWN; i++)
		text = lh_pool_print(g->pool, "%s%s%s", text, i ? ", " : "", who(g, list[i]));
	if (n > NAMES_SHOWN)
		text = lh_pool_print(g->pool, "%s and %u more", text, n - NAMES_SHOWN);
	return text;
}

static const char *holders(const struct page *g, const struct lh_hang_thread *t)
{
	if (t->elsewhere)
		return lh_pool_print(g->pool, ", which thread %d of another process holds",
				     t->elsewhere);
	if (t->ons == 1 && g->hang->thread[t->on[0]].ended)
		return ", whose owner is no thread of this process any more";
	if (t->ons)
		return lh_pool_print(g->pool, ", which %s %s", members(g, t->on, t->ons),
				     t->ons == 1 ? "holds" : "hold");
	if (t->wait.readers)
		return lh_pool_print(g->pool, ", which %s",
				     many(g, t->wait.readers, "reader holds (who is not known)",
					  "readers hold (who is not known)"));
	return "";
}

/* What they wait for, in words that follow "waits" or "wait". */
static const char *goal(const struct page *g, const struct lh_hang_thread *t, bool stuck)
{
	switch (t->wait.kind) {
	case LH_LIFE:
		return t->lock ? lh_pool_print(g->pool, "for %s", what(g, t->lock))
			       : "for the end of a thread";
	case LH_COND:
		return lh_pool_print(g->pool, "on %s%s", what(g, t->lock),
				     stuck ? ": no thread is left that can signal this condition"
					   : "");
	case LH_SEM:
		return lh_pool_print(g->pool, "for %s%s%s", what(g, t->lock), holders(g, t),
				     stuck && !t->ons ? ": no thread is left that can post it"
						      : "");
	case LH_BARRIER:
		return lh_pool_print(g->pool, "at %s%s%s", what(g, t->lock),
				     t->wait.missing
					     ? lh_pool_print(g->pool, " until %u more have come",
							     t->wait.missing)
					     : "",
				     stuck ? ": no thread is left that can come" : "");
	case LH_NOTHING:
		return "on a futex of their own";
	default:
		return lh_pool_print(g->pool, "for %s%s", what(g, t->lock), holders(g, t));
	}
}

static void show_group(const struct page *g, const uint32_t *list, uint32_t n)
{
	const struct lh_hang_thread *t = &g->hang->thread[list[0]];
	bool stuck = g->hang->node[list[0]].stuck;

	fprintf(g->out, "  %s %s %s%s%s\n",
		n == 1 ? who(g, list[0]) : many(g, n, "thread", "threads"),
		n == 1 ? "waits" : "wait", goal(g, t, stuck),
		t->wait.timed ? ", for a limited time" : "", n == 1 ? at(g, t->stack) : "");
	if (n > 1)
		fprintf(g->out, "    %s%s\n", members(g, list, n), at(g, t->stack));
}

/* Only those that say something: a lock, or for good; idle threads wait for work. */
static bool is_shown(const struct page *g, uint32_t i)
{
	const struct lh_hang_thread *t = &g->hang->thread[i];

	if (!t->waiting || !t->still || is_told(g, i))
		return false;
	return g->hang->node[i].stuck || t->ons || t->elsewhere || t->wait.readers ||
	       g->model->findings;
}

static void show_waiters(const struct page *g)
{
	const struct lh_hang *h = g->hang;
	bool *done = lh_pool_get(g->pool, h->threads + 1);
	uint32_t *list = lh_pool_get(g->pool, (h->threads + 1) * sizeof(*list)), n;
	bool first = true;

	for (uint32_t i = 0; i < h->threads; i++) {
		if (done[i] || !is_shown(g, i))
			continue;
		n = 0;
		for (uint32_t k = i; k < h->threads; k++)
			if (!done[k] && is_shown(g, k) &&
			    same_group(&h->thread[i], &h->thread[k])) {
				done[k] = true;
				list[n++] = k;
			}
		if (first && g->model->findings)
			fputs("  Besides these:\n", g->out);
		first = false;
		show_group(g, list, n);
	}
	if (!first && g->model->findings)
		fputc('\n', g->out);
}

static bool is_lock(const struct page *g, lh_lock_id id)
{
	const struct lh_thing *t = lh_model_thing(g->model, g->process, id);

	return t && t->row.kind != LH_LIFE;
}

/* "'a' for 3.2 s, 'b'"; NULL: nothing that somebody waits for, as far as is known */
static const char *held_by(const struct page *g, uint32_t thread)
{
	const char *text = NULL;

	for (uint32_t i = 0; i < g->hang->holds; i++) {
		const struct lh_hang_hold *hold = &g->hang->hold[i];

		if (hold->thread != thread || !is_lock(g, hold->lock))
			continue;
		text = lh_pool_print(g->pool, "%s%s%s%s%s", text ? text : "", text ? ", " : "",
				     what(g, hold->lock), hold->ns ? " for " : "",
				     hold->ns ? lh_model_time(g->model, hold->ns) : "");
	}
	return text;
}

static const char *doing(const struct lh_hang_thread *t)
{
	return t->doing ? t->doing : "is in a system call";
}

/* Those who can go on and keep others waiting: what do they do? */
static void show_holders(const struct page *g)
{
	for (uint32_t i = 0; i < g->hang->threads; i++) {
		const struct lh_hang_thread *t = &g->hang->thread[i];
		const char *held = t->waiting || t->ended ? NULL : held_by(g, i);

		if (!held)
			continue;
		fprintf(g->out, "  %s holds %s and %s%s\n", who(g, i), held, doing(t),
			at(g, t->stack));
		show_stack(g, t->stack);
	}
}

static void show_all(const struct page *g)
{
	for (uint32_t i = 0; i < g->hang->threads; i++) {
		const struct lh_hang_thread *t = &g->hang->thread[i];
		const char *held = held_by(g, i);

		if (t->ended)
			continue;
		fprintf(g->out, "  %s %s%s%s%s\n", who(g, i), t->waiting ? "waits " : "",
			t->waiting ? goal(g, t, g->hang->node[i].stuck) : doing(t),
			held ? "; holds " : "", held ? held : "");
		show_stack(g, t->stack);
	}
}

/* ---- the last line ---- */

static void show_count(const struct page *g)
{
	const struct lh_hang *h = g->hang;
	uint32_t stuck = 0, waiting = 0, locks = 0, threads = 0;

	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_hang_thread *t = &h->thread[i];

		threads += !t->ended;
		stuck += t->waiting && h->node[i].stuck;
		waiting += t->waiting && t->still;
		locks += t->waiting && t->still &&
			 (t->wait.kind == LH_MUTEX || t->wait.kind == LH_RWLOCK);
	}
	fprintf(g->out, "lockhound: %s%d (%s): ", h->peek->core ? "core of " : "", h->peek->pid,
		clean(g, h->peek->comm));
	if (g->model->findings)
		fprintf(g->out, "%s; of %s %u wait%s for ever\n",
			many(g, g->model->findings, "deadlock", "deadlocks"),
			many(g, threads, "thread", "threads"), stuck, stuck == 1 ? "s" : "");
	else
		fprintf(g->out, "no deadlock; %s, %u of them waiting, %u for a lock\n",
			many(g, threads, "thread", "threads"), waiting, locks);
}

void lh_hang_text(const struct lh_hang *h, struct lh_model *m, const struct lh_record *book,
		  const struct lh_text_style *style, FILE *out)
{
	struct page g = {.hang = h,
			 .model = m,
			 .process = lh_model_process(m, book),
			 .style = *style,
			 .pool = lh_pool_new(),
			 .out = out};

	for (uint32_t i = 0; i < m->findings; i++) {
		lh_text_finding(m, m->finding[i], *style, out);
		show_times(&g, m->finding[i]);
	}
	if (style->filtered) {
		show_all(&g);
	} else {
		show_waiters(&g);
		show_holders(&g);
	}
	for (uint32_t i = 0; i < m->notes; i++)
		fprintf(out, "lockhound: note: %s\n", clean(&g, m->note[i]));
	show_count(&g);
	lh_pool_free(g.pool);
}
