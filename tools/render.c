#include "render.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_format lh_render_formats[] = {
	{"text", lh_render_text, "for people: findings with stacks and source"},
	{"json", lh_render_json, "for programs: schema lockhound/1"},
	{NULL, NULL, NULL},
};

const struct lh_format *lh_render_find(const char *name)
{
	for (const struct lh_format *f = lh_render_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

bool lh_text_color_known(const char *when)
{
	return strcmp(when, "auto") == 0 || strcmp(when, "always") == 0 ||
	       strcmp(when, "never") == 0;
}

bool lh_text_color(const char *when, FILE *out)
{
	const char *term = getenv("TERM");

	if (when && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
		return true;
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}
