/*
 * render.h — from a model to text: one function and one row a format.
 *
 * A renderer reads the model and writes to a FILE; nothing else. It returns 0, or
 * an errno when the output could not be written.
 */
#ifndef LH_RENDER_RENDER_H
#define LH_RENDER_RENDER_H

#include "tools/report/report.h"

#include <stdio.h>

struct lh_render_text_style {
	bool color;
	bool source;      /* three lines of source at each place */
	bool filtered;    /* show what was set aside, and why */
	bool locks;       /* the table of locks */
	const char *next; /* a command to name in the last line, NULL none */
	/* For the formats that other programs read: */
	const char *root;       /* paths are given from here on; NULL: the repository's top */
	enum lh_severity least; /* findings from this one on fail the check */
	bool empty_fine;        /* a run without lock operations is no failure */
	bool suppressed;        /* SARIF: keep what does not count, and say why */
	bool file_attribute;    /* JUnit: file= and line=, which GitLab reads and Jenkins refuses */
	bool cycles_only;       /* graphs: nothing beside the circles */
};

typedef int lh_renderer(const struct lh_report *, const struct lh_render_text_style *, FILE *);

struct lh_format {
	const char *name;
	lh_renderer *render;
	const char *help;
	bool orders; /* wants the model's orders */
};

/* The table, ended by a row without a name; and the row of a name, NULL if there is none. */
extern const struct lh_format lh_render_formats[];
const struct lh_format *lh_render_find(const char *name);

lh_renderer lh_render_text, lh_render_json, lh_render_sarif, lh_render_junit, lh_render_gitlab,
	lh_render_github, lh_render_markdown, lh_render_html, lh_render_dot, lh_render_mermaid,
	lh_render_svg, lh_render_folded, lh_render_trace;

/* One finding by itself; and the last lines of a report: notes, what was dropped, the count. */
void lh_render_text_finding(const struct lh_report *, const struct lh_report_finding *,
			    struct lh_render_text_style, FILE *);
/* The same as one text: lines without color, clean. */
struct lh_view;
const char *lh_text_finding_lines(struct lh_view *, const struct lh_report_finding *);
void lh_render_text_summary(const struct lh_report *, struct lh_render_text_style, FILE *);
/* The table of locks, who made whom wait, and how the locks fare. */
void lh_render_text_locks(const struct lh_report *, const struct lh_render_text_style *, FILE *);

/*
 * Whether to colour: `when` is auto, always or never (NULL: auto). Auto asks NO_COLOR,
 * then CLICOLOR_FORCE and FORCE_COLOR, then whether the stream is a terminal.
 */
bool lh_render_text_color(const char *when, FILE *);

/* "word" is a value of --color. */
bool lh_render_text_color_known(const char *when);

#endif
