/* settings_internal.h — the table of options, for the files of tools/settings/. */
#ifndef LH_SETTINGS_SETTINGS_INTERNAL_H
#define LH_SETTINGS_SETTINGS_INTERNAL_H

#include "tools/settings/settings.h"
#include "tools/util/arena.h"

struct lh_setting {
	const char *name;
	const char *accepted;
	const char *help;
	const char *preset; /* default of a text, a file or a format */
	int64_t number;     /* default of any other type */
	enum lh_type type;
	unsigned where;
	char letter;
	bool library;
};

extern const struct lh_setting lh_settings_table[LH_OPTS];

/*
 * The name of option i if a command of `where` takes it, otherwise ""; from LH_OPTS on the names of
 * the output formats; NULL at the end.
 */
const char *lh_settings_name_in(int i, unsigned where);
/* The number of an option, or of an output format as above; -1: unknown. */
int lh_settings_find(const char *key, size_t n, unsigned where);
const struct lh_setting *lh_settings_row(int found);
/* The most similar name; NULL: none is similar. */
const char *lh_settings_nearest(const char *key, size_t n, unsigned where);
/* False: the text is no valid value of this option. */
bool lh_settings_value(const struct lh_setting *row, const char *text, int64_t *out);
/* What lh_settings_value accepts, in words. */
const char *lh_settings_accepted(const struct lh_setting *row);
/* The default as it would be written; "" or no valid value: none. */
void lh_settings_default(const struct lh_setting *row, char *out, size_t capacity);
/*
 * A lockhound.conf that is found may come with a repository of somebody else: the files that it
 * names must lie in that repository, or be /dev/null, /dev/stdout or /dev/stderr. A file that is
 * written lies in the current directory, one that is read beside the lockhound.conf.
 */
bool lh_settings_conf_may_name(struct lh_arena *, const char *conf, const char *path, bool written);
void lh_settings_help(const struct lh_command *command);

#endif
