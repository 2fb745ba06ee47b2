/* names.c — names the locks, owners and sites of the table. */
#include "tools/symbols/source_lines.h"
#include "tools/top/top.h"
#include "tools/util/path.h"

/* As lh_report_thread_text, but in the sample's arena. */
static const char *owner(struct lh_top *t, const struct lh_report_thread *x)
{
	if (!x)
		return "a thread";
	if (!x->unnamed)
		return lh_arena_printf(t->arena, "T%u '%s'", x->id, x->name);
	return lh_arena_printf(t->arena, x->main ? "T%u 'main'" : "T%u", x->id);
}

static const char *at(struct lh_top *t, const struct lh_report_frame *f)
{
	if (f && f->file && f->line)
		return lh_arena_printf(t->arena, "%s:%u", lh_path_last_parts(f->file), f->line);
	if (!f || !f->module)
		return NULL;
	return lh_arena_printf(t->arena, "%s+%#llx", lh_path_base(f->module),
			       (unsigned long long)f->offset);
}

static void name_row(struct lh_top *t, struct lh_top_row *r, struct lh_report *report,
		     const struct lh_report_process *p)
{
	const struct lh_report_lock *lock = lh_report_get_lock(report, p, r->lock);

	r->name = lock ? lock->name : "an unknown lock";
	if (!r->holder)
		return;
	r->owner = owner(t, lh_report_get_thread(report, p, r->holder));
	if (LH_SITE_STACK(r->site))
		r->frame = lh_report_place(lh_report_get_stack(report, p, LH_SITE_STACK(r->site)));
	r->at = at(t, r->frame);
}

void lh_top_name(struct lh_top *t, struct lh_report *report, const struct lh_ledger_view *ledger,
		 uint32_t n)
{
	const struct lh_report_process *p = lh_report_get_process(report, ledger);

	for (uint32_t i = 0; i < t->rows; i++)
		if (i < n || &t->row[i] == t->longest)
			name_row(t, &t->row[i], report, p);
}
