/*
 * own_site.c — which functions of a stack say where a lock was acquired, for fingerprints.
 *
 * The innermost function of the program says it, unless this function acquires whatever lock it is
 * given. That cannot be seen in one stack, but in the stacks of one cycle:
 *
 * - if the same line acquires locks of two classes, or both locks of a thread, its caller decides
 *   which lock it is, so the caller belongs to the site, and so on outwards;
 * - if both locks of a thread are of one class, or a class is not known, the function belongs to
 *   the site in which the two stacks part: there the order was made.
 *
 * All functions further out are the call path, which no fingerprint contains, but for one: if a
 * thread acquires its two locks through functions that belong to one lock each, the function that
 * calls both made the order. See lh_order_site.
 */
#include "tools/report/report_internal.h"
#include "tools/util/path.h"

#include <string.h>

enum {
	SITE_FRAMES = 3,
	WRAPPERS_MAX = 8, /* of lock functions that call each other */
};

uint64_t lh_fingerprint_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) * 0x100000001b3ull; /* 0xff is in no UTF-8 text: separates the texts */
}

/* A suffix that compilers append and renumber in each build: "f.isra.0", "lock.1". */
static bool is_suffix(const char *dot)
{
	static const char *const words[] = {"isra", "constprop", "part",
					    "cold", "lto_priv",  "llvm"};

	if (dot[1] >= '0' && dot[1] <= '9')
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(dot + 1, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

const char *lh_fingerprint_name(struct lh_report *report, const char *name)
{
	const char *end = strstr(name, " [clone ");
	const char *dot = strchr(name, '.');

	while (dot && !is_suffix(dot))
		dot = strchr(dot + 1, '.');
	if (dot && (!end || dot < end))
		end = dot;
	if (!end || end == name)
		return name;
	return lh_arena_printf(report->arena, "%.*s", (int)(end - name), name);
}

/* Recipe v2 had no name for a lambda that was inlined but that of its operator. */
static const char *name_of(const struct lh_report_frame *f, enum lh_recipe recipe)
{
	return recipe < LH_RECIPE_3 && f->former_function ? f->former_function : f->function;
}

/* "transfer@bank.c": two files may have functions of the same name. */
static const char *function_text(struct lh_report *report, const struct lh_report_frame *f,
				 enum lh_recipe recipe)
{
	struct lh_arena *p = report->arena;

	if (!f->function)
		return lh_arena_printf(p, "%s+%llx", f->module ? lh_path_base(f->module) : "?",
				       (unsigned long long)f->offset);
	return lh_arena_printf(p, "%s%s%s", lh_fingerprint_name(report, name_of(f, recipe)),
			       f->file ? "@" : "", f->file ? lh_path_base(f->file) : "");
}

/* ---- the frames of the program ---- */

static void add_frames(struct lh_site_frames *s, const struct lh_report_stack *t, bool own)
{
	for (uint32_t i = 0; i < t->n && s->n < sizeof(s->at) / sizeof(s->at[0]); i++)
		if (!t->frame[i].ours && !(own && t->frame[i].system))
			s->at[s->n++] = &t->frame[i];
}

static void frames_of(struct lh_site_frames *s, const struct lh_report_stack *t)
{
	s->n = 0;
	s->cut = !t || t->cut;
	if (t)
		add_frames(s, t, true);
	if (t && !s->n)
		add_frames(s, t, false);
}

static char *site_text(struct lh_report *report, const struct lh_site_frames *s, uint32_t n,
		       enum lh_recipe recipe)
{
	char *text = lh_arena_strdup(report->arena, "");

	for (uint32_t i = 0; i < s->n && i < n; i++)
		text = lh_arena_printf(report->arena, "%s%s/", text,
				       function_text(report, s->at[i], recipe));
	return text;
}

char *lh_fingerprint_site(struct lh_report *report, const struct lh_report_stack *t,
			  enum lh_recipe recipe)
{
	struct lh_site_frames s;

	frames_of(&s, t);
	return site_text(report, &s, SITE_FRAMES, recipe);
}

const struct lh_report_frame *lh_site_first(const struct lh_report_stack *t)
{
	struct lh_site_frames s;

	frames_of(&s, t);
	return s.n ? s.at[0] : NULL;
}

/* ---- where two stacks part ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The frame of an inlined function has the address of the function that it is inlined into, so it
 * is compared by its line; and so is that function's own call of it, which has many addresses. */
static bool same_place(const struct lh_site_frames *s, uint32_t i, const struct lh_site_frames *t,
		       uint32_t k)
{
	const struct lh_report_frame *a = s->at[i], *b = t->at[k];
	bool inlines = i && k && s->at[i - 1]->inlined && t->at[k - 1]->inlined;

	if (a->inlined != b->inlined || !same_text(a->function, b->function))
		return false;
	if (!a->inlined && !a->script && !inlines)
		return a->offset == b->offset && same_text(a->module, b->module);
	return same_text(a->file, b->file) && a->line == b->line && a->column == b->column;
}

/* How many of the innermost frames are the same. */
static uint32_t same_inner(const struct lh_site_frames *a, const struct lh_site_frames *b)
{
	uint32_t n = 0;

	while (n < a->n && n < b->n && same_place(a, n, b, n))
		n++;
	return n;
}

/* From frame `i` of `a` and frame `k` of `b` on outwards: the same until one ends. */
static bool same_outer(const struct lh_site_frames *a, uint32_t i, const struct lh_site_frames *b,
		       uint32_t k)
{
	while (i < a->n && k < b->n && same_place(a, i, b, k))
		i++, k++;
	return i == a->n || k == b->n;
}

/* Where the frames of `a` begin that `b` has too; a->n: nowhere. Stacks that are cut end at
 * different functions. */
static uint32_t common_outer(const struct lh_site_frames *a, const struct lh_site_frames *b)
{
	uint32_t n = 0;

	if (!a->cut && !b->cut) {
		while (n < a->n && n < b->n && same_place(a, a->n - 1 - n, b, b->n - 1 - n))
			n++;
		return a->n - n;
	}
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t k = 0; k < b->n; k++)
			if (same_outer(a, i, b, k))
				return i;
	return a->n;
}

/* How many frames of `a` lead to the function in which the two calls part, this one included. */
static uint32_t frames_to_parting(const struct lh_site_frames *a, const struct lh_site_frames *b,
				  enum lh_recipe recipe)
{
	uint32_t n = common_outer(a, b);

	/* not known; or the same stack: a loop in any of its frames */
	if (!n || (n == a->n && (a->cut || b->cut)))
		return SITE_FRAMES;
	return recipe > LH_RECIPE_2 || n < SITE_FRAMES ? n : SITE_FRAMES;
}

/* A folded function is several functions, of which its caller called one. */
static uint32_t beyond_folded(const struct lh_site_frames *s, uint32_t n, enum lh_recipe recipe)
{
	while (recipe > LH_RECIPE_2 && n && n < s->n && s->at[n - 1]->folded)
		n++;
	return n;
}

/* Not the same lock as far as is known: the same class, or no class. */
static bool may_be_same(const struct lh_acquired *a, const struct lh_acquired *b)
{
	return !a->class || !b->class || strcmp(a->class, b->class) == 0;
}

uint32_t lh_own_frames(const struct lh_acquired *all, uint32_t parts, uint32_t one,
		       enum lh_recipe recipe, struct lh_site_frames *own)
{
	struct lh_site_frames other;
	uint32_t inner = 1, n = 1;

	frames_of(own, all[one].step->stack);
	for (uint32_t i = 0; i < 2 * parts; i++) {
		bool same = may_be_same(&all[one], &all[i]), same_thread = i == (one ^ 1);
		uint32_t needed, parting;

		if (!all[i].step || i == one || (!same_thread && same))
			continue;
		frames_of(&other, all[i].step->stack);
		needed = same_inner(own, &other) + 1;
		if (needed > inner && needed <= WRAPPERS_MAX && needed <= own->n)
			inner = needed;
		needed = needed < SITE_FRAMES ? needed : SITE_FRAMES;
		parting = same ? frames_to_parting(own, &other, recipe) : 0;
		if (needed < parting)
			needed = parting;
		if (needed > n)
			n = needed;
	}
	n = n < WRAPPERS_MAX ? n : WRAPPERS_MAX;
	return beyond_folded(own, n > inner ? n : inner, recipe);
}

const char *lh_own_site(struct lh_report *report, const struct lh_acquired *all, uint32_t parts,
			uint32_t one, enum lh_recipe recipe)
{
	struct lh_site_frames own;
	uint32_t n;

	if (!all[one].step)
		return "";
	n = lh_own_frames(all, parts, one, recipe, &own);
	return site_text(report, &own, n, recipe);
}

/* ---- the function that made an order ---- */

/* Of what a thread held and wanted: the frames, and how many of them lie inside the function in
 * which they part. That function is found in the stack of the hold: it runs at both calls, but the
 * second may be its last act, and then it has left the stack. */
struct order {
	struct lh_site_frames holds, wants;
	uint32_t inside_holds, inside_wants;
	bool known;
};

static void find_order(const struct lh_acquired *part, struct order *o)
{
	uint32_t n;

	o->known = false;
	if (!part[0].step || !part[1].step)
		return;
	frames_of(&o->holds, part[0].step->stack);
	frames_of(&o->wants, part[1].step->stack);
	n = common_outer(&o->holds, &o->wants);
	if (!n || (n == o->holds.n && (o->holds.cut || o->wants.cut)))
		return;
	o->inside_holds = n - 1;
	n = common_outer(&o->wants, &o->holds);
	o->inside_wants = n ? n - 1 : 0;
	o->known = true;
}

/* Is one of the functions inside the other order's function that function? */
static bool calls_by(struct lh_report *report, const struct lh_site_frames *s, uint32_t n,
		     const struct lh_report_frame *function)
{
	const char *name = function_text(report, function, LH_RECIPE_3);
	bool does = false;

	for (uint32_t i = 0; i < n && i < s->n && !does; i++)
		does = strcmp(function_text(report, s->at[i], LH_RECIPE_3), name) == 0;
	return does;
}

/*
 * False: the sites of the part have the function that made its order, or it is not known. Nor does
 * it count if the thread came to its locks through the function that made the order of another
 * part: then that function is the mistake, not its callers.
 */
static bool has_order(struct lh_report *report, const struct lh_acquired *all, uint32_t parts,
		      uint32_t one, enum lh_recipe recipe, struct order *own)
{
	struct lh_site_frames held;
	struct order other;

	find_order(&all[2 * one], own);
	if (!own->known || own->inside_holds < lh_own_frames(all, parts, 2 * one, recipe, &held))
		return false;
	for (uint32_t i = 0; i < parts; i++) {
		const struct lh_report_frame *function;

		if (i == one)
			continue;
		find_order(&all[2 * i], &other);
		function = other.known ? other.holds.at[other.inside_holds] : NULL;
		if (function && (calls_by(report, &own->holds, own->inside_holds, function) ||
				 calls_by(report, &own->wants, own->inside_wants, function)))
			return false;
	}
	return true;
}

const char *lh_order_site(struct lh_report *report, const struct lh_acquired *all, uint32_t parts,
			  uint32_t one, enum lh_recipe recipe)
{
	const char *text = "";
	struct order own;
	uint32_t n;

	if (!has_order(report, all, parts, one, recipe, &own))
		return "";
	n = beyond_folded(&own.holds, own.inside_holds + 1, recipe);
	for (uint32_t i = own.inside_holds; i < n; i++)
		text = lh_arena_printf(report->arena, "%s%s%s", text, *text ? "/" : "",
				       function_text(report, own.holds.at[i], recipe));
	return text;
}

bool lh_order_frames(struct lh_report *report, const struct lh_acquired *all, uint32_t parts,
		     uint32_t one, const struct lh_report_frame *at[2])
{
	struct order own;

	if (!has_order(report, all, parts, one, LH_RECIPE_3, &own))
		return false;
	at[0] = own.holds.at[own.inside_holds];
	at[1] = own.wants.at[own.inside_wants];
	return true;
}

/* ---- the call path ---- */

static const char *text_of(const char *text)
{
	return text ? text : "";
}

uint64_t lh_call_path_hash(const struct lh_report_step *a)
{
	uint64_t hash = a && a->stack->cut;

	for (uint32_t i = 0; a && i < a->stack->n; i++) {
		const struct lh_report_frame *f = &a->stack->frame[i];

		if (f->ours)
			continue;
		hash = lh_fingerprint_hash(hash, text_of(f->function ? f->function : f->module));
		hash = lh_fingerprint_hash(hash, text_of(f->file));
		hash ^= f->function ? 0 : f->offset;
	}
	return hash;
}
