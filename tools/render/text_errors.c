/*
 * text_errors.c — the errors of a run once more, each in one line, before the line with the counts:
 * what the end of a CI log shows.
 */
#include "tools/render/text_paint.h"

/* The findings that fail the check; at least the errors. */
static bool is_listed(const struct lh_view *v, const struct lh_report_finding *f)
{
	return f->status == LH_NEW &&
	       f->severity >= (v->style->least < LH_ERROR ? v->style->least : LH_ERROR);
}

static uint32_t count_new(const struct lh_view *v, enum lh_severity severity)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->report->findings; i++)
		n += v->report->finding[i]->status == LH_NEW &&
		     v->report->finding[i]->severity == severity;
	return n;
}

static void show(struct lh_view *v, const struct lh_report_finding *f)
{
	lh_text_say(v, LH_BOLD, "%s: ",
		    f->frame ? lh_text_position(v, f->frame) : lh_view_clean(v, f->process->comm));
	lh_text_say(v, lh_text_severity_paint(f->severity), "%s: ", lh_name_severity(f->severity));
	lh_text_say(v, LH_PLAIN, "%s [%s] %s\n", lh_view_clean(v, f->message),
		    lh_name_rule(f->rule), f->fingerprint);
}

void lh_text_list_errors(struct lh_view *v)
{
	uint32_t listed = 0, warnings = count_new(v, LH_WARNING);

	for (uint32_t i = 0; i < v->report->findings; i++)
		listed += is_listed(v, v->report->finding[i]);
	if (!listed)
		return;
	lh_text_say(v, LH_BOLD, "lockhound: %s, %s\n",
		    lh_view_count(v, count_new(v, LH_ERROR), "new error", "new errors"),
		    lh_view_count(v, warnings, "new warning", "new warnings"));
	for (uint32_t i = 0; i < v->report->findings; i++)
		if (is_listed(v, v->report->finding[i]))
			show(v, v->report->finding[i]);
}
