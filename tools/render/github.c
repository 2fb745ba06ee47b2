/*
 * github.c — workflow commands of GitHub Actions: `::error file=...::message`, one line for each
 * new finding. A step of GitHub shows ten errors and ten warnings and silently drops the rest, so
 * the worst ten of each severity are written and the others counted.
 */
#include "tools/render/view.h"

#include <string.h>

enum { SHOWN_MAX = 10 };

static const char *const commands[] = {"notice", "warning", "error"};

/* A comma or a colon would end a property. */
static const char *escape(struct lh_view *v, const char *text, bool property)
{
	const char *clean = lh_view_clean(v, text);
	char *out = lh_arena_alloc(v->arena, 3 * strlen(clean) + 1), *at = out;

	for (; *clean; clean++)
		at += *clean == '%' || (property && strchr(":,", *clean))
			      ? sprintf(at, "%%%02X", (unsigned char)*clean)
			      : sprintf(at, "%c", *clean);
	return out;
}

static void show(struct lh_view *v, const struct lh_report_finding *f)
{
	const struct lh_report_frame *at = f->frame;
	const char *schedule = lh_report_schedule(v->report, f),
		   *path = at && at->line ? lh_view_path(v, at) : NULL;
	const char *const more[] = {lh_view_proof(v, f), lh_view_variants(v, f),
				    lh_view_places(v, f), f->known};

	fprintf(v->out, "::%s ", commands[f->severity]);
	if (path) {
		fprintf(v->out, "file=%s,line=%u,endLine=%u,", escape(v, path, true), at->line,
			at->line);
		if (at->column)
			fprintf(v->out, "col=%u,", at->column);
	}
	fprintf(v->out, "title=%s::%s", escape(v, f->title, true), escape(v, f->message, false));
	if (schedule)
		fprintf(v->out, "%%0A%s", escape(v, schedule, false));
	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_step *a =
			f->part[i].does ? f->part[i].does : f->part[i].holds;
		const char *where = a ? lh_view_at(v, a->frame) : NULL;

		if (where)
			fprintf(v->out, "%%0A%s %s at %s",
				escape(v, lh_report_thread_text(v->report, f->part[i].thread),
				       false),
				escape(v, lh_report_step_text(v->report, f, a, false), false),
				escape(v, where, false));
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (more[i])
			fprintf(v->out, "%%0A%s", escape(v, more[i], false));
	fprintf(v->out, "%%0A%s (id %s)\n", escape(v, f->help, false), f->fingerprint);
}

void lh_render_github(struct lh_view *v)
{
	uint32_t shown[LH_ERROR + 1] = {0}, left = 0;

	for (uint32_t i = 0; i < v->report->findings; i++) {
		const struct lh_report_finding *f = v->report->finding[i];

		if (f->status != LH_NEW)
			continue;
		if (shown[f->severity]++ < SHOWN_MAX)
			show(v, f);
		else
			left++;
	}
	if (left)
		fprintf(v->out, "::notice title=lockhound::and %s, see the other reports\n",
			lh_view_count(v, left, "more finding", "more findings"));
}
