/* help.c — the text of --help, and the nearest option name to a misspelled one. */
#include "tools/settings/settings_internal.h"

#include <stdio.h>
#include <string.h>

#include "tools/render/render.h"

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

const char *lh_settings_nearest(const char *key, size_t n)
{
	static char best[NAME_CAPACITY];
	int least = n < 4 ? 2 : 4; /* a name this far away is no useful hint */
	char name[NAME_CAPACITY];
	*best = '\0';
	for (int i = 0; i < LH_OPTS || lh_render_formats[i - LH_OPTS].name; i++) {
		const char *known = i < LH_OPTS ? lh_settings_table[i].name
						: lh_render_formats[i - LH_OPTS].name;
		if (strlen(known) >= NAME_CAPACITY)
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

static void default_of(const struct lh_setting *row, char *out, size_t capacity)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
	const char *c = row->accepted;
	snprintf(out, capacity, "%lld", (long long)row->number);
	if (row->preset)
		snprintf(out, capacity, "%s", row->preset);
	if (row->type == LH_TYPE_choice) {
		for (int64_t i = 0; i < row->number; i++)
			c += strcspn(c, "|") + 1;
		snprintf(out, capacity, "%.*s", (int)strcspn(c, "|"), c);
	}
	for (size_t i = 0; row->type == LH_TYPE_time && i < 4; i++) {
		if (row->number && row->number % units[i].ns == 0) {
			snprintf(out, capacity, "%lld%s", (long long)(row->number / units[i].ns),
				 units[i].unit);
			return;
		}
	}
}

static void help_row(const struct lh_setting *row)
{
	char left[100], name[NAME_CAPACITY], preset[60];
	int n = 0;
	flag_name(row->name, name);
	n += row->letter ? snprintf(left, sizeof(left), "  -%c, ", row->letter)
			 : snprintf(left, sizeof(left), "      ");
	const char *value = row->type == LH_TYPE_flag                                 ? ""
			    : row->type == LH_TYPE_number                             ? "=N"
			    : row->type == LH_TYPE_time                               ? "=TIME"
			    : row->type == LH_TYPE_choice                             ? "=WORD"
			    : row->type == LH_TYPE_file || row->type == LH_TYPE_files ? "=FILE"
										      : "=TEXT";
	bool on = row->type == LH_TYPE_flag && row->number;
	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", on ? "[no-]" : "", name, value);
	default_of(row, preset, sizeof(preset));
	printf("%-*s %s", COLUMN, left, row->help);
	if (row->type == LH_TYPE_flag)
		printf("%s\n", on ? " [on]" : "");
	else if (*preset)
		printf(" (%s) [%s]\n", row->accepted, preset);
	else
		printf(" (%s)\n", row->accepted);
}

static void help_formats(void)
{
	printf("\n"
	       "Reports, in any combination:\n");
	for (int i = 0; lh_render_formats[i].name; i++) {
		char left[NAME_CAPACITY + 20];
		snprintf(left, sizeof(left), "      --%s=FILE", lh_render_formats[i].name);
		printf("%-*s %s\n", COLUMN, left, lh_render_formats[i].help);
	}
}

static void help_rows(const struct lh_command_usage *usage, bool library)
{
	for (int i = 0; i < LH_OPTS; i++)
		if (i != LH_OPT_help && lh_settings_table[i].library == library &&
		    (lh_settings_table[i].where & usage->where))
			help_row(&lh_settings_table[i]);
}

void lh_settings_help(const struct lh_command_usage *usage)
{
	printf("lockhound %s: %s\n\nUsage: lockhound %s %s\n\nExamples:\n%s", usage->name,
	       usage->purpose, usage->name, usage->synopsis, usage->examples);
	printf("\nOptions:\n");
	help_rows(usage, false);
	if (usage->where & (LH_IN_RUN | LH_IN_CHECK))
		help_formats();
	printf("\n"
	       "Options of the library in the program:\n");
	help_rows(usage, true);
	printf("\n      --help, --version\n");
	if (usage->status)
		printf("\nStatus:\n%s", usage->status);
	printf("\n"
	       "LOCKHOUND_OPTIONS=key=value:key=value and the repository's lockhound.conf (lines "
	       "'key = value')\n"
	       "accept the same names. A flag overrides LOCKHOUND_OPTIONS, which overrides "
	       "lockhound.conf.\n");
}
