/* baseline.c — reads, sorts and rewrites the baseline file. */
#include "tools/project/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/util/config_lines.h"
#include "tools/util/output_file.h"
#include "tools/render/view.h"

#define HEAD                                                                                       \
	"# lockhound baseline: known findings, which do not fail the check. The lines are "        \
	"sorted.\n"                                                                                \
	"# Without its line a finding is new again. Each line: fingerprint, rule, subject, "       \
	"file.\n"

/* The head of earlier versions. A file that has it keeps it, so that an update changes entries
 * only. */
#define OLD_HEAD                                                                                   \
	"# lockhound baseline: findings that are known and do not fail the check. Sorted; a "      \
	"line\n"                                                                                   \
	"# that is taken out counts as new again. Behind the fingerprint stands what it is "       \
	"about.\n"

static int by_fingerprint(const void *a, const void *b)
{
	return strcmp(((const struct lh_baseline_entry *)a)->fingerprint,
		      ((const struct lh_baseline_entry *)b)->fingerprint);
}

static struct lh_baseline_entry *find(struct lh_baseline *b, const char *fingerprint)
{
	struct lh_baseline_entry key = {.fingerprint = fingerprint};

	return b->n ? bsearch(&key, b->entry, b->n, sizeof(key), by_fingerprint) : NULL;
}

static bool is_conflict(const char *line)
{
	return strncmp(line, "<<<<<<<", 7) == 0 || strncmp(line, "=======", 7) == 0 ||
	       strncmp(line, ">>>>>>>", 7) == 0;
}

static bool read_line(struct lh_config_lines *l, struct lh_baseline_entry *k)
{
	size_t n = strspn(l->text, "0123456789abcdef");

	if (is_conflict(l->text))
		return lh_config_lines_error(
			l, l->text,
			"a merge conflict; keep the lines of both sides and remove the markers");
	if (n != 16 || (l->text[n] && !strchr(" \t", l->text[n])))
		return lh_config_lines_error(l, l->text + n,
					     "'%.*s' is not a fingerprint; expected 16 lower-case "
					     "hex digits and then a text",
					     (int)strcspn(l->text, " \t"), l->text);
	k->fingerprint = lh_arena_printf(l->arena, "%.16s", l->text);
	k->text = l->text + n + strspn(l->text + n, " \t");
	return true;
}

/* Sorts the entries and drops duplicates. */
static void sort_entries(struct lh_baseline *b)
{
	uint32_t n = 0;

	if (b->n > 1)
		qsort(b->entry, b->n, sizeof(*b->entry), by_fingerprint);
	for (uint32_t i = 0; i < b->n; i++)
		if (!n || by_fingerprint(&b->entry[n - 1], &b->entry[i]) != 0)
			b->entry[n++] = b->entry[i];
	b->n = n;
}

bool lh_baseline_read(struct lh_baseline *b, struct lh_arena *arena, const char *path,
		      bool may_lack)
{
	struct lh_config_lines l;
	const char *comment = "";

	*b = (struct lh_baseline){.arena = arena, .path = path, .head = HEAD, .tail = ""};
	if (may_lack && access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!lh_config_lines_open(&l, arena, path))
		return false;
	while (lh_config_lines_next(&l)) {
		struct lh_baseline_entry k = {.comment = comment};

		if (!*l.text) {
			bool is_header =
				strstr(HEAD OLD_HEAD, l.whole) != NULL; /* also an empty line */

			if (strncmp(l.whole, OLD_HEAD, strcspn(OLD_HEAD, "\n")) == 0)
				b->head = OLD_HEAD;
			comment = is_header ? comment
					    : lh_arena_printf(arena, "%s%s\n", comment, l.whole);
			continue;
		}
		if (!read_line(&l, &k))
			break;
		if (l.comment) /* the comment stays part of the entry */
			k.text = lh_arena_printf(arena, "%s  # %s", k.text, l.comment);
		comment = "";
		LH_PUSH(arena, b->entry, b->n, k);
	}
	lh_config_lines_close(&l);
	b->tail = comment;
	sort_entries(b);
	return !l.bad;
}

bool lh_baseline_has(struct lh_baseline *b, const struct lh_report_finding *f)
{
	struct lh_baseline_entry *k = find(b, f->fingerprint), *former = find(b, f->former);

	if (k)
		k->seen = true;
	if (former && former != k)
		former->seen = former->former = true;
	return k || former;
}

uint32_t lh_baseline_formers(const struct lh_baseline *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++)
		n += b->entry[i].former;
	return n;
}

/* ---- writing ---- */

static void add_finding(struct lh_baseline *b, struct lh_view *v, const struct lh_report_finding *f)
{
	const char *path = lh_view_path(v, f->frame);
	struct lh_baseline_entry k = {.fingerprint = f->fingerprint, .comment = "", .seen = true};

	/* The file without the line: a moved line would change this entry. */
	k.text = lh_arena_printf(
		b->arena, "%s  %s%s%s", lh_name_rule(f->rule), lh_view_subject(v, f),
		path ? "  " : "",
		path ? lh_view_clean(v, lh_path_is_inside(path) ? path : lh_path_base(path)) : "");
	LH_PUSH(b->arena, b->entry, b->n, k);
}

static void add_findings(struct lh_baseline *b, const struct lh_report *report)
{
	struct lh_render_text_style style = {0};
	struct lh_view v = lh_view_open(report, &style, stderr);
	uint32_t old = b->n;

	for (uint32_t i = 0; i < report->findings; i++) {
		struct lh_baseline known = {.entry = b->entry, .n = old};
		struct lh_baseline_entry *k = find(&known, report->finding[i]->fingerprint);

		if (k)
			k->seen = true;
		else if (report->finding[i]->status != LH_SUPPRESSED)
			add_finding(b, &v, report->finding[i]);
	}
	sort_entries(b);
	lh_view_close(&v);
}

static int write_file(const struct lh_baseline *b, bool keep_old)
{
	struct lh_output out;
	char error[5000];
	char *path = lh_arena_alloc(b->arena, 2 * strlen(b->path) + 1), *at = path;

	/* lh_output_open expands %, so each % of the path is doubled. */
	for (const char *c = b->path; *c; c++) {
		if (*c == '%')
			*at++ = '%';
		*at++ = *c;
	}
	if (!lh_output_open(&out, path, error, sizeof(error)))
		return errno ? errno : EIO;
	fputs(b->head, out.file);
	for (uint32_t i = 0; i < b->n; i++)
		if (keep_old || (b->entry[i].seen && !b->entry[i].former))
			fprintf(out.file, "%s%s %s\n", b->entry[i].comment, b->entry[i].fingerprint,
				b->entry[i].text);
	fputs(b->tail, out.file);
	return lh_output_finish(&out, 0, "");
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

int lh_baseline_write(struct lh_baseline *b, const struct lh_report *report, bool keep_old)
{
	int fd = lock_directory(b->arena, b->path), error = 0;
	struct lh_baseline fresh;

	if (keep_old && !lh_baseline_read(&fresh, b->arena, b->path, true))
		error = EINVAL; /* the file has become invalid meanwhile; the error was reported */
	else if (keep_old)
		*b = fresh;
	if (!error) {
		add_findings(b, report);
		error = write_file(b, keep_old);
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
