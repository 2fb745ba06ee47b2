/*
 * Part of the room `model`: fingerprints, recipe v1.
 *
 * Hash of the rule's name and of the finding's edges; of a ring, in the rotation that
 * sorts first, because the ring may have been entered anywhere. An edge is: class of
 * the held lock, class of the wanted one, innermost three functions of the program's
 * own where it was wanted. No addresses, lines, thread numbers, counts or directories,
 * so that neither another run nor an edited comment makes it a new finding. Where a
 * function has no name, its object and offset stand for it.
 */
#include "model_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE_FRAMES 3
#define RECIPE "v1"

static uint64_t fnv(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) *
	       0x100000001b3ull; /* no text contains it: ends one, begins the next */
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *function_of(struct lh_pool *p, const struct lh_frame *f)
{
	if (f->function)
		return f->function;
	return lh_pool_print(p, "%s+%llx", f->module ? base_name(f->module) : "?",
			     (unsigned long long)f->offset);
}

static char *site(struct lh_pool *p, const struct lh_trace *t, bool own)
{
	char *text = lh_pool_text(p, "");
	unsigned n = 0;

	for (uint32_t i = 0; i < t->n && n < SITE_FRAMES; i++) {
		const struct lh_frame *f = &t->frame[i];

		if (f->ours || (own && f->system))
			continue;
		text = lh_pool_print(p, "%s%s/", text, function_of(p, f));
		n++;
	}
	return text;
}

char *lh_model_site(struct lh_model *m, const struct lh_trace *t)
{
	static const struct lh_trace none = {.n = 0};
	char *text = site(m->shop->pool, t ? t : &none, true);

	/* Nothing of the program's own: then the library it is. */
	return text[0] ? text : site(m->shop->pool, t ? t : &none, false);
}

static const char *class_of(const struct lh_act *a)
{
	return a && a->lock ? a->lock->class : "";
}

static const char *edge(struct lh_model *m, const struct lh_act *holds, const struct lh_act *does)
{
	const struct lh_act *at = does ? does : holds;

	return lh_pool_print(m->shop->pool, "%s\t%s\t%s\t%s", class_of(holds), class_of(does),
			     at ? lh_word_action(at->action) : "",
			     at ? lh_model_site(m, at->stack) : "");
}

/* Where the rotation that sorts first begins. */
static uint32_t least_rotation(const char **edges, uint32_t n)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < n; i++)
		for (uint32_t k = 0; k < n; k++) {
			int order = strcmp(edges[(i + k) % n], edges[(best + k) % n]);

			if (order < 0)
				best = i;
			if (order)
				break;
		}
	return best;
}

void lh_model_fingerprint(struct lh_model *m, struct lh_found *f)
{
	uint64_t hash = fnv(fnv(0xcbf29ce484222325ull, RECIPE), lh_word_rule(f->rule));
	const char **edges = lh_pool_get(m->shop->pool, (f->parts + 1) * sizeof(*edges));
	uint32_t first;

	for (uint32_t i = 0; i < f->parts; i++)
		edges[i] = edge(m, f->part[i].holds, f->part[i].does);
	first = f->ring ? least_rotation(edges, f->ringed) : 0;
	for (uint32_t i = 0; i < f->parts; i++)
		hash = fnv(hash, edges[f->ring && i < f->ringed ? (first + i) % f->ringed : i]);
	snprintf(f->fingerprint, sizeof(f->fingerprint), "%016llx", (unsigned long long)hash);
}
