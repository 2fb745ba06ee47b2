/*
 * markdown.c — Markdown for job summaries and merge requests: a headline, a table, and for each new
 * finding a folded block with its cycle and stacks. In text from the program, each character that
 * Markdown could interpret is written as an entity.
 */
#include "tools/render/view.h"

#include <ctype.h>
#include <string.h>

/* GitHub accepts a summary of one megabyte; a block has a few kilobytes. */
enum { BLOCKS_MAX = 50, ROWS_MAX = 500 };

/* "@name" would notify a user; an empty comment after the "@" prevents that. */
static const char *md(struct lh_view *v, const char *text)
{
	const char *clean = lh_view_clean(v, text);
	char *out = lh_arena_alloc(v->arena, 12 * strlen(clean) + 1), *at = out;

	for (; *clean; clean++)
		at += *clean == '@' ? sprintf(at, "&#64;<!-- -->")
		      : isalnum((unsigned char)*clean) || (unsigned char)*clean >= 0x80 ||
				      strchr(" .,/+'=-", *clean)
			      ? sprintf(at, "%c", *clean)
			      : sprintf(at, "&#%d;", (unsigned char)*clean);
	return out;
}

static const char *status(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_view_fails(v, f) ? "**new**" : "new, does not fail";

	if (f->status != LH_NEW)
		text = lh_arena_printf(v->arena, "%s%s%s", lh_name_status(f->status),
				       f->reason ? ": " : "", md(v, f->reason));
	return f->proof ? lh_arena_printf(v->arena, "%s; %s", text,
					  lh_name_verdict(f->proof->verdict))
			: text;
}

static void show_row(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *at = lh_view_at(v, f->frame);

	fprintf(v->out, "| %s | %s | %s | %s | `%s` | %s |\n", lh_name_severity(f->severity),
		md(v, lh_name_rule(f->rule)), md(v, lh_view_subject(v, f)), md(v, at),
		f->fingerprint, status(v, f));
}

static void show_cycle(struct lh_view *v, const struct lh_report_finding *f)
{
	fputs("```mermaid\nflowchart LR\n", v->out);
	for (uint32_t i = 0; i < f->cycle_parts; i++) {
		const struct lh_report_thread *thread = f->part[i].thread;

		fprintf(v->out, "    l%u[\"%s\"]\n    l%u -->|", i,
			lh_view_mermaid(v, f->part[i].holds->lock->name), i);
		if (thread)
			fprintf(v->out, "T%u", thread->id);
		else
			fputs("a thread", v->out);
		fprintf(v->out, "| l%u\n", (i + 1) % f->cycle_parts);
	}
	fputs("```\n\n", v->out);
}

static void show_block(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *schedule = lh_report_schedule(v->report, f);

	fprintf(v->out, "<details><summary><code>%s</code> %s</summary>\n\n", f->fingerprint,
		lh_escape(v->arena, LH_ESCAPE_HTML, lh_view_clean(v, f->message)));
	if (schedule)
		fprintf(v->out, "%s.\n\n", md(v, schedule));
	if (f->cycle)
		show_cycle(v, f);
	fputs("<pre>\n", v->out);
	lh_view_lines(v, LH_ESCAPE_HTML, lh_text_finding_lines(v, f));
	fputs("</pre>\n\n</details>\n\n", v->out);
}

static void show_summary(struct lh_view *v, uint32_t fails)
{
	const struct lh_report *report = v->report;
	const char *verdicts = lh_report_verdicts(report);

	if (!report->processes)
		fputs("### lockhound: nothing was watched\n\n", v->out);
	else if (fails)
		fprintf(v->out, "### lockhound: %s\n\n",
			lh_view_count(v, fails, "new finding", "new findings"));
	else
		fputs("### lockhound: nothing new\n\n", v->out);
	fprintf(v->out, "%s: %s, %s, %s%s%s.\n\n", md(v, lh_view_program(v)),
		lh_view_count(v, report->processes, "process", "processes"),
		lh_view_count(v, lh_view_totals(report).acquired, "lock operation",
			      "lock operations"),
		lh_view_count(v, report->findings, "finding", "findings"), verdicts ? ": " : "",
		verdicts ? verdicts : "");
}

static void show_findings(struct lh_view *v)
{
	const struct lh_report *report = v->report;
	uint32_t blocks = 0;

	if (!report->findings)
		return;
	fputs("| severity | rule | locks | place | id | status |\n|---|---|---|---|---|---|\n",
	      v->out);
	for (uint32_t i = 0; i < report->findings && i < ROWS_MAX; i++)
		show_row(v, report->finding[i]);
	fputc('\n', v->out);
	if (report->findings > ROWS_MAX)
		fprintf(v->out, "%u more are not in this table.\n\n", report->findings - ROWS_MAX);
	for (uint32_t i = 0; i < report->findings; i++)
		if (report->finding[i]->status == LH_NEW && blocks++ < BLOCKS_MAX)
			show_block(v, report->finding[i]);
	if (blocks > BLOCKS_MAX)
		fprintf(v->out, "%u more are not shown in full.\n\n", blocks - BLOCKS_MAX);
}

void lh_render_markdown(struct lh_view *v)
{
	uint32_t fails = 0;

	for (uint32_t i = 0; i < v->report->findings; i++)
		fails += lh_view_fails(v, v->report->finding[i]);
	show_summary(v, fails);
	show_findings(v);
	for (uint32_t i = 0; i < v->report->notes; i++)
		fprintf(v->out, "- note: %s\n", md(v, v->report->note[i]));
}
