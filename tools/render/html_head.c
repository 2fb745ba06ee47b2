/* html_head.c — the head of the HTML page: its title, which counts what the page shows, and facts
 * of the run. */
#include "tools/render/html.h"
#include "tools/render/picture_style.h"
#include "tools/util/shorten.h"

#include <string.h>

/* ---- the title ---- */

/* "1 error, 4 warnings" */
static const char *severities(struct lh_html *h)
{
	static const char *const many[] = {"notes", "warnings", "errors"};
	struct lh_view *v = h->v;
	uint32_t n[LH_ERROR + 1] = {0};
	const char *text = "";

	for (uint32_t i = 0; i < v->report->findings; i++)
		n[v->report->finding[i]->severity]++;
	for (int s = LH_ERROR; s >= LH_NOTE; s--)
		if (n[s])
			text = lh_arena_printf(v->arena, "%s%s%s", text, *text ? ", " : "",
					       lh_view_count(v, n[s],
							     lh_name_severity((enum lh_severity)s),
							     many[s]));
	return text;
}

const char *lh_html_title(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	uint32_t new = 0;

	if (!report->processes)
		return "nothing was watched";
	if (!report->findings)
		return lh_view_totals(report).acquired ? "no findings"
						       : "no findings, but no lock was used";
	for (uint32_t i = 0; i < report->findings; i++)
		new += report->finding[i]->status == LH_NEW;
	return lh_arena_printf(h->v->arena, "%s: %s; %u new",
			       lh_view_count(h->v, report->findings, "finding", "findings"),
			       severities(h), new);
}

/* ---- facts ---- */

static void fact(struct lh_html *h, const char *name, const char *html)
{
	if (html)
		fprintf(h->v->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, html);
}

static bool *process_of(struct lh_html *h, struct lh_map *all, const struct lh_report_process *p,
			int32_t pid)
{
	const char *key = lh_arena_printf(h->v->arena, "%d %s", pid, p->host ? p->host : "");

	return lh_map_get(all, h->v->arena, key, strlen(key), 1);
}

/* " and 2 more commands": the processes, without the first, whose parents are not in the report. */
static const char *more_commands(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	struct lh_map all = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->processes; i++)
		*process_of(h, &all, report->process[i], report->process[i]->pid) = true;
	for (uint32_t i = 1; i < report->processes; i++)
		n += !*process_of(h, &all, report->process[i], report->process[i]->parent);
	return n ? lh_arena_printf(h->v->arena, " and <a href=\"#processes\">%s</a>",
				   lh_view_count(h->v, n, "more command", "more commands"))
		 : "";
}

/* The command line; folded if it is long. NULL: not known. */
static const char *command(struct lh_html *h)
{
	enum { SHORT = 80 };
	const struct lh_report *report = h->v->report;
	const char *text = report->processes ? report->process[0]->command : "";

	if (!text[0])
		return NULL;
	text = lh_html_text(h, text);
	if (strlen(text) <= SHORT)
		return lh_arena_printf(h->v->arena, "<code>%s</code>%s", text, more_commands(h));
	return lh_arena_printf(
		h->v->arena,
		"<details><summary><code>%s …</code></summary><code>%s</code></details>%s",
		lh_html_text(h, lh_shorten_end(h->v->arena, report->process[0]->command, SHORT)),
		text, more_commands(h));
}

/* Where the processes come from, each text once. NULL: not known. */
static const char *origin(struct lh_html *h, const char *(*of)(const struct lh_report_process *))
{
	enum { NAMED = 3 };
	const struct lh_report *report = h->v->report;
	struct lh_map seen = {0};
	const char *text = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->processes; i++) {
		const char *one = of(report->process[i]);
		bool *is_seen = one ? lh_map_get(&seen, h->v->arena, one, strlen(one), 1) : NULL;

		if (!is_seen || *is_seen)
			continue;
		*is_seen = true;
		if (n++ < NAMED)
			text = lh_arena_printf(h->v->arena, "%s%s%s", text ? text : "",
					       text ? ", " : "", lh_html_text(h, one));
	}
	return n > NAMED ? lh_arena_printf(h->v->arena, "%s and %u more", text, n - NAMED) : text;
}

static const char *host_of(const struct lh_report_process *p)
{
	return p->host;
}

static const char *container_of(const struct lh_report_process *p)
{
	return p->container;
}

static const char *test_of(const struct lh_report_process *p)
{
	return p->test;
}

static const char *commit_of(const struct lh_report_process *p)
{
	return p->commit;
}

/* "2026-11-30 14:15:00 UTC": when the first process started. NULL: not known. */
static const char *date(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	uint64_t first = 0;
	const char *text;

	for (uint32_t i = 0; i < report->processes; i++) {
		uint64_t ns = report->process[i]->start_wall_ns;

		if (ns && (!first || ns < first))
			first = ns;
	}
	text = lh_report_date(report, first);
	return text ? lh_arena_printf(h->v->arena, "%.10s %.8s UTC", text,
				      text + strlen("2026-11-30T"))
		    : NULL;
}

static void show_facts(struct lh_html *h)
{
	struct lh_view *v = h->v;
	const struct lh_totals t = lh_view_totals(v->report);

	fputs("<dl>\n", v->out);
	fact(h, "Command", command(h));
	fact(h, "Test", origin(h, test_of));
	fact(h, "Host", origin(h, host_of));
	fact(h, "Container", origin(h, container_of));
	fact(h, "Commit", origin(h, commit_of));
	fact(h, "Started", date(h));
	fact(h, "Counted",
	     lh_arena_printf(v->arena, "%s, %s, %s, %s",
			     lh_view_count(v, v->report->processes, "process", "processes"),
			     lh_view_count(v, t.threads, "thread", "threads"),
			     lh_view_count(v, t.locks, "lock", "locks"),
			     lh_view_count(v, t.acquired, "lock operation", "lock operations")));
	fact(h, "Verdicts", lh_report_verdicts(v->report));
	fact(h, "Delays", lh_view_shake(v));
	fact(h, "Made by", "lockhound " LH_VERSION);
	fputs("</dl>\n", v->out);
}

/* What limits the results is at the top: a page that does not say it would look complete. */
static void show_notes(struct lh_html *h)
{
	const struct lh_limits limits = lh_view_limits(h->v);
	const char *futexes = lh_view_futex_waits(h->v);
	const struct lh_report *report = h->v->report;

	if (!limits.n && !futexes && !report->notes)
		return;
	fputs("<ul class=\"notes\">\n", h->v->out);
	for (uint32_t i = 0; i < limits.n; i++)
		fprintf(h->v->out, "<li><b>%s</b></li>\n", lh_html_text(h, limits.text[i]));
	for (uint32_t i = 0; i < report->notes; i++)
		fprintf(h->v->out, "<li>note: %s</li>\n", lh_html_text(h, report->note[i]));
	if (futexes)
		fprintf(h->v->out, "<li>note: %s</li>\n", futexes);
	fputs("</ul>\n", h->v->out);
}

void lh_html_begin(struct lh_html *h, const char *title)
{
	const char *program = lh_html_text(h, lh_view_program(h->v));

	title = lh_html_text(h, title);
	fprintf(h->v->out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'; img-src data:; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>%s: %s - lockhound</title>\n"
		"<style>\n%s%s</style></head>\n<body>\n"
		"<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n"
		"<header>\n<h1>%s: %s</h1>\n",
		LH_HTML_SCRIPT_HASH, program, title, LH_PICTURE_STYLE "\n", lh_html_style, program,
		title);
}

void lh_html_end(struct lh_html *h)
{
	fprintf(h->v->out, "</main>\n<script>\n%s</script>\n</body></html>\n", lh_html_script);
}

void lh_html_head(struct lh_html *h)
{
	lh_html_begin(h, lh_html_title(h));
	show_facts(h);
	show_notes(h);
	fputs("</header>\n", h->v->out);
}
