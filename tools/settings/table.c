/* table.c — the table of options, from the rows of both options.def, and lookup by name. */
#include "tools/settings/settings_internal.h"

#include <string.h>

#define PRESET_flag(p) .number = (p)
#define PRESET_number(p) .number = (p)
#define PRESET_time(p) .number = (p)
#define PRESET_choice(p) .number = (p)
#define PRESET_text(p) .preset = (p)
#define PRESET_patterns(p) .preset = (p)
#define PRESET_file(p) .preset = (p)
#define PRESET_files(p) .preset = (p)
#define PRESET_format(p) .preset = (p)

/* The words of the column `where`. */
enum { LIBRARY = LH_IN_LIBRARY, RUN = LH_IN_RUN, CHECK = LH_IN_CHECK, ENV = LH_IN_ENV };
enum {
	CONFIRM = LH_IN_CONFIRM,
	REPORT = LH_IN_REPORT,
	DIFF = LH_IN_DIFF,
	MERGE = LH_IN_MERGE,
	GRAPH = LH_IN_GRAPH
};
enum { SUPPRESS = LH_IN_SUPPRESS, POLICY = LH_IN_POLICY, HANG = LH_IN_HANG, TOP = LH_IN_TOP };
enum { OPTIONAL = LH_VALUE_OPTIONAL, ALONE = LH_LISTED_BY_ENV, EXPLAIN = LH_IN_EXPLAIN };

#define ROW(n, l, t, p, a, w, h, of_library)                                                       \
	{.name = (n),                                                                              \
	 .letter = (l),                                                                            \
	 .type = LH_TYPE_##t,                                                                      \
	 PRESET_##t(p),                                                                            \
	 .accepted = (a),                                                                          \
	 .where = (w),                                                                             \
	 .help = (h),                                                                              \
	 .library = (of_library)},

const struct lh_setting lh_settings_table[LH_OPTS] = {
#define OPTION(n, t, p, a, w, h) ROW(#n, 0, t, p, a, w, h, true)
#include "libcheck/options.def"
#define FRONT(n, l, t, p, a, w, h) ROW(#n, l, t, p, a, w, h, false)
#define SAME_NAME(id, n, l, t, p, a, w, h) ROW(n, l, t, p, a, w, h, false)
#include "tools/options.def"
};

const char *lh_settings_name_in(int i, unsigned where)
{
	if (i < LH_OPTS)
		return lh_settings_table[i].where & where ? lh_settings_table[i].name : "";
	return where & LH_IN_PROGRAM ? lh_render_formats[i - LH_OPTS].name : NULL;
}

/* - and _ are equal: flags and formats are written with -, other sources with _. */
static char plain(char c)
{
	return c == '-' ? '_' : c;
}

static bool same_name(const char *key, size_t n, const char *name)
{
	if (strlen(name) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (plain(key[i]) != plain(name[i]))
			return false;
	return true;
}

int lh_settings_find(const char *key, size_t n, unsigned where)
{
	const char *name;
	for (int i = 0; n && (name = lh_settings_name_in(i, where)); i++)
		if (same_name(key, n, name))
			return i;
	return -1;
}

const struct lh_setting *lh_settings_row(int found)
{
	static const struct lh_setting output = {.accepted = "FILE", .type = LH_TYPE_file};
	return found < LH_OPTS ? &lh_settings_table[found] : &output;
}
