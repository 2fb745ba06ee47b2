/* render.c — the table of output formats, and whether to use color. */
#include "tools/render/render.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct lh_format lh_render_formats[] = {
	{"text", lh_render_text, "for people: findings with stacks and source", false, false},
	{"json", lh_render_json, "for programs: schema lockhound/1", false, false},
	{"ndjson", lh_render_ndjson, "for jq and DuckDB: one finding a line", false, false},
	{"sarif", lh_render_sarif, "for code scanning: SARIF 2.1.0", false, false},
	{"junit", lh_render_junit, "for CI servers: JUnit XML", false, false},
	{"gitlab", lh_render_gitlab, "for GitLab: code quality", false, false},
	{"github", lh_render_github, "for GitHub Actions: workflow commands", false, false},
	{"markdown", lh_render_markdown, "for job summaries and merge requests", false, false},
	{"html", lh_render_html, "for a browser: one file", true, false},
	{"dot", lh_render_dot, "graph of lock orders, for Graphviz", true, false},
	{"mermaid", lh_render_mermaid, "graph of lock orders, for Mermaid", true, false},
	{"svg", lh_render_svg, "graph of lock orders, as a picture", true, false},
	{"folded", lh_render_folded, "for flame graphs: time waited and held, by stack", false,
	 false},
	{"trace", lh_render_trace, "for Perfetto: waits by thread, holds by lock", false, false},
	{"pprof", lh_render_pprof, "for go tool pprof: waits, by the stack that waited", false,
	 true},
	{"pprof-holder", lh_render_pprof_holder, "for go tool pprof: waits, by the holder's stack",
	 false, true},
	{NULL, NULL, NULL, false, false},
};

const struct lh_format *lh_render_find(const char *name)
{
	for (const struct lh_format *f = lh_render_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

bool lh_render_text_color(const char *when, FILE *out)
{
	const char *term = getenv("TERM");

	if (*when && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
		return true;
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

uint32_t lh_render_text_width(FILE *out)
{
	struct winsize size = {0};
	const char *given = getenv("COLUMNS");
	long columns = given ? strtol(given, NULL, 10) : 0;

	if (columns <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns <= 0 || columns > LH_TEXT_WIDTH)
		return LH_TEXT_WIDTH;
	return columns < LH_TEXT_WIDTH_LEAST ? LH_TEXT_WIDTH_LEAST : (uint32_t)columns;
}
