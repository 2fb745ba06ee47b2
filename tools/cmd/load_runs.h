/*
 * load_runs.h — recorded runs as one model: what report and its kin begin with.
 *
 * Does not print but to say what cannot be read. All files are read or none: a report that
 * silently lacks one would be believed.
 */
#ifndef LH_RECORDED_H
#define LH_RECORDED_H

#include <getopt.h>

#include "tools/project/project.h"
#include "tools/render/render.h"

struct lh_recorded {
	struct lh_shelf *shelf;
	int shelves;
	bool incomplete; /* a file is cut short */
	struct lh_symbols *symbols;
	struct lh_model *model;
};

/* gate: NULL, or what is put to the findings. False: it was said why. Close it in either case. */
bool lh_recorded_open(struct lh_recorded *, char **file, int n, struct lh_model_wants,
		      struct lh_gate *gate, bool debuginfod);
void lh_recorded_close(struct lh_recorded *);

/*
 * The next option of `command`, as getopt_long gives it; -1: there are no more. '?': it was
 * said what is wrong. The first call of a command has *begun false.
 */
int lh_recorded_option(const char *command, bool *begun, int argc, char **argv, const char *letters,
		       const struct option *options);

/* A list of files with line ends between them, one file longer. Lives as long as we do. */
const char *lh_recorded_join(const char *list, const char *file);

/* Runs `render` into FILE (NULL: stdout), which is there whole or not at all. False: said why. */
bool lh_recorded_write(const char *command, const char *file, const struct lh_model *,
		       struct lh_text_style *, lh_renderer *);

#endif
