/*
 * options.h — the options of the library, from LOCKHOUND_OPTIONS.
 *
 * LOCKHOUND_OPTIONS holds key=value pairs with ':' between them; the keys are the rows of
 * options.def. A value that cannot be read is reported once on stderr, the default is used and
 * the program runs.
 *
 * Does not read a file and does not change the environment.
 */
#ifndef LH_BASE_OPTIONS_H
#define LH_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { LH_OPTION_TEXT = 200 };

struct lh_options {
#define OPTION_flag(name) bool name;
#define OPTION_number(name) uint64_t name;
#define OPTION_time(name) uint64_t name;
#define OPTION_choice(name) unsigned name;
#define OPTION_text(name) char name[LH_OPTION_TEXT];
#define OPTION(name, type, value, accepted, where, help) OPTION_##type(name)
#include "libcheck/options.def"
	char run[LH_OPTION_TEXT]; /* the front end's run file; empty: no front end */
};

enum { LH_STACKS_FULL, LH_STACKS_CALLER, LH_STACKS_OFF };
enum { LH_UNWINDER_CFI, LH_UNWINDER_LIBUNWIND };
/* all: also in a Python whose instructions cannot be read; waited: only where a thread waited */
enum { LH_PYTHON_AUTO, LH_PYTHON_ALL, LH_PYTHON_WAITED };
enum { LH_REPORT_STDERR, LH_REPORT_NONE };

extern struct lh_options lh_options;

/* `environment` as main gets it: getenv may be the program's own, or may not work yet. */
void lh_options_read(char **environment);

#endif
