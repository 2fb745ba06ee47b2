/* baseline.c — reads the baseline file, and finds a finding in it. */
#include "tools/project/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/util/config_lines.h"
#include "tools/util/path.h"

static int by_fingerprint(const void *a, const void *b)
{
	const struct lh_baseline_entry *x = a, *y = b;
	int order = strcmp(x->fingerprint, y->fingerprint);

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int has_key(const void *fingerprint, const void *entry)
{
	return strcmp(fingerprint, ((const struct lh_baseline_entry *)entry)->fingerprint);
}

struct lh_baseline_entry *lh_baseline_find(const struct lh_baseline *b, const char *fingerprint)
{
	return b->n ? bsearch(fingerprint, b->entry, b->n, sizeof(*b->entry), has_key) : NULL;
}

/* ---- one line ---- */

static bool is_conflict(const char *line)
{
	return strncmp(line, "<<<<<<<", 7) == 0 || strncmp(line, "=======", 7) == 0 ||
	       strncmp(line, ">>>>>>>", 7) == 0;
}

/* "lock-order 2 places  a -> b -> a  src/bank.c": false if the number is none. */
static bool read_places(struct lh_config_lines *l, const char *text, struct lh_baseline_entry *k)
{
	size_t digits = strspn(text, "0123456789");
	bool counts = digits && strncmp(text + digits, " place", 6) == 0;
	unsigned long n = counts ? strtoul(text, NULL, 10) : 0;

	if (counts && (n == 0 || digits > 9))
		return lh_config_lines_error(
			l, text, "'%.*s' is no number of places; expected 1 to 999999999",
			(int)digits, text);
	if (counts)
		k->places = (uint32_t)n;
	return true;
}

/* The last part of the path, which is the last field; two blanks precede a field. */
static const char *file_of(struct lh_arena *arena, const char *line)
{
	const char *at = NULL, *next = line;

	while ((next = strstr(next, "  ")) != NULL)
		if (*(next += 2) != '#') /* a comment of the user */
			at = next;
	return at ? lh_path_base(lh_arena_printf(arena, "%.*s", (int)strcspn(at, " \t\r"), at))
		  : "";
}

static bool read_line(struct lh_config_lines *l, struct lh_baseline_entry *k)
{
	size_t n = strspn(l->text, "0123456789abcdef"), rule;
	const char *text;

	if (is_conflict(l->text))
		return lh_config_lines_error(
			l, l->text,
			"a merge conflict; keep the lines of both sides and remove the markers");
	if (n != 16 || (l->text[n] && !strchr(" \t", l->text[n])))
		return lh_config_lines_error(l, l->text + n,
					     "'%.*s' is not a fingerprint; expected 16 lower-case "
					     "hex digits and then a text",
					     (int)strcspn(l->text, " \t"), l->text);
	text = l->text + n + strspn(l->text + n, " \t");
	rule = strcspn(text, " \t");
	k->fingerprint = lh_arena_printf(l->arena, "%.16s", l->text);
	k->line = l->whole;
	k->rule = lh_arena_printf(l->arena, "%.*s", (int)rule, text);
	k->file = file_of(l->arena, l->whole);
	k->number = l->number;
	return text[rule] != ' ' || read_places(l, text + rule + 1, k);
}

/* ---- the head ---- */

/* Of this and of earlier versions. */
static bool is_head(const char *line)
{
	static const char *const lines[] = {
		"# lockhound baseline: known findings, which do not fail the check. The lines are "
		"sorted.",
		"# Without its line a finding is new again. Each line: fingerprint, rule, subject, "
		"file.",
		"# lockhound baseline: findings that are known and do not fail the check. Sorted; "
		"a line",
		"# that is taken out counts as new again. Behind the fingerprint stands what it is "
		"about."};
	size_t n = strcspn(line, "\r");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strlen(lines[i]) == n && strncmp(lines[i], line, n) == 0)
			return true;
	return false;
}

static bool is_recipe(const char *line)
{
	return strncmp(line, LH_BASELINE_RECIPE_TEXT, sizeof(LH_BASELINE_RECIPE_TEXT) - 1) == 0;
}

/* The lowest, if two files were joined. */
static bool read_recipe(struct lh_config_lines *l, struct lh_baseline *b)
{
	const size_t at = sizeof(LH_BASELINE_RECIPE_TEXT) - 1;
	size_t digits = strspn(l->whole + at, "0123456789");
	unsigned long n = strtoul(l->whole + at, NULL, 10);

	if (!digits || digits > 9 || !n)
		return lh_config_lines_error(l, l->text + at,
					     "no number of a recipe; expected 1 to %d",
					     LH_BASELINE_RECIPE);
	if (n > LH_BASELINE_RECIPE)
		return lh_config_lines_error(
			l, l->text + at,
			"the fingerprints are of recipe %lu, which a later version of lockhound "
			"made; this version reads recipes 1 to %d",
			n, LH_BASELINE_RECIPE);
	if (!b->recipe || n < b->recipe)
		b->recipe = (uint32_t)n;
	return true;
}

/* A line without an entry. An earlier recipe is not kept: the writer says it again. */
static bool read_comment(struct lh_config_lines *l, struct lh_baseline *b, const char **comment)
{
	bool recipe = is_recipe(l->whole), first = !b->n && !**comment;
	const char **to = first && (recipe || is_head(l->whole)) ? &b->head : comment;

	if (recipe && !read_recipe(l, b))
		return false;
	if (!recipe || b->recipe == LH_BASELINE_RECIPE)
		*to = lh_arena_printf(l->arena, "%s%s\n", *to, l->whole);
	return true;
}

/* ---- the file ---- */

static void merge(struct lh_arena *arena, struct lh_baseline_entry *k,
		  const struct lh_baseline_entry *more)
{
	if (k->places && (!more->places || more->places > k->places)) {
		k->places = more->places;
		k->line = more->line;
	}
	k->comment = lh_arena_printf(arena, "%s%s", k->comment, more->comment);
}

void lh_baseline_sort(struct lh_baseline *b)
{
	uint32_t n = 0;

	if (b->n > 1)
		qsort(b->entry, b->n, sizeof(*b->entry), by_fingerprint);
	for (uint32_t i = 0; i < b->n; i++)
		if (n && strcmp(b->entry[n - 1].fingerprint, b->entry[i].fingerprint) == 0)
			merge(b->arena, &b->entry[n - 1], &b->entry[i]);
		else
			b->entry[n++] = b->entry[i];
	b->n = n;
}

/* A line without a number has one place, but earlier versions did not count. */
static void set_places(struct lh_baseline *b)
{
	for (uint32_t i = 0; i < b->n && b->recipe == LH_BASELINE_RECIPE; i++)
		if (!b->entry[i].places)
			b->entry[i].places = 1;
}

bool lh_baseline_read(struct lh_baseline *b, struct lh_arena *arena, const char *path,
		      bool may_lack)
{
	struct lh_config_lines l;
	const char *comment = "";

	*b = (struct lh_baseline){.arena = arena, .path = path, .head = "", .tail = ""};
	if (may_lack && access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!lh_config_lines_open(&l, arena, path))
		return false;
	while (lh_config_lines_next(&l)) {
		struct lh_baseline_entry k = {.comment = comment};
		size_t n = strlen(l.whole);

		b->crlf |= l.number == 1 && n && l.whole[n - 1] == '\r';
		b->bom = l.bom;
		if (!*l.text ? !read_comment(&l, b, &comment) : !read_line(&l, &k))
			break;
		if (!*l.text)
			continue;
		comment = "";
		LH_PUSH(arena, b->entry, b->n, k);
	}
	lh_config_lines_close(&l);
	b->tail = comment;
	set_places(b);
	lh_baseline_sort(b);
	return !l.bad;
}

bool lh_baseline_is_former(const struct lh_baseline *b)
{
	return b->n && b->recipe < LH_BASELINE_RECIPE;
}

/* ---- a finding in it ---- */

static void set_entry(struct lh_report_finding *f, const struct lh_baseline_entry *k,
		      enum lh_rule rule)
{
	memcpy(f->entry, k->fingerprint, sizeof(f->entry));
	f->entry_rule = rule;
	f->entry_places = k->former ? 0 : k->places;
}

/* The entry of the first of these fingerprints that has one; those of earlier recipes are marked.
 */
static struct lh_baseline_entry *entry_of(struct lh_baseline *b, const struct lh_fingerprints *of)
{
	struct lh_baseline_entry *first = lh_baseline_find(b, of->now);
	const char *const former[] = {of->v2, of->v1};

	if (first)
		first->seen = true;
	for (size_t i = 0; i < sizeof(former) / sizeof(former[0]); i++) {
		struct lh_baseline_entry *k = lh_baseline_find(b, former[i]);

		if (!k || strcmp(former[i], of->now) == 0)
			continue;
		k->seen = k->former = true;
		first = first ? first : k;
	}
	return first;
}

bool lh_baseline_has(struct lh_baseline *b, struct lh_report_finding *f)
{
	struct lh_fingerprints own;
	const struct lh_baseline_entry *k, *other;

	memcpy(own.now, f->fingerprint, sizeof(own.now));
	memcpy(own.v2, f->former_v2, sizeof(own.v2));
	memcpy(own.v1, f->former, sizeof(own.v1));
	k = entry_of(b, &own);
	other = f->other_rule != LH_NO_RULE ? entry_of(b, &f->other) : NULL;
	if (k)
		set_entry(f, k, f->rule);
	else if (other)
		set_entry(f, other, f->other_rule);
	if (!k && other && f->rule == LH_RULE_DEADLOCK)
		f->known = lh_arena_printf(b->arena, "in the baseline as %s %s, happened now",
					   other->fingerprint, lh_name_rule(f->other_rule));
	return k || (other && f->rule == LH_RULE_LOCK_ORDER);
}

static bool is_in_file(const struct lh_report_finding *f, const char *file)
{
	for (uint32_t i = 0; i < f->steps; i++)
		for (uint32_t k = 0; k < f->step[i].stack->n; k++)
			if (!f->step[i].stack->frame[k].system &&
			    strcmp(lh_path_base(f->step[i].stack->frame[k].file), file) == 0)
				return true;
	return false;
}

struct lh_baseline_entry *lh_baseline_similar(struct lh_baseline *b,
					      const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < b->n && lh_baseline_is_former(b); i++) {
		struct lh_baseline_entry *k = &b->entry[i];

		if (!k->seen && *k->file && strcmp(k->rule, lh_name_rule(f->rule)) == 0 &&
		    is_in_file(f, k->file))
			return k;
	}
	return NULL;
}

uint32_t lh_baseline_formers(const struct lh_baseline *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++)
		n += b->entry[i].former;
	return n;
}
