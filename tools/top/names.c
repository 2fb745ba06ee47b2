/* Part of the room `top`: what locks, threads and places are called. See top.h. */
#include "tools/symbols/source_lines.h"
#include "tools/top/top.h"

#include <string.h>

/* What lh_model_who says, in memory that goes with the look. */
static const char *who(struct lh_top *t, const struct lh_person *x)
{
	if (!x)
		return "a thread";
	if (!x->unnamed)
		return lh_pool_print(t->pool, "T%u '%s'", x->id, x->name);
	return lh_pool_print(t->pool, x->main ? "T%u 'main'" : "T%u", x->id);
}

static const char *at(struct lh_top *t, const struct lh_frame *f)
{
	const char *slash;

	if (f && f->file && f->line)
		return lh_pool_print(t->pool, "%s:%u", lh_source_short(f->file), f->line);
	slash = f && f->module ? strrchr(f->module, '/') : NULL;
	if (!f || !f->module)
		return NULL;
	return lh_pool_print(t->pool, "%s+%#llx", slash ? slash + 1 : f->module,
			     (unsigned long long)f->offset);
}

static void name_row(struct lh_top *t, struct lh_top_row *r, struct lh_model *m,
		     const struct lh_process *p)
{
	const struct lh_thing *thing = lh_model_thing(m, p, r->lock);

	r->name = thing ? thing->name : "a lock that is gone";
	if (!r->holder)
		return;
	r->who = who(t, lh_model_person(m, p, r->holder));
	if (LH_PLACE_STACK(r->place))
		r->frame = lh_model_place(lh_model_trace(m, p, LH_PLACE_STACK(r->place)));
	r->at = at(t, r->frame);
}

void lh_top_name(struct lh_top *t, struct lh_model *m, const struct lh_record *record, uint32_t n)
{
	const struct lh_process *p = lh_model_process(m, record);

	for (uint32_t i = 0; i < t->rows; i++)
		if (i < n || &t->row[i] == t->longest)
			name_row(t, &t->row[i], m, p);
}
