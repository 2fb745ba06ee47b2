/* help.c — the text of --help, and the nearest option name to a misspelled one. */
#include "tools/settings/settings_internal.h"
#include "libcheck/base/duration.h"

#include <stdio.h>
#include <string.h>

#include "tools/render/render.h"
#include "tools/util/nearest.h"

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
enum { COLUMN = 34, NAME_CAPACITY = 40 };

static void flag_name(const char *name, char *out)
{
	for (; *name; name++)
		*out++ = *name == '_' ? '-' : *name;
	*out = '\0';
}

const char *lh_settings_nearest(const char *key, size_t n, unsigned where)
{
	static char best[NAME_CAPACITY];
	struct lh_nearest nearest = lh_nearest_to(key, n);
	char name[NAME_CAPACITY];
	const char *known;
	*best = '\0';
	for (int i = 0; (known = lh_settings_name_in(i, where)); i++) {
		if (!*known || strlen(known) >= NAME_CAPACITY)
			continue;
		flag_name(known, name);
		lh_nearest_try(&nearest, name);
		if (nearest.best == name) {
			strcpy(best, name);
			nearest.best = best;
		}
	}
	return nearest.best;
}

/* What stands for the value: a word in capitals that `accepted` begins with, or one of the type. */
static void value_name(const struct lh_setting *row, char *out, size_t capacity)
{
	static const char *const values[] = {[LH_TYPE_flag] = "",
					     [LH_TYPE_number] = "=N",
					     [LH_TYPE_time] = "=TIME",
					     [LH_TYPE_choice] = "=WORD",
					     [LH_TYPE_text] = "=TEXT",
					     [LH_TYPE_file] = "=FILE",
					     [LH_TYPE_files] = "=FILE",
					     [LH_TYPE_format] = "=FORMAT",
					     [LH_TYPE_patterns] = "=PATTERNS"};
	int n = (int)strspn(row->accepted, CAPITALS);
	bool optional = row->where & LH_VALUE_OPTIONAL;
	snprintf(out, capacity, "%s%s%.*s%s", optional ? "[" : "", n > 1 ? "=" : values[row->type],
		 n > 1 ? n : 0, row->accepted, optional ? "]" : "");
}

static void help_row(const struct lh_setting *row)
{
	char left[100], name[NAME_CAPACITY], preset[60], letter[] = {'-', row->letter, ',', '\0'};
	char value[NAME_CAPACITY];
	const char *accepted = row->accepted + strspn(row->accepted, CAPITALS);
	bool on = row->type == LH_TYPE_flag && row->number;
	int64_t number;
	flag_name(row->name, name);
	value_name(row, value, sizeof(value));
	snprintf(left, sizeof(left), "  %-3s --%s%s%s", row->letter ? letter : "",
		 on ? "[no-]" : "", name, value);
	printf("%-*s %s", COLUMN, left, row->help);
	lh_settings_default(row, preset, sizeof(preset));
	accepted += strspn(accepted, ":, ");
	if (row->type != LH_TYPE_flag && *accepted)
		printf(" (%s)", accepted);
	if (row->type == LH_TYPE_flag ? on : lh_settings_value(row, preset, &number) && *preset)
		printf(" [%s]", on ? "on" : preset);
	putchar('\n');
}

static void help_formats(const char *title, const char *before, const char *after)
{
	printf("\n%s:\n", title);
	for (const struct lh_format *f = lh_render_formats; f->name; f++) {
		char left[NAME_CAPACITY + 20];
		snprintf(left, sizeof(left), "      %s%s%s", before, f->name, after);
		printf("%-*s %s\n", COLUMN, left, f->help);
	}
}

static bool is_listed(const struct lh_setting *row, unsigned where)
{
	return (row->where & where) && (!(row->where & LH_LISTED_BY_ENV) || where == LH_IN_ENV);
}

static void help_rows(unsigned where, bool library)
{
	for (int i = 0; i < LH_OPTS; i++)
		if (i != LH_OPT_help && lh_settings_table[i].library == library &&
		    is_listed(&lh_settings_table[i], where))
			help_row(&lh_settings_table[i]);
}

static void help_time(unsigned where)
{
	for (int i = 0; i < LH_OPTS; i++)
		if (lh_settings_table[i].type == LH_TYPE_time &&
		    (lh_settings_table[i].where & where)) {
			printf("TIME is " LH_DURATION_FORMS "\n");
			return;
		}
}

void lh_settings_help(const struct lh_command *command)
{
	bool reads_all = command->where & LH_IN_LIBRARY;
	printf("lockhound %s: %s\n\nUsage: lockhound %s %s\nExamples:\n%s\nOptions:\n",
	       command->name, command->purpose, command->name, command->synopsis,
	       command->examples);
	help_rows(command->where, false);
	if (!reads_all)
		help_rows(command->where, true);
	printf("%-*s print this\n", COLUMN, "  -h, --help");
	printf("%-*s print the version\n", COLUMN, "      --version");
	help_time(command->where);
	if (command->where & LH_IN_REPORT)
		help_formats("Formats", "", "");
	if (command->where & LH_IN_PROGRAM)
		help_formats("Reports, in any combination", "--", "=FILE");
	if (reads_all) {
		printf("\n"
		       "Options of the library in the program:\n");
		help_rows(command->where, true);
	}
	if (command->notes)
		printf("\n%s", command->notes);
	printf("\nStatus:\n%s", command->status);
	if (reads_all)
		printf("\n"
		       "LOCKHOUND_OPTIONS=key=value:key=value and the repository's lockhound.conf "
		       "(lines 'key = value')\n"
		       "accept the same names. A flag overrides LOCKHOUND_OPTIONS, which overrides "
		       "lockhound.conf.\n");
}
