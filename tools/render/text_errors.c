/*
 * text_errors.c — the errors of a run once more, each in one line, before the line with the counts:
 * what the end of a CI log shows.
 */
#include "tools/render/text_lines.h"
#include "tools/render/text_paint.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

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

/* The message; in the short form as much as the line has room for. */
static const char *message(struct lh_view *v, const struct lh_report_finding *f, size_t others)
{
	uint32_t width = v->style->width ? v->style->width : LH_TEXT_WIDTH;
	uint32_t room = others + 1 < width ? width - (uint32_t)others : 1;
	const char *text = v->style->brief ? lh_text_fitting_message(v, f, room)
					   : lh_view_clean(v, f->message);

	return text ? text : lh_shorten_end(v->arena, f->title, room);
}

static void show(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *at = f->frame ? lh_text_position(v, f->frame)
				  : lh_view_clean(v, f->process->comm),
		   *severity = lh_name_severity(f->severity), *rule = lh_name_rule(f->rule);
	size_t others = lh_text_width(at) + strlen(severity) + strlen(rule) +
			strlen(f->fingerprint) + strlen(": :  [] ");

	lh_text_say(v, LH_BOLD, "%s: ", at);
	lh_text_say(v, lh_text_severity_paint(f->severity), "%s: ", severity);
	lh_text_say(v, LH_PLAIN, "%s [%s] %s\n", message(v, f, others), rule, f->fingerprint);
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
