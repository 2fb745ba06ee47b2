/*
 * render.h — writes a report in an output format: one function and one table row for each format.
 *
 * A renderer reads the report of a view (view.h) and writes to the view's FILE, nothing more. It
 * does not sort, decide or change the report.
 */
#ifndef LH_RENDER_RENDER_H
#define LH_RENDER_RENDER_H

#include "tools/report/report.h"

#include <stdio.h>

/* The widest and the narrowest line of the short form. */
enum { LH_TEXT_WIDTH = 120, LH_TEXT_WIDTH_LEAST = 80 };

struct lh_render_text_style {
	bool color;
	bool brief;       /* the short form of each finding; otherwise with whole stacks */
	uint32_t width;   /* columns of the short form; 0: LH_TEXT_WIDTH */
	bool source;      /* lines of source at each step */
	bool filtered;    /* show the filtered findings and why they are filtered */
	bool locks;       /* the table of locks */
	bool variants;    /* list the variants of each finding, not only their number */
	bool errors;      /* in the summary: each new error once more, in one line */
	const char *next; /* a command to suggest in the last line; NULL none */
	/* For the formats that other programs read: */
	enum lh_severity least; /* new findings at least this severe fail the check */
	bool only_happened;     /* no prediction fails the check, unless it is confirmed */
	bool empty_fine;        /* a run without lock operations is no failure */
	bool suppressed;        /* SARIF: include findings that are not new, with the reason */
	bool file_attribute;    /* JUnit: file= and line=, which GitLab reads and Jenkins rejects */
	bool cycles_only;       /* graphs: only the cycles */
	bool all_locks;         /* graphs: no lock is folded (graph.h) */
	const void *with; /* for a renderer of another folder: what it shows besides the report */
};

struct lh_view;
typedef void lh_renderer(struct lh_view *);

/* Writes the report. Returns 0, or an errno if the output could not be written. */
int lh_render(lh_renderer *, const struct lh_report *, const struct lh_render_text_style *, FILE *);

struct lh_format {
	const char *name;
	lh_renderer *render;
	const char *help;
	bool orders; /* needs the report's orders */
	bool binary; /* no text */
};

/* The table, ended by a row without a name; and the row of a name, NULL: no such format. */
extern const struct lh_format lh_render_formats[];
const struct lh_format *lh_render_find(const char *name);

lh_renderer lh_render_text, lh_render_json, lh_render_sarif, lh_render_junit, lh_render_gitlab,
	lh_render_github, lh_render_markdown, lh_render_html, lh_render_dot, lh_render_mermaid,
	lh_render_svg, lh_render_folded, lh_render_trace, lh_render_pprof, lh_render_pprof_holder,
	lh_render_ndjson;

/* One finding. */
void lh_render_text_finding(const struct lh_report *, const struct lh_report_finding *,
			    struct lh_render_text_style, FILE *);
/* The text of one finding as clean lines without color, in the view's arena. */
const char *lh_text_finding_lines(struct lh_view *, const struct lh_report_finding *);
/* The last lines of a text report: notes, what was dropped, the counts. */
void lh_render_text_summary(const struct lh_report *, struct lh_render_text_style, FILE *);
/* The tables of locks, the wait pairs, and the five properties of each notable lock. */
lh_renderer lh_render_text_locks;

/*
 * Whether to use color: `when` is auto, always or never ("": auto). Auto checks NO_COLOR, then
 * CLICOLOR_FORCE and FORCE_COLOR, then whether the stream is a terminal.
 */
bool lh_render_text_color(const char *when, FILE *);

/* The columns of a line: COLUMNS, or the width of the terminal, within the limits above. */
uint32_t lh_render_text_width(FILE *);

#endif
