/*
 * settings.h — the options of a command, from lockhound.conf < LOCKHOUND_OPTIONS < flags.
 *
 * One table has the rows of libcheck/options.def (options of the library) and tools/options.def
 * (options of the front end only); the parser, the help and the error messages of every command use
 * its rows. Each output format of the render table is one more option of run, check and confirm,
 * which takes a file name.
 *
 * Does not act on any option. Opens no file except lockhound.conf. Option texts are never freed.
 */
#ifndef LH_SETTINGS_SETTINGS_H
#define LH_SETTINGS_SETTINGS_H

#include "tools/render/render.h"
#include "tools/util/arena.h"

enum lh_type {
	LH_TYPE_flag,
	LH_TYPE_number,
	LH_TYPE_time,
	LH_TYPE_choice,
	LH_TYPE_text,
	LH_TYPE_patterns, /* see util/glob.h: lh_glob_list_valid */
	LH_TYPE_file,
	LH_TYPE_files, /* may be given several times; the names are joined by newlines */
	LH_TYPE_format
};

/* The commands that take an option; those of LH_IN_LIBRARY also read lockhound.conf. */
enum { LH_IN_RUN = 1, LH_IN_CHECK = 2, LH_IN_ENV = 4, LH_IN_REPORT = 8, LH_IN_DIFF = 16 };
enum { LH_IN_MERGE = 32, LH_IN_GRAPH = 64, LH_IN_SUPPRESS = 128, LH_IN_POLICY = 256 };
enum { LH_IN_HANG = 512, LH_IN_TOP = 1024, LH_VALUE_OPTIONAL = 2048, LH_IN_CONFIRM = 4096 };
/* Has an effect only without the front end: help lists it for env alone. */
enum { LH_LISTED_BY_ENV = 8192 };
enum { LH_IN_EXPLAIN = 16384 };
/* Those that start a program; and env. */
enum { LH_IN_PROGRAM = LH_IN_RUN | LH_IN_CHECK | LH_IN_CONFIRM };
enum { LH_IN_LIBRARY = LH_IN_PROGRAM | LH_IN_ENV };

/* Values of --fail-on. */
enum {
	LH_FAIL_ON_ERROR,
	LH_FAIL_ON_WARNING,
	LH_FAIL_ON_NOTE,
	LH_FAIL_ON_CONFIRMED,
	LH_FAIL_ON_OPEN
};

enum lh_option_origin { LH_FROM_DEFAULT, LH_FROM_CONF, LH_FROM_ENV, LH_FROM_FLAG };

enum lh_option {
#define OPTION(name, type, preset, accepted, where, help) LH_OPT_##name,
#include "libcheck/options.def"
#define FRONT(name, letter, type, preset, accepted, where, help) LH_OPT_##name,
#define SAME_NAME(id, name, letter, type, preset, accepted, where, help) LH_OPT_##id,
#include "tools/options.def"
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

/* The value of an option: LH_OPTION(settings, timeout).number */
#define LH_OPTION(settings, name) ((settings)->value[LH_OPT_##name])

/* A command. Its texts are for --help; all but `purpose` are lines that end in a newline. */
struct lh_command {
	const char *name;     /* "check" */
	const char *purpose;  /* one line */
	const char *synopsis; /* each line follows "lockhound check ", or is indented */
	const char *examples;
	const char *notes;  /* what else a user must know; NULL nothing */
	const char *status; /* the meaning of each exit status */
	unsigned where;     /* LH_IN_*, 0: no options */
	/* Returns the exit status. */
	int (*run)(struct lh_settings *, char **operand, int operands);
};

/*
 * Reads all three sources; only flags for a command that takes no options of the library. Moves the
 * arguments that are no options to the end of `argv` and returns the index of the first one. 0:
 * help or the version was printed; -1: an error was reported in one line.
 */
int lh_settings_read(struct lh_settings *s, const struct lh_command *command, int argc,
		     char **argv);

/*
 * Writes the options of the library that were set, as key=value:key=value. False: they do not fit.
 */
bool lh_settings_for_library(const struct lh_settings *s, char *out, size_t capacity);

/* The flags of this command without which another run may give other findings, each after a space,
 * for a shell. */
const char *lh_settings_repeat(const struct lh_settings *s, struct lh_arena *);

/* Sets the option shake as by its flag; 0: to a random seed. */
void lh_settings_set_seed(struct lh_settings *s, unsigned seed);

/* How functions are classified and places are shown; without symbols, and nothing more to add. */
struct lh_report_options lh_settings_report(const struct lh_settings *s);
/* How a report is rendered, by the options for that; without color. */
struct lh_render_text_style lh_settings_style(const struct lh_settings *s);

#endif
