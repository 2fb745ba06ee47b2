/* value.c — the text of a value, by the type of its option: parsed, and of the default written. */
#include "tools/settings/settings_internal.h"
#include "tools/util/glob.h"
#include "libcheck/base/duration.h"

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

/* `accepted` may name the shortest and the longest time, in seconds. */
static bool read_time(const char *text, const char *accepted, int64_t *out)
{
	double low = 0, high = 9e9;
	uint64_t ns;
	sscanf(accepted, "%lf to %lf", &low, &high);
	if (!lh_duration_read(text, &ns) || (double)ns < low * 1e9 || (double)ns > high * 1e9)
		return false;
	*out = (int64_t)ns;
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
		return read_time(text, row->accepted, out);
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
		snprintf(text, sizeof(text), "%s; " LH_DURATION_FORMS, row->accepted);
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
	int unit = 0;
	switch (row->type) {
	case LH_TYPE_choice:
		for (int64_t i = 0; i < row->number; i++)
			word += strcspn(word, "|") + 1;
		snprintf(out, capacity, "%.*s", (int)strcspn(word, "|"), word);
		return;
	case LH_TYPE_time:
		while ((uint64_t)row->number % lh_duration_units[unit].ns)
			unit++;
		snprintf(out, capacity, "%llu%s",
			 (unsigned long long)((uint64_t)row->number / lh_duration_units[unit].ns),
			 row->number ? lh_duration_units[unit].name : "");
		return;
	default:
		if (row->preset)
			snprintf(out, capacity, "%s", row->preset);
		else
			snprintf(out, capacity, "%lld", (long long)row->number);
	}
}
