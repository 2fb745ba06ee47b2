/* gitlab.c — GitLab code quality: a flat list of the new findings, empty if there is none. */
#include "tools/render/view.h"

#include <jansson.h>

static const char *severity(const struct lh_report_finding *f)
{
	if (f->severity == LH_ERROR)
		return lh_report_happened(f) ? "blocker" : "critical";
	return f->severity == LH_WARNING ? "minor" : "info";
}

static json_t *entry(struct lh_view *v, const struct lh_report_finding *f)
{
	const struct lh_report_frame *at = f->frame;
	struct lh_report_frame object = {.line = 1};
	const char *path;

	/* GitLab requires a path: without a source line, that of the object file. */
	if (!at || !at->file || !at->line) {
		object.file = at && at->module ? at->module : f->process->exe;
		at = &object;
	}
	path = lh_view_path(v, at);
	return json_pack("{s:s, s:o, s:s, s:s, s:{s:s, s:{s:I}}}", "description",
			 lh_arena_printf(v->arena, "%s%s", lh_view_clean(v, f->message),
					 lh_view_more(v, f, "; ", "")),
			 "check_name", json_sprintf("lockhound/%s", lh_name_rule(f->rule)),
			 "fingerprint", f->fingerprint, "severity", severity(f), "location", "path",
			 path ? lh_view_clean(v, path) : "unknown", "lines", "begin",
			 (json_int_t)(at->line ? at->line : 1));
}

void lh_render_gitlab(struct lh_view *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->report->findings; i++)
		if (v->report->finding[i]->status == LH_NEW)
			json_array_append_new(list, entry(v, v->report->finding[i]));
	lh_view_dump(v, list, JSON_INDENT(2));
	fputc('\n', v->out);
}
