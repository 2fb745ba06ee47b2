/* table.c — the table of options, from the rows of both options.def, and lookup by name. */
#include "tools/render/render.h"
#include "tools/settings/settings_internal.h"

#include <string.h>

#define PRESET_flag(p) .number = (p)
#define PRESET_number(p) .number = (p)
#define PRESET_time(p) .number = (p)
#define PRESET_choice(p) .number = (p)
#define PRESET_text(p) .preset = (p)
#define PRESET_file(p) .preset = (p)
#define PRESET_files(p) .preset = (p)
#define RUN LH_IN_RUN
#define CHECK LH_IN_CHECK
#define VIEW LH_IN_VIEW
#define ENV LH_IN_ENV

const struct lh_setting lh_settings_table[LH_OPTS] = {
#define OPTION(n, t, p, a, h)                                                                      \
	{.name = #n,                                                                               \
	 .type = LH_TYPE_##t,                                                                      \
	 PRESET_##t(p),                                                                            \
	 .accepted = (a),                                                                          \
	 .help = (h),                                                                              \
	 .where = LH_IN_RUN | LH_IN_CHECK | LH_IN_ENV,                                             \
	 .library = true},
#include "libcheck/options.def"
#define FRONT(n, l, t, p, a, w, h)                                                                 \
	{.name = #n,                                                                               \
	 .letter = (l),                                                                            \
	 .type = LH_TYPE_##t,                                                                      \
	 PRESET_##t(p),                                                                            \
	 .accepted = (a),                                                                          \
	 .help = (h),                                                                              \
	 .where = (w)},
#include "tools/options.def"
#undef FRONT
};

/* In a key, - and _ are equal: flags are usually written with -, other sources with _. */
static bool same_name(const char *key, size_t n, const char *name)
{
	if (strlen(name) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((key[i] == '-' ? '_' : key[i]) != name[i])
			return false;
	return true;
}

int lh_settings_find(const char *key, size_t n)
{
	for (int i = 0; i < LH_OPTS; i++)
		if (same_name(key, n, lh_settings_table[i].name))
			return i;
	for (int i = 0; lh_render_formats[i].name; i++)
		if (same_name(key, n, lh_render_formats[i].name))
			return LH_OPTS + i;
	return -1;
}

const char *lh_settings_name(enum lh_option o)
{
	return lh_settings_table[o].name;
}
