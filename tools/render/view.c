/* view.c — clean text, source paths and frames to point at, for the renderers. */
#include "tools/render/view.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

struct lh_view lh_view_open(const struct lh_report *report,
			    const struct lh_render_text_style *style, FILE *out)
{
	struct lh_view v = {.report = report, .style = style, .arena = lh_arena_new(), .out = out};

	return v;
}

int lh_view_close(struct lh_view *v)
{
	lh_arena_free(v->arena);
	errno = 0;
	if (fflush(v->out) != 0 || ferror(v->out) || v->failed)
		return errno ? errno : EIO;
	return 0;
}

int lh_render(lh_renderer *render, const struct lh_report *report,
	      const struct lh_render_text_style *style, FILE *out)
{
	struct lh_view v = lh_view_open(report, style, out);

	render(&v);
	return lh_view_close(&v);
}

void lh_view_dump(struct lh_view *v, json_t *value, size_t flags)
{
	v->failed |= !value || json_dumpf(value, v->out, flags | JSON_ENCODE_ANY) != 0;
	json_decref(value);
}

const char *lh_view_clean(struct lh_view *v, const char *text)
{
	return lh_escape(v->arena, LH_ESCAPE_TEXT, text ? text : "");
}

const char *lh_view_xml(struct lh_view *v, const char *text)
{
	return lh_escape(v->arena, LH_ESCAPE_XML, lh_view_clean(v, text));
}

/* ---- paths ---- */

const char *lh_view_path(struct lh_view *v, const struct lh_report_frame *f)
{
	const char *path, *rest;

	if (!f || !f->file || !f->file[0])
		return NULL;
	path = lh_path_normalize(v->arena, f->file);
	if (path[0] != '/') /* relative: a file of a system library is not in this tree */
		return f->system ? NULL : path;
	rest = lh_path_below(v->arena, v->report->root, path, !f->system);
	return rest ? rest : path;
}

const char *lh_view_at(struct lh_view *v, const struct lh_report_frame *f)
{
	const char *path = lh_view_path(v, f);

	if (path && f->line)
		return lh_arena_printf(v->arena, "%s:%u", lh_view_clean(v, path), f->line);
	if (f && f->module)
		return lh_arena_printf(v->arena, "%s+%#llx",
				       lh_view_clean(v, lh_path_base(f->module)),
				       (unsigned long long)f->offset);
	return NULL;
}

/* ---- texts ---- */

const char *lh_view_subject(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *cycle = lh_report_cycle_text(v->report, f), *text = NULL;

	for (uint32_t i = 0; !cycle && i < f->locks; i++)
		text = text ? lh_arena_printf(v->arena, "%s, %s", text, f->lock[i]->name)
			    : f->lock[i]->name;
	return lh_view_clean(v, cycle ? cycle : text ? text : lh_name_rule(f->rule));
}

const char *lh_view_variants(struct lh_view *v, const struct lh_report_finding *f)
{
	if (!f->variants)
		return NULL;
	return lh_arena_printf(
		v->arena, "%s to the same places",
		lh_view_count(v, f->variants, "other call path leads", "other call paths lead"));
}

const char *lh_view_places(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *list = "";

	for (uint32_t i = 0; i < f->other_places && i < PLACES_MAX; i++) {
		const struct lh_report_finding *other = f->other_place[i];
		const char *at = lh_view_at(v, other->frame);

		list = lh_arena_printf(v->arena, "%s%s%s", list, i ? ", " : "", at ? at : "?");
	}
	if (!f->other_places)
		return NULL;
	return lh_arena_printf(v->arena, "%s with this fingerprint: %s%s",
			       lh_view_count(v, f->other_places, "more place", "more places"), list,
			       f->other_places > PLACES_MAX ? ", ..." : "");
}

const char *lh_view_proof(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_report_proof_text(v->report, f);

	if (text && f->proof->replay)
		text = lh_arena_printf(v->arena, "%s; again: %s", text, f->proof->replay);
	return text ? lh_view_clean(v, text) : NULL;
}

const char *lh_view_certainty(const struct lh_report_finding *f)
{
	if (f->proof)
		return lh_name_verdict(f->proof->verdict);
	if (f->ended)
		return "happened, but did not last";
	if (f->level == LH_LASTING)
		return "happened and lasted";
	if (f->level == LH_HAPPENED)
		return lh_report_is_going_on(f) ? "is happening" : "happened";
	return "did not happen, but can";
}

const char *lh_view_schedule_label(const struct lh_report_finding *f)
{
	if (f->proof && f->proof->verdict == LH_VERDICT_CONTRADICTED)
		return "how it would hang";
	return f->level > LH_POTENTIAL ? "how it hangs" : "how it can hang";
}

const char *lh_view_more(struct lh_view *v, const struct lh_report_finding *f, const char *before,
			 const char *after)
{
	const char *const all[] = {lh_view_proof(v, f), lh_view_variants(v, f),
				   lh_view_places(v, f), f->known};
	const char *text = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i])
			text = lh_arena_printf(v->arena, "%s%s%s%s", text, before, all[i], after);
	return text;
}

const char *lh_view_call_path(struct lh_view *v, const struct lh_report_step *a)
{
	const char *text = "";

	for (uint32_t i = 0; i < a->stack->n; i++) {
		const struct lh_report_frame *frame = &a->stack->frame[i];

		if (!frame->ours)
			text = lh_arena_printf(v->arena, "%s%s%s", text, *text ? " < " : "",
					       frame->function ? frame->function
							       : lh_view_at(v, frame));
	}
	return lh_view_clean(v, a->stack->cut ? lh_arena_printf(v->arena, "%s < ...", text) : text);
}

void lh_view_lines(struct lh_view *v, enum lh_escape_format format, const char *text)
{
	for (size_t n; *text; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		fputs(lh_escape(v->arena, format, lh_arena_printf(v->arena, "%.*s", (int)n, text)),
		      v->out);
		if (text[n])
			fputc('\n', v->out);
	}
}

bool lh_view_fails(const struct lh_view *v, const struct lh_report_finding *f)
{
	return lh_report_fails(f, v->style->least, v->style->only_happened);
}

const char *lh_view_program(struct lh_view *v)
{
	const char *exe = v->report->processes ? lh_path_base(v->report->process[0]->exe) : "";

	return exe[0] ? lh_view_clean(v, exe) : "lockhound";
}

const char *lh_view_count(struct lh_view *v, uint64_t n, const char *one, const char *many)
{
	return lh_arena_printf(v->arena, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

const char *lh_view_mermaid(struct lh_view *v, const char *text)
{
	const char *clean = lh_view_clean(v, text);
	char *out = lh_arena_alloc(v->arena, 6 * strlen(clean) + 1), *at = out;

	for (; *clean; clean++)
		at += isalnum((unsigned char)*clean) || (unsigned char)*clean >= 0x80 ||
				      strchr(" _-.,:/+'", *clean)
			      ? sprintf(at, "%c", *clean)
			      : sprintf(at, "#%d;", (unsigned char)*clean);
	return out;
}
