/* suppress.c — reads suppression files and matches findings against them. */
#include "tools/project/suppress.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "tools/util/escape.h"
#include "tools/util/config_lines.h"
#include "tools/util/glob.h"
#include "tools/render/view.h"

typedef bool fits(const char *pattern, const struct lh_report_finding *);

/* ---- matching ---- */

static bool frame_fits(const char *pattern, const struct lh_report_frame *f)
{
	char location[1024];

	if (lh_glob_match_part(pattern, f->function) || lh_glob_match_part(pattern, f->module))
		return true;
	if (!f->file)
		return false;
	snprintf(location, sizeof(location), "%s:%u", f->file, f->line);
	return lh_glob_match_part(pattern, f->file) || lh_glob_match_part(pattern, location);
}

static bool stack_fits(const char *pattern, const struct lh_report_stack *t)
{
	for (uint32_t i = 0; t && i < t->n; i++)
		if (frame_fits(pattern, &t->frame[i]))
			return true;
	return false;
}

static bool any_stack(const char *pattern, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->steps; i++)
		if (stack_fits(pattern, f->step[i].stack))
			return true;
	return false;
}

static bool fits_deadlock(const char *pattern, const struct lh_report_finding *f)
{
	return lh_rule_is(f->rule, LH_TSAN_DEADLOCK) && any_stack(pattern, f);
}

/* What ThreadSanitizer calls misuse of a mutex. */
static bool fits_mutex(const char *pattern, const struct lh_report_finding *f)
{
	return lh_rule_is(f->rule, LH_TSAN_MUTEX) && any_stack(pattern, f);
}

/* A name fits with its number in the finding and without: "Book::mutex_ (1)", "Book::mutex_". */
static bool is_called(const char *pattern, const struct lh_report_lock *lock)
{
	return lh_glob_match(pattern, lock->name) || lh_glob_match(pattern, lock->plain);
}

static bool fits_lock(const char *pattern, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (is_called(pattern, f->lock[i]))
			return true;
	return false;
}

static bool fits_initialized(const char *pattern, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (stack_fits(pattern, f->lock[i]->init_stack))
			return true;
	return false;
}

static bool fits_hold(const char *pattern, const struct lh_report_finding *f)
{
	return f->rule == LH_RULE_LONG_HOLD && (fits_lock(pattern, f) || any_stack(pattern, f));
}

static bool fits_lib(const char *pattern, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->steps; i++)
		for (uint32_t k = 0; k < f->step[i].stack->n; k++)
			if (lh_glob_match_part(pattern, f->step[i].stack->frame[k].module))
				return true;
	return false;
}

/* A lock call was made directly by this library. */
static bool fits_called_from(const char *pattern, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_report_stack *t = f->step[i].stack;
		uint32_t k = 0;

		while (k < t->n && t->frame[k].ours)
			k++;
		if (k < t->n && lh_glob_match_part(pattern, t->frame[k].module))
			return true;
	}
	return false;
}

static bool fits_id(const char *pattern, const struct lh_report_finding *f)
{
	return strcmp(pattern, f->fingerprint) == 0 || strcmp(pattern, f->former_v2) == 0 ||
	       strcmp(pattern, f->former) == 0 ||
	       /* who accepts a deadlock accepts that it can happen */
	       (f->rule == LH_RULE_LOCK_ORDER && strcmp(pattern, f->other.now) == 0);
}

static bool fits_rule(const char *pattern, const struct lh_report_finding *f)
{
	return strcmp(pattern, lh_name_rule(f->rule)) == 0;
}

static const struct lh_report_lock *lock_at(const struct lh_report_finding *f, uint32_t i)
{
	return f->cycle ? f->part[i].holds->lock : f->lock[i];
}

static bool fits_cycle(const char *pattern, const struct lh_report_finding *f)
{
	uint32_t n = f->cycle ? f->cycle_parts : f->locks;

	for (uint32_t first = 0; first < n; first++) {
		const char *at = pattern, *end;
		uint32_t i = 0;

		for (; i < n && *at; i++) {
			char name[512];

			end = lh_glob_list_end(at);
			snprintf(name, sizeof(name), "%.*s", (int)(end - at), at);
			if (!is_called(name, lock_at(f, (first + i) % n)))
				break;
			at = *end ? end + 1 + strspn(end + 1, " ") : end;
		}
		if (i == n && !*at)
			return true;
	}
	return false;
}

/* ---- reading ---- */

static const char *check_id(const char *pattern)
{
	return strlen(pattern) == 16 && strspn(pattern, "0123456789abcdef") == 16
		       ? NULL
		       : "a fingerprint: 16 lower-case hex digits";
}

static const char *check_rule(const char *pattern)
{
	static char expected[100];
	const char *near = lh_name_nearest_rule(pattern);

	if (lh_name_find_rule(pattern) != LH_NO_RULE)
		return NULL;
	snprintf(expected, sizeof(expected), "a rule, as 'lockhound explain' lists them%s%s%s",
		 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return expected;
}

static const char *check_cycle(const char *pattern)
{
	const char *end = lh_glob_list_end(pattern);

	return *end && end > pattern && end[1] ? NULL : "at least two locks with commas between";
}

static const struct {
	const char *type;
	fits *fits;
	const char *(*check)(const char *pattern); /* what was expected, NULL: valid */
} suppression_types[] = {
	{"deadlock", fits_deadlock, NULL},
	{"lock", fits_lock, NULL},
	{"born", fits_initialized, NULL},
	{"lib", fits_lib, NULL},
	{"cycle", fits_cycle, check_cycle},
	{"id", fits_id, check_id},
	{"rule", fits_rule, check_rule},
	{"hold", fits_hold, NULL},
	{"mutex", fits_mutex, NULL},
	{"called_from_lib", fits_called_from, NULL},
	/* ThreadSanitizer's types for problems that lockhound does not detect */
	{"race", NULL, NULL},
	{"race_top", NULL, NULL},
	{"thread", NULL, NULL},
	{"signal", NULL, NULL},
};
enum { SUPPRESSION_TYPES = sizeof(suppression_types) / sizeof(*suppression_types) };

static const char *all_types(struct lh_arena *p)
{
	const char *text = "";

	for (uint32_t i = 0; i < SUPPRESSION_TYPES && suppression_types[i].fits; i++)
		text = lh_arena_printf(p, "%s%s%s:", text, i ? ", " : "",
				       suppression_types[i].type);
	return text;
}

static bool is_day(const char *d)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, n = 0;

	for (int i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? d[i] != '-' : !isdigit((unsigned char)d[i]))
			return false;
	if (sscanf(d, "%4d-%2d-%2d%n", &year, &month, &day, &n) != 3 || n != 10)
		return false;
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] +
			       (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0)) &&
	       !isdigit((unsigned char)d[10]);
}

/* "until 2026-12-31" in a reason: valid through that day. False: not a valid date. */
static bool set_end(struct lh_config_lines *l, struct lh_suppression *s)
{
	char today[16];
	time_t now = time(NULL);
	struct tm t;
	const char *at = s->reason;

	while ((at = strstr(at, "until ")) != NULL && !isdigit((unsigned char)at[6]))
		at++;
	if (!at)
		return true;
	if (!is_day(at + 6))
		return lh_config_lines_error(
			l, l->text, "'%.10s' after 'until' is not a date; expected YYYY-MM-DD",
			at + 6);
	s->until = lh_arena_printf(l->arena, "%.10s", at + 6);
	if (localtime_r(&now, &t) && strftime(today, sizeof(today), "%Y-%m-%d", &t))
		s->expired = strcmp(s->until, today) < 0;
	return true;
}

static bool read_entry(struct lh_config_lines *l, struct lh_suppression *s)
{
	char *colon = strchr(l->text, ':');
	uint32_t k = 0;
	const char *expected;

	if (!colon)
		return lh_config_lines_error(
			l, l->text + strlen(l->text),
			"'%s' has no colon; expected TYPE:PATTERN with one of %s", l->text,
			all_types(l->arena));
	*colon = '\0';
	while (k < SUPPRESSION_TYPES && strcmp(suppression_types[k].type, l->text) != 0)
		k++;
	if (k == SUPPRESSION_TYPES)
		return lh_config_lines_error(l, l->text,
					     "'%s' is not a suppression type; expected one of %s",
					     l->text, all_types(l->arena));
	s->kind = k;
	s->type = suppression_types[k].type;
	s->pattern = colon + 1 + strspn(colon + 1, " \t");
	s->foreign = !suppression_types[k].fits;
	if (!*s->pattern)
		return lh_config_lines_error(l, s->pattern,
					     "nothing after '%s:'; expected a pattern", s->type);
	expected = suppression_types[k].check ? suppression_types[k].check(s->pattern) : NULL;
	if (expected)
		return lh_config_lines_error(l, s->pattern,
					     "'%s' is not valid for '%s:'; expected %s", s->pattern,
					     s->type, expected);
	return set_end(l, s);
}

bool lh_suppress_read(struct lh_suppressions *all, struct lh_arena *arena, const char *path)
{
	struct lh_config_lines l;
	const char *reason = "";

	all->arena = arena;
	if (!lh_config_lines_open(&l, arena, path))
		return false;
	while (lh_config_lines_next(&l)) {
		struct lh_suppression s = {.file = path, .line = l.number};

		/* A comment line is the reason of all entries up to the next empty line. */
		if (!*l.text) {
			reason = l.comment ? l.comment : "";
			continue;
		}
		s.reason = l.comment && *l.comment ? l.comment : reason;
		if (!read_entry(&l, &s))
			break;
		LH_PUSH(arena, all->entry, all->n, s);
	}
	lh_config_lines_close(&l);
	return !l.bad;
}

struct lh_suppression *lh_suppress_find(struct lh_suppressions *all,
					const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < all->n; i++) {
		struct lh_suppression *s = &all->entry[i];

		if (s->foreign || s->expired || !suppression_types[s->kind].fits(s->pattern, f))
			continue;
		s->hits++;
		return s;
	}
	return NULL;
}

/* ---- lines to paste ---- */

void lh_suppress_print(const struct lh_report *report, const struct lh_report_finding *f, FILE *out)
{
	struct lh_render_text_style style = {0};
	struct lh_view v = lh_view_open(report, &style, out);
	const char *at = lh_view_at(&v, f->frame), *names = NULL;

	for (uint32_t i = 0; i < f->cycle_parts; i++)
		names = lh_arena_printf(v.arena, "%s%s%s", names ? names : "", names ? "," : "",
					lock_at(f, i)->plain);
	fprintf(out, "# %s: %s%s%s\n", lh_name_rule(f->rule), lh_view_clean(&v, f->message),
		at ? ", " : "", at ? at : "");
	if (names)
		fprintf(out, "# or by name: cycle:%s\n", lh_view_clean(&v, names));
	if (f->other_places)
		fprintf(out, "# also %s\n", lh_view_places(&v, f));
	fprintf(out, "# REASON, until YYYY-MM-DD\nid:%s\n\n", f->fingerprint);
	lh_view_close(&v);
}
