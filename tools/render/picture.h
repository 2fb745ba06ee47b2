/*
 * picture.h — what the SVG pictures share: the element around them, and texts in a font of fixed
 * width, so that the columns of a text say how wide it is.
 *
 * Does not know lanes or graphs.
 */
#ifndef LH_RENDER_PICTURE_H
#define LH_RENDER_PICTURE_H

#include "tools/render/view.h"

enum {
	LH_PICTURE_WIDTH = 340, /* what a small screen shows */
	LH_PICTURE_FONT = 12,   /* pixels */
	LH_PICTURE_LINE = 16,   /* from one line of text to the next */
	LH_PICTURE_LINES = 4    /* of one text */
};

/* How many columns of text so many pixels hold, in the widest of the usual fonts. */
#define LH_PICTURE_COLUMNS(pixels) ((uint32_t)(pixels)*100 / (LH_PICTURE_FONT * 61))

/* A text in lines of so many columns: cut at spaces; a word that is too long is shortened. */
struct lh_picture_text {
	const char *line[LH_PICTURE_LINES];
	uint32_t lines;
	bool shortened; /* the picture needs the whole text as a <title> */
};
struct lh_picture_text lh_picture_wrap(struct lh_arena *, const char *text, uint32_t columns);

/* Writes the lines, the first of them at y, in an open <text>. class: "" that of any text. */
void lh_picture_lines(struct lh_view *, const struct lh_picture_text *, uint32_t x, uint32_t y,
		      const char *class);
/* Writes a <title>: the text that a pointer or a screen reader gets; cut if it is very long. */
void lh_picture_title(struct lh_view *, const char *text);

struct lh_picture {
	const char *class;        /* of the element */
	const char *title, *desc; /* for screen readers; clean */
	uint32_t width, height;
	bool alone; /* a file of its own: with colours and a background */
};
/* Writes the beginning of the element; the end is "</svg>". */
void lh_picture_begin(struct lh_view *, const struct lh_picture *);

#endif
