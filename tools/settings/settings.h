/*
 * settings.h — the options of a command, from lockhound.conf < LOCKHOUND_OPTIONS < flags.
 *
 * One table has the rows of libcheck/options.def (options of the library) and tools/options.def
 * (options of the front end only); the parser, the help and the error messages use its rows. Each
 * output format of the render table is one more option, which takes a file name.
 *
 * Does not act on any option. Opens no file except lockhound.conf. Option texts are never freed.
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
	LH_TYPE_files /* may be given several times; the names are joined by newlines */
};

enum { LH_IN_RUN = 1, LH_IN_CHECK = 2, LH_IN_VIEW = 4, LH_IN_ENV = 8 };

enum lh_option_origin { LH_FROM_DEFAULT, LH_FROM_CONF, LH_FROM_ENV, LH_FROM_FLAG };

enum lh_option {
#define OPTION(name, type, preset, accepted, help) LH_OPT_##name,
#include "libcheck/options.def"
#define FRONT(name, letter, type, preset, accepted, where, help) LH_OPT_##name,
#include "tools/options.def"
#undef FRONT
	LH_OPTS
};

struct lh_value {
	int64_t number;   /* flag, number, time in nanoseconds, index of a choice */
	const char *text; /* as written; the default or "" if not given */
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
	bool seed_picked; /* --shake was given without a seed */
	const char *conf; /* the lockhound.conf that was read; NULL none */
	/* long_hold.NAME in lockhound.conf: locks with their own threshold for long holds */
	struct {
		const char *name; /* a pattern with * and ? */
		uint64_t ns;
	} limit[LH_LIMITS_MAX];
	int limits;
};

/* What reading options and --help need to know about a command. */
struct lh_command_usage {
	const char *name;     /* "check" */
	const char *purpose;  /* one line */
	const char *synopsis; /* "[OPTION…] [--] PROG [ARG…]" */
	const char *examples; /* lines that end in a newline */
	const char *status;   /* the meaning of each exit status, lines; NULL none */
	unsigned where;       /* LH_IN_*: the options that the command accepts */
	int error_status;     /* the exit status for a bad option */
};

/*
 * Reads all three sources. Returns the index of the first argument that is no option. -1: the
 * command must end with *status: help or the version was printed, or an error was reported in one
 * line.
 */
int lh_settings_read(struct lh_settings *s, const struct lh_command_usage *usage, int argc,
		     char **argv, int *status);

/*
 * Writes the options of the library that were set, as key=value:key=value. False: they do not fit.
 */
bool lh_settings_for_library(const struct lh_settings *s, char *out, size_t capacity);

const char *lh_settings_name(enum lh_option o);

#endif
