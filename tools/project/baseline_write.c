/*
 * baseline_write.c — rewrites the baseline file with the findings of a report.
 *
 * Only what changes is made anew: an entry that is added, or whose number of places changes, and
 * the head of a file of an earlier version. All other lines are written as they were read.
 */
#include "tools/project/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/util/output_file.h"
#include "tools/render/view.h"

#define HEAD                                                                                       \
	"# lockhound baseline: known findings, which do not fail the check. The lines are "        \
	"sorted.\n"                                                                                \
	"# Without its line a finding is new again. Each line: fingerprint, rule, subject, "       \
	"file.\n"
#define ABOUT_PLACES "The number of places of a finding follows its rule, if it is not 1."

/* A baseline that is being rewritten. */
struct rewrite {
	struct lh_baseline *b;
	bool keep_old;
	bool current; /* all fingerprints that stay are of this version's recipe */
	bool changed;
};

static struct lh_arena *arena_of(const struct rewrite *w)
{
	return w->b->arena;
}

/* ---- entries ---- */

static const char *places_text(const struct rewrite *w, uint32_t n)
{
	if (n == 1)
		return w->current ? "" : " 1 place";
	return lh_arena_printf(arena_of(w), " %u places", n);
}

/* The line with another number of places. A line without a text gets its rule. */
static const char *with_places(const struct rewrite *w, const struct lh_baseline_entry *k,
			       uint32_t n, const char *name)
{
	const char *rule = strstr(k->line, k->fingerprint) + strlen(k->fingerprint), *rest;

	rule += strspn(rule, " \t");
	rest = rule + strlen(k->rule);
	if (*rest == ' ' && strspn(rest + 1, "0123456789")) {
		const char *word = rest + 1 + strspn(rest + 1, "0123456789");

		if (strncmp(word, " place", 6) == 0)
			rest = word + 6 + (word[6] == 's');
	}
	if (!*k->rule)
		return lh_arena_printf(arena_of(w), "%s %s%s%s", k->fingerprint, name,
				       places_text(w, n), w->b->crlf ? "\r" : "");
	return lh_arena_printf(arena_of(w), "%.*s%s%s",
			       (int)(rule - k->line) + (int)strlen(k->rule), k->line,
			       places_text(w, n), rest);
}

static void set_places(struct rewrite *w, struct lh_baseline_entry *k,
		       const struct lh_report_finding *f)
{
	uint32_t n = lh_report_places(f);

	if (w->keep_old && (k->places == 0 || k->places > n))
		n = k->places;
	if (n == k->places || !n)
		return;
	if (k->places || n > 1 || !w->current) { /* otherwise the line says it already */
		k->line = with_places(w, k, n, lh_name_rule(f->rule));
		w->changed = true;
	}
	k->places = n;
}

/* What people wrote above an entry of an earlier recipe. */
static const char *taken_comment(struct rewrite *w, const char *fingerprint)
{
	struct lh_baseline_entry *k = lh_baseline_find(w->b, fingerprint);
	const char *comment = k && !w->keep_old ? k->comment : "";

	if (k && !w->keep_old)
		k->comment = "";
	return comment;
}

static const char *former_comments(struct rewrite *w, const struct lh_report_finding *f)
{
	const char *text = f->entry_rule == f->rule ? taken_comment(w, f->entry) : "";

	text = lh_arena_printf(arena_of(w), "%s%s", text, taken_comment(w, f->former_v2));
	for (uint32_t i = 0; i < f->mergeds; i++)
		text = lh_arena_printf(arena_of(w), "%s%s", text,
				       taken_comment(w, f->merged[i]->former));
	return text;
}

static struct lh_baseline_entry new_entry(struct rewrite *w, struct lh_view *v,
					  const struct lh_report_finding *f)
{
	const char *path = lh_view_path(v, f->frame);
	struct lh_baseline_entry k = {.fingerprint = f->fingerprint,
				      .rule = lh_name_rule(f->rule),
				      .comment = former_comments(w, f),
				      .places = lh_report_places(f),
				      .seen = true};

	/* The file without the line: a moved line would change this entry. */
	k.line = lh_arena_printf(
		arena_of(w), "%s %s%s  %s%s%s%s", k.fingerprint, k.rule, places_text(w, k.places),
		lh_view_subject(v, f), path ? "  " : "",
		path ? lh_view_clean(v, lh_path_is_inside(path) ? path : lh_path_base(path)) : "",
		w->b->crlf ? "\r" : "");
	return k;
}

/* A lock-order stays with the entry that its cycle has as a deadlock. */
static bool has_other_entry(const struct rewrite *w, const struct lh_report_finding *f)
{
	const struct lh_baseline_entry *k = lh_baseline_find(w->b, f->other.now);

	return f->rule == LH_RULE_LOCK_ORDER && f->other_rule != LH_NO_RULE && k;
}

static void add_findings(struct rewrite *w, const struct lh_report *report)
{
	struct lh_render_text_style style = {0};
	struct lh_view v = lh_view_open(report, &style, stderr);
	struct lh_baseline_entry *fresh = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->findings; i++) {
		const struct lh_report_finding *f = report->finding[i];
		struct lh_baseline_entry *k = lh_baseline_find(w->b, f->fingerprint);

		if (k)
			k->seen = true;
		if (f->status == LH_SUPPRESSED || (!k && has_other_entry(w, f)))
			continue;
		if (k)
			set_places(w, k, f);
		else
			LH_PUSH(arena_of(w), fresh, n, new_entry(w, &v, f));
	}
	for (uint32_t i = 0; i < n; i++)
		LH_PUSH(arena_of(w), w->b->entry, w->b->n, fresh[i]);
	w->changed |= n != 0;
	lh_baseline_sort(w->b);
	lh_view_close(&v);
}

/* ---- the file ---- */

/* Marks the entries of a file that was read again. */
static void mark_seen(struct lh_baseline *b, const struct lh_report *report)
{
	for (uint32_t i = 0; i < report->findings; i++) {
		struct lh_report_finding copy = *report->finding[i];

		lh_baseline_has(b, &copy);
		for (uint32_t k = 0; k < report->finding[i]->mergeds; k++) {
			copy = *report->finding[i]->merged[k];
			lh_baseline_has(b, &copy);
		}
	}
}

static bool stays(const struct rewrite *w, const struct lh_baseline_entry *k)
{
	return w->keep_old || (k->seen && !k->former);
}

/* With `keep_old`, entries that this run did not see may be of an earlier recipe. */
static bool becomes_current(const struct rewrite *w)
{
	for (uint32_t i = 0; i < w->b->n && lh_baseline_is_former(w->b); i++)
		if (stays(w, &w->b->entry[i]) && (!w->b->entry[i].seen || w->b->entry[i].former))
			return false;
	return true;
}

static const char *with_line_ends(const struct rewrite *w, const char *text)
{
	const char *result = "", *end;

	if (!w->b->crlf)
		return text;
	for (; (end = strchr(text, '\n')) != NULL; text = end + 1)
		result =
			lh_arena_printf(arena_of(w), "%s%.*s\r\n", result, (int)(end - text), text);
	return result;
}

static const char *head(struct rewrite *w)
{
	struct lh_baseline *b = w->b;
	uint32_t recipe = w->current ? LH_BASELINE_RECIPE : b->recipe;
	const char *line = recipe ? lh_arena_printf(b->arena, LH_BASELINE_RECIPE_TEXT "%u. %s\n",
						    recipe, ABOUT_PLACES)
				  : "";

	if (recipe == b->recipe && recipe == LH_BASELINE_RECIPE)
		return b->head;
	return lh_arena_printf(b->arena, "%s%s%s", b->head,
			       *b->head || !w->current ? "" : with_line_ends(w, HEAD),
			       with_line_ends(w, line));
}

/* What people wrote above an entry goes with the entry, up to an empty line. */
static const char *before_last_paragraph(const struct rewrite *w, const char *comment)
{
	size_t keep = 0, n;

	for (const char *line = comment; *line; line += n) {
		n = strcspn(line, "\n") + 1;
		if (strspn(line, " \t\r") == n - 1)
			keep = (size_t)(line - comment) + n;
	}
	return lh_arena_printf(arena_of(w), "%.*s", (int)keep, comment);
}

static void write_lines(struct rewrite *w, FILE *file)
{
	const char *kept = "";

	fprintf(file, "%s%s", w->b->bom ? "\xef\xbb\xbf" : "", head(w));
	for (uint32_t i = 0; i < w->b->n; i++) {
		const struct lh_baseline_entry *k = &w->b->entry[i];

		if (stays(w, k))
			fprintf(file, "%s%s%s\n", kept, k->comment, k->line);
		kept = stays(w, k) ? ""
				   : lh_arena_printf(arena_of(w), "%s%s", kept,
						     before_last_paragraph(w, k->comment));
	}
	fprintf(file, "%s%s", kept, w->b->tail);
}

static int write_file(struct rewrite *w)
{
	struct lh_output out;
	char error[5000];
	char *path = lh_arena_alloc(arena_of(w), 2 * strlen(w->b->path) + 1), *at = path;

	/* lh_output_open expands %, so each % of the path is doubled. */
	for (const char *c = w->b->path; *c; c++) {
		if (*c == '%')
			*at++ = '%';
		*at++ = *c;
	}
	if (!lh_output_open(&out, path, error, sizeof(error)))
		return errno ? errno : EIO;
	write_lines(w, out.file);
	return lh_output_finish(&out, 0, "");
}

static bool must_write(struct rewrite *w)
{
	bool changed = w->changed || access(w->b->path, F_OK) != 0 ||
		       (w->current && w->b->recipe != LH_BASELINE_RECIPE);

	for (uint32_t i = 0; i < w->b->n && !changed; i++)
		changed = !stays(w, &w->b->entry[i]);
	return changed;
}

/* Held while the file is read and rewritten: parallel runs wait for each other. */
static int lock_directory(struct lh_arena *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd = open(slash ? lh_arena_printf(p, "%.*s/", (int)(slash - path), path) : ".",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_EX); /* without the lock we write anyway */
	return fd;
}

int lh_baseline_write(struct lh_baseline *b, const struct lh_report *report, bool keep_old,
		      bool *changed)
{
	struct rewrite w = {.b = b, .keep_old = keep_old};
	int fd = lock_directory(b->arena, b->path), error = 0;
	struct lh_baseline fresh;

	if (keep_old && !lh_baseline_read(&fresh, b->arena, b->path, true)) {
		error = EINVAL; /* the file has become invalid meanwhile; the error was reported */
	} else if (keep_old) {
		*b = fresh;
		mark_seen(b, report);
	}
	if (!error) {
		w.current = becomes_current(&w);
		add_findings(&w, report);
		*changed = must_write(&w);
		error = *changed ? write_file(&w) : 0;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

int lh_baseline_writable(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return EISDIR;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	return access(dir, W_OK | X_OK) ? errno : 0;
}
