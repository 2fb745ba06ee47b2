/*
 * settings.h — what the user asked for: lockhound.conf < LOCKHOUND_OPTIONS < flags.
 *
 * One table made of libcheck/options.def (what the library understands) and
 * options.def beside this file (what only the front end does); parser, help and
 * error lines come from its rows. Each output format of the render table is a
 * further option that takes a file's name.
 *
 * Does not act on any option, and opens no file but lockhound.conf.
 */
#ifndef LH_SETTINGS_SETTINGS_H
#define LH_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_type {
	LH_TYPE_flag,
	LH_TYPE_number,
	LH_TYPE_time,
	LH_TYPE_choice,
	LH_TYPE_text,
	LH_TYPE_file,
	LH_TYPE_files /* may be given again and again: names with line ends between them */
};

enum { LH_IN_RUN = 1, LH_IN_CHECK = 2, LH_IN_VIEW = 4, LH_IN_ENV = 8 };

enum lh_option_origin { LH_FROM_DEFAULT, LH_FROM_CONF, LH_FROM_ENV, LH_FROM_FLAG };

enum lh_option {
#define OPTION(name, type, preset, accepted, help) LH_OPT_##name,
#include "libcheck/options.def"
#undef OPTION
#define FRONT(name, letter, type, preset, accepted, where, help) LH_OPT_##name,
#include "tools/options.def"
#undef FRONT
	LH_OPTS
};

struct lh_value {
	int64_t number;   /* flag, number, time in nanoseconds, choice's index */
	const char *text; /* as it was written; "" when nothing was */
	enum lh_option_origin from;
};

#define LH_OUTPUTS_MAX 32
#define LH_LIMITS_MAX 64

struct lh_settings {
	struct lh_value value[LH_OPTS];
	struct {
		int format; /* row of the render table */
		const char *path;
		enum lh_option_origin from;
	} output[LH_OUTPUTS_MAX];
	int outputs;
	bool seed_picked; /* --shake came without one */
	const char *conf; /* the file that was read, or NULL */
	/* long_hold.NAME in lockhound.conf: locks whose long holds are longer or shorter */
	struct {
		const char *name; /* with * and ? */
		uint64_t ns;
	} limit[LH_LIMITS_MAX];
	int limits;
};

/* A command as far as its options go. */
struct lh_command_usage {
	const char *name;     /* "check" */
	const char *purpose;  /* one line */
	const char *synopsis; /* "[OPTION…] [--] PROG [ARG…]" */
	const char *examples; /* lines, each with its newline */
	const char *status;   /* what the exit status says, lines */
	unsigned where;       /* LH_IN_*: which rows it takes */
	int error_status;     /* its exit status for a bad option */
};

/*
 * Reads all three sources. Returns the index of the first word that is no option;
 * or -1 when the command is over, with its status in *status: help was asked for,
 * or something was wrong and one line has said what.
 */
int lh_settings_read(struct lh_settings *s, const struct lh_command_usage *usage, int argc,
		     char **argv, int *status);

/* The library's part as key=value:key=value, only what differs from the defaults. */
bool lh_settings_for_library(const struct lh_settings *s, char *out, size_t capacity);

const char *lh_settings_name(enum lh_option o);

#endif
