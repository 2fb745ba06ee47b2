/* settings_internal.h — the table of options, for the files of tools/settings/. */
#ifndef LH_SETTINGS_SETTINGS_INTERNAL_H
#define LH_SETTINGS_SETTINGS_INTERNAL_H

#include "tools/settings/settings.h"

struct lh_setting {
	const char *name;
	const char *accepted;
	const char *help;
	const char *preset; /* default of a text or a file */
	int64_t number;     /* default of any other type */
	enum lh_type type;
	unsigned where;
	char letter;
	bool library;
};

extern const struct lh_setting lh_settings_table[LH_OPTS];

/* The row of an option; of an output format, LH_OPTS + its row of the render table; -1: unknown. */
int lh_settings_find(const char *key, size_t n);
const char *lh_settings_nearest(const char *key, size_t n); /* NULL: none is near */
/* False: the text is no valid value of this option. */
bool lh_settings_value(const struct lh_setting *row, const char *text, int64_t *out);
void lh_settings_help(const struct lh_command_usage *usage);

#endif
