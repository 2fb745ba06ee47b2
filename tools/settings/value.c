/* value.c — the text of a value, by the type of its option: parsed, and of the default written. */
#include "tools/settings/settings_internal.h"
#include "tools/util/glob.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_flag(const char *text, int64_t *out)
{
	static const char *const yes[] = {"1", "yes", "on", "true"}, *const no[] = {"0", "no",
										    "off", "false"};
	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*out = !strcmp(text, yes[i]);
			return true;
		}
	}
	return false;
}

static bool read_number(const char *text, const char *accepted, int64_t *out)
{
	long long low = 0, high = INT64_MAX;
	sscanf(accepted, "%lld to %lld", &low, &high);
	char *end;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno && *out >= low && *out <= high;
}

/* A number without a unit is in milliseconds, as in the library. */
static const struct {
	const char *unit;
	int64_t ns;
} units[] = {{"ns", 1},         {"us", 1000},       {"", 1000000},       {"ms", 1000000},
	     {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
enum { UNITS = sizeof(units) / sizeof(*units) };

static bool read_time(const char *text, int64_t *out)
{
	char *end;
	errno = 0;
	double value = strtod(text, &end);
	if (!isdigit((unsigned char)*text) || errno)
		return false;
	for (int i = 0; i < UNITS; i++) {
		double ns = value * (double)units[i].ns;
		if (!strcmp(end, units[i].unit) && ns < 9e18) {
			*out = (int64_t)ns;
			return true;
		}
	}
	return false;
}

static bool read_seconds(const char *text, const char *accepted, int64_t *out)
{
	double low = 0, high = 0;
	sscanf(accepted, "%lf to %lf", &low, &high);
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || !(value >= low && value <= high))
		return false;
	*out = (int64_t)(value * 1e9 + 0.5);
	return true;
}

static bool read_choice(const char *text, const char *accepted, int64_t *out)
{
	size_t n = strlen(text);
	int64_t index = 0;
	for (const char *c = accepted; n; index++) {
		size_t word = strcspn(c, "|");
		if (word == n && !strncmp(c, text, n)) {
			*out = index;
			return true;
		}
		if (!c[word])
			break;
		c += word + 1;
	}
	return false;
}

bool lh_settings_value(const struct lh_setting *row, const char *text, int64_t *out)
{
	switch (row->type) {
	case LH_TYPE_flag:
		return read_flag(text, out);
	case LH_TYPE_number:
		return read_number(text, row->accepted, out);
	case LH_TYPE_time:
		return read_time(text, out);
	case LH_TYPE_seconds:
		return read_seconds(text, row->accepted, out);
	case LH_TYPE_choice:
		return read_choice(text, row->accepted, out);
	case LH_TYPE_text:
		/* passed in LOCKHOUND_OPTIONS in single quotes; the library keeps 199 bytes */
		return !row->library || (!strpbrk(text, "'\n") && strlen(text) < 200);
	case LH_TYPE_patterns:
		return lh_glob_list_valid(text);
	case LH_TYPE_file:
	case LH_TYPE_files:
		return *text;
	case LH_TYPE_format:
		return lh_render_find(text);
	}
	return false;
}

const char *lh_settings_accepted(const struct lh_setting *row)
{
	static char text[200];
	size_t n = 0;
	if (row->type == LH_TYPE_time)
		snprintf(text, sizeof(text), "%s, written 500us, 10ms, 2s", row->accepted);
	else if (row->type == LH_TYPE_format)
		for (const struct lh_format *f = lh_render_formats; f->name; f++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? "|" : "",
					      f->name);
	else
		return row->accepted;
	return text;
}

void lh_settings_default(const struct lh_setting *row, char *out, size_t capacity)
{
	const char *word = row->accepted;
	int unit = UNITS - 1;
	switch (row->type) {
	case LH_TYPE_choice:
		for (int64_t i = 0; i < row->number; i++)
			word += strcspn(word, "|") + 1;
		snprintf(out, capacity, "%.*s", (int)strcspn(word, "|"), word);
		return;
	case LH_TYPE_time:
		while (row->number % units[unit].ns)
			unit--;
		snprintf(out, capacity, "%lld%s", (long long)(row->number / units[unit].ns),
			 row->number ? units[unit].unit : "");
		return;
	case LH_TYPE_seconds:
		snprintf(out, capacity, "%g", (double)row->number / 1e9);
		return;
	default:
		if (row->preset)
			snprintf(out, capacity, "%s", row->preset);
		else
			snprintf(out, capacity, "%lld", (long long)row->number);
	}
}
