/*
 * render.h — from a model to text: one function and one row a format.
 *
 * A renderer reads the model and writes to a FILE; nothing else. It returns 0, or
 * an errno when the output could not be written.
 */
#ifndef LH_RENDER_H
#define LH_RENDER_H

#include "model.h"

#include <stdio.h>

struct lh_text_style {
	bool color;
	bool source;      /* three lines of source at each place */
	bool filtered;    /* show what was set aside, and why */
	bool locks;       /* the table of locks */
	const char *next; /* a command to name in the last line, NULL none */
};

typedef int lh_renderer(const struct lh_model *, const struct lh_text_style *, FILE *);

struct lh_format {
	const char *name;
	lh_renderer *render;
	const char *help;
};

/* The table, ended by a row without a name; and the row of a name, NULL if there is none. */
extern const struct lh_format lh_render_formats[];
const struct lh_format *lh_render_find(const char *name);

lh_renderer lh_render_text, lh_render_json;

/* One finding by itself; and the last lines of a report: notes, what was dropped, the count. */
void lh_text_finding(const struct lh_model *, const struct lh_found *, struct lh_text_style,
		     FILE *);
void lh_text_summary(const struct lh_model *, struct lh_text_style, FILE *);

/*
 * Whether to colour: `when` is auto, always or never (NULL: auto). Auto asks NO_COLOR,
 * then CLICOLOR_FORCE and FORCE_COLOR, then whether the stream is a terminal.
 */
bool lh_text_color(const char *when, FILE *);

/* "word" is a value of --color. */
bool lh_text_color_known(const char *when);

#endif
