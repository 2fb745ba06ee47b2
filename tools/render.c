#include "render.h"

#include <string.h>

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
