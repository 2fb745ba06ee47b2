/* text_rows.c — makes the blocks and rows of the short form of a finding. */
#include "tools/render/text_rows.h"
#include "tools/render/text_paint.h"
#include "tools/symbols/source_lines.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

enum { PATH_LEAST = 12, FUNCTION_MAX = 40, NAME_LEAST = 8 };

/* ---- names ---- */

static const char *replace(struct lh_arena *p, const char *text, const char *name,
			   const char *shorter)
{
	const char *at = strstr(text, name), *before = "";

	for (; at; at = strstr(text, name)) {
		before = lh_arena_printf(p, "%s%.*s%s", before, (int)(at - text), text, shorter);
		text = at + strlen(name);
	}
	return lh_arena_printf(p, "%s%s", before, text);
}

const char *lh_text_short_names(struct lh_view *v, const struct lh_report_finding *f,
				const char *text, uint32_t columns)
{
	for (uint32_t i = 0; i < f->locks; i++) {
		const char *name = lh_view_clean(v, f->lock[i]->name), *shorter;

		/* what "critical(first)" has in brackets is no parameter */
		shorter = (f->lock[i]->row.kind == LH_OMP_CRITICAL ? lh_shorten : lh_shorten_name)(
			v->arena, name, columns);

		if (shorter != name)
			text = replace(v->arena, text, name, shorter);
	}
	return text;
}

/* ---- call paths ---- */

static void add_function(struct lh_view *v, struct lh_text_row *row,
			 const struct lh_report_frame *f)
{
	const char *name = lh_view_clean(v, f->function);

	if (!f->function)
		name = row->functions ? lh_text_in_module(v, f) : NULL;
	else if (!f->script)
		name = lh_shorten_function(v->arena, name, FUNCTION_MAX);
	if (row->functions && name && row->function[row->functions - 1] &&
	    strcmp(name, row->function[row->functions - 1]) == 0) {
		row->times[row->functions - 1]++;
		return;
	}
	LH_PUSH(v->arena, row->function, row->functions, name);
	row->times = lh_arena_grow(v->arena, row->times, row->functions - 1, sizeof(*row->times));
	row->times[row->functions - 1] = 1;
}

/* "f", and "f ×3" for a function that calls itself. */
static const char *function_text(struct lh_view *v, const struct lh_text_row *row, uint32_t i)
{
	return row->times[i] == 1
		       ? row->function[i]
		       : lh_arena_printf(v->arena, "%s ×%u", row->function[i], row->times[i]);
}

/* From the place on: the frames inside of it are headers and wrappers of locks. */
static void add_call_path(struct lh_view *v, struct lh_text_row *row,
			  const struct lh_report_step *a)
{
	const struct lh_report_stack *t = a->stack;
	/* to a lock of a library its functions lead */
	bool library = a->frame->system && a->frame->module && a->thread &&
		       strcmp(a->frame->module, a->thread->process->exe) != 0;
	uint32_t first = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (&t->frame[i] == a->frame)
			first = i;
	for (uint32_t i = first; i < t->n; i++)
		if (i == first || (!t->frame[i].ours && (!t->frame[i].system || library)))
			add_function(v, row, &t->frame[i]);
	row->cut = t->cut;
}

/* The inner functions, and what follows. A first one without a name is left out: its place says it.
 */
static const char *joined(struct lh_view *v, const struct lh_text_row *row, uint32_t inner,
			  const char *end)
{
	const char *text = "";

	for (uint32_t i = 0; i < inner; i++)
		if (row->function[i])
			text = lh_arena_printf(v->arena, "%s%s%s", text, i ? " < " : "",
					       function_text(v, row, i));
	text = lh_arena_printf(v->arena, "%s%s", text, end);
	return text + (text[0] == ' ');
}

const char *lh_text_call_path(struct lh_view *v, const struct lh_text_row *row, uint32_t columns)
{
	const char *end = row->cut ? " < …" : "", *text = joined(v, row, row->functions, end);
	uint32_t n = row->functions;

	if (lh_text_width(text) <= columns)
		return text;
	if (n > 2 && !row->cut)
		end = lh_arena_printf(v->arena, " < … < %s", function_text(v, row, n - 1));
	for (uint32_t inner = n - 1; n > 2 && inner > 1; inner--) {
		text = joined(v, row, inner - !row->cut, end);
		if (lh_text_width(text) <= columns)
			return text;
	}
	text = joined(v, row, 1, n > 1 || row->cut ? " < …" : "");
	if (lh_text_width(text) <= columns)
		return text;
	return n && row->function[0] && columns >= PATH_LEAST
		       ? lh_shorten_function(v->arena, row->function[0], columns)
		       : "";
}

/* ---- rows ---- */

static const char *place(struct lh_text_rows *t, const struct lh_report_frame *f)
{
	const char *at = lh_text_where(t->view, f);

	if (!f)
		return "";
	return at ? lh_shorten_path(t->view->arena, at, t->place_max)
		  : lh_shorten(t->view->arena, lh_text_in_module(t->view, f), t->place_max);
}

static const char *source_line(struct lh_view *v, const struct lh_report_frame *f)
{
	struct lh_source_lines s;
	const char *line;

	if (!v->style->source || !f || !f->file || !f->line ||
	    !lh_source_read(v->arena, f->file, f->line, f->column, &s))
		return "";
	line = s.line[f->line - s.first];
	return lh_view_clean(v, line + strspn(line, " \t"));
}

static struct lh_text_row row_of(struct lh_text_rows *t, const struct lh_report_step *a)
{
	struct lh_view *v = t->view;
	struct lh_text_row row = {.place = "", .source = ""};
	const char *step = lh_view_clean(v, lh_report_step_brief(v->report, t->f, a));
	uint32_t name = a->lock ? lh_text_width(lh_view_clean(v, a->lock->name)) : 0,
		 others = lh_text_width(step) - name;

	row.step = lh_text_short_names(v, t->f, step,
				       t->step_max > others + NAME_LEAST ? t->step_max - others
									 : NAME_LEAST);
	/* The end lock of a thread is held from create to exit: no call acquired it. */
	if (a->lock && a->lock->row.kind == LH_THREAD_END && a->action == LH_HOLDS)
		return row;
	/* One call passes a mutex and waits: its place is in the row above. */
	if (a > t->f->step && a->stack == a[-1].stack && a[-1].action == LH_RELEASES)
		return row;
	row.place = place(t, a->frame);
	row.source = source_line(v, a->frame);
	if (a->frame)
		add_call_path(v, &row, a);
	return row;
}

static bool same_place(const struct lh_text_row *a, const struct lh_text_row *b)
{
	if (strcmp(a->place, b->place) != 0 || a->functions != b->functions)
		return false;
	for (uint32_t i = 0; i < a->functions; i++)
		if (a->times[i] != b->times[i] || strcmp(a->function[i] ? a->function[i] : "",
							 b->function[i] ? b->function[i] : "") != 0)
			return false;
	return true;
}

/*
 * A holder that does the same each time it is looked at has one row: "after 104 ms to 400 ms:
 * pause". False: the row is another one.
 */
static bool extend(struct lh_view *v, struct lh_text_row *last, const struct lh_text_row *row)
{
	static const char after[] = "after ";
	const size_t n = strlen(after);
	const char *old = strstr(last->step, ": "), *new = strstr(row->step, ": ");
	size_t first = strcspn(last->step + n, " :"); /* the first time with its unit */

	if (strncmp(last->step, after, n) != 0 || strncmp(row->step, after, n) != 0 || !old ||
	    !new || strcspn(old, "(") != strcspn(new, "(") ||
	    strncmp(old, new, strcspn(old, "(")) != 0 || !same_place(last, row))
		return false;
	first += 1 + strcspn(last->step + n + first + 1, " :");
	last->step = lh_arena_printf(v->arena, "after %.*s to %s", (int)first, last->step + n,
				     row->step + n);
	return true;
}

static bool is_main(const struct lh_report_part *part, const struct lh_report_step *a)
{
	return (part->holds && a == part->holds) || (part->does && a == part->does);
}

/*
 * The steps that made the finding, and of the others as many as there is room for. `more`: further
 * steps of a thread that has a block already.
 */
static void add_rows(struct lh_text_rows *t, struct lh_text_block *b,
		     const struct lh_report_part *part, bool more)
{
	uint32_t mains = (uint32_t)(!!part->holds + !!part->does),
		 others = part->n > t->rows_max + 1 ? t->rows_max - mains : part->n;

	if (more)
		others = b->rows < t->rows_max ? t->rows_max - b->rows : 0;
	for (uint32_t i = part->first; i < part->first + part->n; i++) {
		const struct lh_report_step *a = &t->f->step[i];
		struct lh_text_row row = row_of(t, a);

		if (b->rows && extend(t->view, &b->row[b->rows - 1], &row))
			continue;
		if (!others && (more || !is_main(part, a))) {
			b->left_out++;
			continue;
		}
		others -= others && (more || !is_main(part, a));
		LH_PUSH(t->view->arena, b->row, b->rows, row);
	}
}

/* ---- blocks ---- */

static const char *created_at(struct lh_text_rows *t, const struct lh_report_thread *thread)
{
	const struct lh_report_frame *f = thread->main ? NULL : lh_report_place(thread->created);

	if (f && !f->system)
		return lh_arena_printf(t->view->arena, ", created at %s", place(t, f));
	return "";
}

static const char *details(struct lh_text_rows *t, const struct lh_report_part *part)
{
	const struct lh_report_thread *thread = part->thread;
	struct lh_arena *p = t->view->arena;
	const char *text = "";

	if (!thread)
		return "";
	/* not again if the thread is named by its pid */
	if (thread->tid > 0 && !thread->foreign_tid)
		text = lh_arena_printf(p, " (%d)", thread->tid);
	if (thread->process != t->f->process && !thread->foreign_tid)
		text = lh_arena_printf(
			p, "%s in %s", text,
			lh_view_clean(t->view,
				      lh_report_process_text(t->view->report, thread->process)));
	return lh_arena_printf(p, "%s%s%s", text,
			       part->queued_writer ? " must wait as a queued writer" : "",
			       created_at(t, thread));
}

static bool same_rows(const struct lh_text_block *a, const struct lh_text_block *b)
{
	if (!a->rows || a->rows != b->rows || a->left_out != b->left_out)
		return false;
	for (uint32_t i = 0; i < a->rows; i++)
		if (strcmp(a->row[i].step, b->row[i].step) != 0 ||
		    !same_place(&a->row[i], &b->row[i]))
			return false;
	return true;
}

/* "T2, T3 and 4 more threads": the threads that share a block. */
static const char *names(struct lh_arena *p, const struct lh_text_block *b)
{
	uint32_t named = b->threads > LH_TEXT_NAMES ? LH_TEXT_NAMES - 1 : b->threads;
	const char *text = b->name[0];

	for (uint32_t i = 1; i < named; i++)
		text = lh_arena_printf(p, "%s%s%s", text, i + 1 == b->threads ? " and " : ", ",
				       b->name[i]);
	return b->threads > named
		       ? lh_arena_printf(p, "%s and %u more threads", text, b->threads - named)
		       : text;
}

static void share(struct lh_text_rows *t, struct lh_text_block *b, const char *name)
{
	if (b->threads < LH_TEXT_NAMES)
		b->name[b->threads] = name;
	b->threads++;
	b->who = names(t->view->arena, b);
	b->details = "";
	b->thread = NULL;
}

static void add_block(struct lh_text_rows *t, const struct lh_report_part *part, bool in_cycle)
{
	struct lh_view *v = t->view;
	struct lh_text_block b = {
		.thread = part->thread,
		.who = lh_view_clean(v, lh_report_thread_text(v->report, part->thread)),
		.details = details(t, part),
		.threads = 1,
	};

	/* a thread that is in a cycle twice is there at two times */
	for (uint32_t i = 0; i < t->blocks && part->thread && !in_cycle; i++)
		if (t->block[i].thread == part->thread) {
			add_rows(t, &t->block[i], part, true);
			return;
		}
	b.name[0] = b.who;
	add_rows(t, &b, part, false);
	for (uint32_t i = 0; i < t->blocks; i++)
		if (same_rows(&t->block[i], &b)) {
			share(t, &t->block[i], b.who);
			return;
		}
	LH_PUSH(v->arena, t->block, t->blocks, b);
}

void lh_text_rows_make(struct lh_text_rows *t)
{
	const struct lh_report_finding *f = t->f;
	const struct lh_report_step *by = lh_report_ended_by(f);

	for (uint32_t i = 0; i < f->parts; i++)
		add_block(t, &f->part[i], i < f->cycle_parts);
	if (by) { /* who ended a deadlock that did not last */
		struct lh_report_part part = {
			.thread = by->thread, .first = (uint32_t)(by - f->step), .n = 1};

		add_block(t, &part, false);
	}
}
