/*
 * junit.c — JUnit XML that both Jenkins' junit-10.xsd and GitLab accept: one test case for each
 * finding and one with the numbers of what was watched. A new finding that is severe enough fails;
 * a finding in a baseline or a suppression is skipped; a new finding below the required severity
 * passes with its text as output.
 */
#include "tools/render/view.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *problem(struct lh_view *v)
{
	if (!v->report->processes)
		return "nothing was watched";
	if (!lh_view_totals(v->report).acquired && !v->style->empty_fine)
		return "no lock operation was seen";
	return NULL;
}

/* GitLab merges cases with the same name; the fingerprint makes the names distinct. */
static void begin_case(struct lh_view *v, const struct lh_report_finding *f)
{
	const struct lh_report_frame *at = f->frame;
	const char *path = v->style->file_attribute && at && at->line ? lh_view_path(v, at) : NULL;

	fprintf(v->out, "    <testcase classname=\"%s\" name=\"%s [%s]\" time=\"0.000\"",
		lh_name_rule(f->rule), lh_escape(v->arena, LH_ESCAPE_XML, lh_view_subject(v, f)),
		f->fingerprint);
	if (path)
		fprintf(v->out, " file=\"%s\" line=\"%u\"", lh_view_xml(v, path), at->line);
	fputs(">\n", v->out);
}

static const char *headline(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *at = lh_view_at(v, f->frame);

	return lh_arena_printf(v->arena, "%s%s%s", at ? at : "", at ? ": " : "",
			       lh_view_clean(v, f->message));
}

static void show(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *tag = lh_view_fails(v, f) ? "failure" : "system-out";

	begin_case(v, f);
	if (f->status != LH_NEW) {
		fprintf(v->out, "      <skipped message=\"%s%s%s\"/>\n", lh_name_status(f->status),
			f->reason ? ": " : "", lh_view_xml(v, f->reason));
	} else {
		fprintf(v->out, "      <%s", tag);
		if (lh_view_fails(v, f))
			fprintf(v->out, " type=\"%s\" message=\"%s\"", lh_name_rule(f->rule),
				lh_view_xml(v, headline(v, f)));
		fputs(">", v->out);
		lh_view_lines(v, LH_ESCAPE_XML, lh_text_finding_lines(v, f));
		fprintf(v->out, "</%s>\n", tag);
	}
	fputs("    </testcase>\n", v->out);
}

/* Shows that the run was checked: a CI check must not pass because nothing was watched. */
static void show_watched(struct lh_view *v)
{
	const struct lh_report *report = v->report;
	const char *bad = problem(v);
	const struct lh_totals t = lh_view_totals(report);

	fprintf(v->out,
		"    <testcase classname=\"instrumented\" name=\"%s: %s, %s, %s, %s\" "
		"time=\"0.000\">\n",
		lh_view_xml(v, lh_view_program(v)),
		lh_view_count(v, report->processes, "process", "processes"),
		lh_view_count(v, t.acquired, "lock operation", "lock operations"),
		lh_view_count(v, t.locks, "lock", "locks"),
		lh_view_count(v, t.threads, "thread", "threads"));
	if (bad)
		fprintf(v->out, "      <error type=\"not-instrumented\" message=\"%s\"/>\n", bad);
	for (uint32_t i = 0; i < report->notes; i++)
		fprintf(v->out, "      <system-out>%s</system-out>\n",
			lh_view_xml(v, report->note[i]));
	fputs("    </testcase>\n", v->out);
}

static void show_head(struct lh_view *v)
{
	const struct lh_report *report = v->report;
	const struct lh_ledger *l = report->processes ? &report->process[0]->ledger->head : NULL;
	uint32_t failures = 0, skipped = 0, tests = report->findings + 1;
	char when[40] = "1970-01-01T00:00:00", host[256] = "";
	time_t begun = l ? (time_t)(l->start_wall_ns / 1000000000u) : 0;
	double seconds = l && l->end_ns > l->start_ns ? (double)(l->end_ns - l->start_ns) / 1e9 : 0;
	struct tm t;
	const char *name = lh_view_xml(v, lh_view_program(v));

	for (uint32_t i = 0; i < report->findings; i++) {
		failures += lh_view_fails(v, report->finding[i]);
		skipped += report->finding[i]->status != LH_NEW;
	}
	if (gmtime_r(&begun, &t))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &t);
	if (report->processes && report->process[0]->host)
		snprintf(host, sizeof(host), "%s", report->process[0]->host);
	else
		gethostname(host, sizeof(host) - 1);
	fprintf(v->out,
		"<testsuites name=\"lockhound\" tests=\"%u\" failures=\"%u\" errors=\"%d\">\n"
		"  <testsuite name=\"lockhound: %s\" tests=\"%u\" failures=\"%u\" errors=\"%d\" "
		"skipped=\"%u\" time=\"%.3f\" timestamp=\"%s\" hostname=\"%s\">\n"
		"    <properties>\n      <property name=\"tool.version\" value=\"%s\"/>\n    "
		"</properties>\n",
		tests, failures, problem(v) != NULL, name, tests, failures, problem(v) != NULL,
		skipped, seconds < 999 ? seconds : 999, when, lh_view_xml(v, host), LH_VERSION);
}

void lh_render_junit(struct lh_view *v)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", v->out);
	show_head(v);
	for (uint32_t i = 0; i < v->report->findings; i++)
		show(v, v->report->finding[i]);
	show_watched(v);
	fputs("  </testsuite>\n</testsuites>\n", v->out);
}
