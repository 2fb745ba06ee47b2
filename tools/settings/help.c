/* help.c — the text of --help, and the nearest option name to a misspelled one. */
#include "tools/settings/settings_internal.h"

#include <stdio.h>
#include <string.h>

#include "tools/render/render.h"

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
enum { COLUMN = 34, NAME_CAPACITY = 40 };

static void flag_name(const char *name, char *out)
{
	for (; *name; name++)
		*out++ = *name == '_' ? '-' : *name;
	*out = '\0';
}

/* The edit distance (Levenshtein) of two words; NAME_CAPACITY if one is longer than any name. */
static int distance(const char *a, size_t n, const char *b)
{
	int row[NAME_CAPACITY + 1];
	int m = (int)strlen(b);
	if (n > NAME_CAPACITY || m > NAME_CAPACITY)
		return NAME_CAPACITY;
	for (int j = 0; j <= m; j++)
		row[j] = j;
	for (int i = 1; i <= (int)n; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= m; j++) {
			int change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			int shift = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
			row[j] = change < shift ? change : shift;
		}
	}
	return row[m];
}

const char *lh_settings_nearest(const char *key, size_t n, unsigned where)
{
	static char best[NAME_CAPACITY];
	int least = n < 4 ? 2 : 4; /* a name this far away is no useful hint */
	char name[NAME_CAPACITY];
	const char *known;
	*best = '\0';
	for (int i = 0; (known = lh_settings_name_in(i, where)); i++) {
		if (!*known || strlen(known) >= NAME_CAPACITY)
			continue;
		flag_name(known, name);
		int d = distance(key, n, name);
		if (d < least) {
			least = d;
			strcpy(best, name);
		}
	}
	return *best ? best : NULL;
}

/* What stands for the value: a word in capitals that `accepted` begins with, or one of the type. */
static void value_name(const struct lh_setting *row, char *out, size_t capacity)
{
	static const char *const values[] = {[LH_TYPE_flag] = "",
					     [LH_TYPE_number] = "=N",
					     [LH_TYPE_time] = "=TIME",
					     [LH_TYPE_seconds] = "=SECONDS",
					     [LH_TYPE_choice] = "=WORD",
					     [LH_TYPE_text] = "=TEXT",
					     [LH_TYPE_patterns] = "=PATTERNS",
					     [LH_TYPE_file] = "=FILE",
					     [LH_TYPE_files] = "=FILE",
					     [LH_TYPE_format] = "=FORMAT"};
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

static void help_rows(unsigned where, bool library)
{
	for (int i = 0; i < LH_OPTS; i++)
		if (i != LH_OPT_help && lh_settings_table[i].library == library &&
		    (lh_settings_table[i].where & where))
			help_row(&lh_settings_table[i]);
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
	if (command->where & LH_IN_REPORT)
		help_formats("Formats", "", "");
	if (command->where & (LH_IN_RUN | LH_IN_CHECK))
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
