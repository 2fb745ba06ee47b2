/* test_baseline.c — tests that a baseline keeps its bytes: random files are read and written.
 * LINKS: tools/project/ libcheck/lock_api/rows.c tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/project/baseline.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/util/arena.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_baseline.XXXXXX";
static struct lh_arena *arena;
static uint64_t state = 1;

static unsigned below(unsigned n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(state >> 33) % n;
}

static const char *pick(const char *const *list, unsigned n)
{
	return list[below(n)];
}
#define PICK(...)                                                                                  \
	pick((const char *const[]){__VA_ARGS__},                                                   \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add(char **text, const char *more)
{
	*text = lh_arena_printf(arena, "%s%s", *text, more);
}

/* ---- a random file ---- */

static void add_words(char **text)
{
	for (unsigned n = below(6); n; n--)
		add(text, PICK("main::{lambda#2}", " #4", "\t", "\"a\"", "\xc3\xa9", "\xff", "  ",
			       "'", "->", " 2 places", "<int, 3ul>", "src/a.c", "#", "%s", "x y"));
	if (!below(40))
		add(text, lh_arena_printf(arena, "%05000d", 7));
}

static void add_line(char **text, const char *line_end)
{
	if (below(2)) {
		add(text, PICK("", " ", "\t  "));
		if (below(3)) {
			add(text, "#");
			add_words(text);
		}
		add(text, line_end);
	}
}

/* The entries are in order. */
static char *random_file(unsigned recipe)
{
	const char *line_end = PICK("\n", "\n", "\r\n");
	char *text = lh_arena_strdup(arena, below(8) ? "" : "\xef\xbb\xbf");
	unsigned n = below(6);

	if (recipe)
		add(&text, lh_arena_printf(arena, "# Recipe of the fingerprints: %u%s%s", recipe,
					   PICK("", ". More", " "), line_end));
	for (unsigned i = 0; i < n; i++) {
		add_line(&text, line_end);
		add_line(&text, line_end);
		add(&text, lh_arena_printf(arena, "%s%016x%s", PICK("", "", " "), 16 * i + 1,
					   PICK(" lock-order  ", " deadlock 3 places", " ", "\t",
						" lock-order 1 place  ", "  a")));
		add_words(&text);
		add(&text, line_end);
	}
	add_line(&text, line_end);
	return text;
}

/* ---- reading and writing ---- */

static void write_text(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static const char *read_text(void)
{
	static char text[200000];
	FILE *f = fopen(path, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	text[n] = '\0';
	fclose(f);
	return text;
}

/* Reads the file and writes it with the findings of the report. Was it changed? */
static bool rewrite(const struct lh_report *report)
{
	struct lh_baseline b;
	bool changed = false;

	CHECK(lh_baseline_read(&b, arena, path, false));
	CHECK_EQ(lh_baseline_write(&b, report, true, &changed), 0);
	return changed;
}

/* Each line of the old text is in the new one, in the same order. */
static bool keeps_lines(const char *old, const char *new)
{
	const bool bom = strncmp(old, "\xef\xbb\xbf", 3) == 0;

	CHECK(!bom || strncmp(new, old, 3) == 0);
	old += bom ? 3 : 0;
	new += bom ? 3 : 0;
	for (size_t n; *old; old += n) {
		n = strcspn(old, "\n") + 1;
		while (*new &&strncmp(old, new, n) != 0)
			new += strcspn(new, "\n") + 1;
		if (!*new)
			return false;
		new += n;
	}
	return true;
}

static void random_files(void)
{
	struct lh_report *none = lh_report_new((struct lh_report_options){0}),
			 *bank = lh_report_new((struct lh_report_options){0});
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_ledger_view view;

	CHECK(lh_read_view(&view, l, l->total));
	lh_report_add_ledger(bank, &view);
	lh_report_finish(bank);
	for (int i = 0; i < 400; i++) {
		const char *text;

		arena = lh_arena_new();
		text = random_file(i % 2 ? 3 : 0);
		write_text(text);
		if (i % 2) /* otherwise a file without entries becomes one of this version */
			CHECK(!rewrite(none));
		CHECK(!(i % 2) || strcmp(read_text(), text) == 0);
		CHECK(rewrite(bank));
		CHECK(keeps_lines(text, read_text()));
		text = lh_arena_strdup(arena, read_text());
		CHECK(!rewrite(bank));
		CHECK_STR(read_text(), text);
		lh_arena_free(arena);
	}
	lh_report_free(none);
	lh_report_free(bank);
}

/* ---- one file ---- */

static struct lh_baseline read_baseline(const char *text)
{
	struct lh_baseline b;

	write_text(text);
	CHECK(lh_baseline_read(&b, arena, path, false));
	return b;
}

static void entries(void)
{
	struct lh_baseline b;

	arena = lh_arena_new();
	b = read_baseline("# Recipe of the fingerprints: 3. Text\n"
			  "0000000000000002 lock-order 12 places  a -> b  src/x.c\n"
			  "0000000000000001 deadlock  2 places -> b\n");
	CHECK_EQ(b.recipe, 3);
	CHECK(!lh_baseline_is_former(&b));
	CHECK_EQ(b.n, 2);
	CHECK_EQ(b.entry[0].places, 1);
	CHECK_STR(b.entry[0].rule, "deadlock");
	CHECK_EQ(b.entry[1].places, 12);
	CHECK_STR(b.entry[1].file, "x.c");
	/* of an earlier version: any number of places; a comment behind the file is no file */
	b = read_baseline("0000000000000001 lock-order  a #4 -> b  src/x.c  # ours\n");
	CHECK(lh_baseline_is_former(&b));
	CHECK_EQ(b.entry[0].places, 0);
	CHECK_STR(b.entry[0].file, "x.c");
	/* both sides of a merge */
	b = read_baseline("# Recipe of the fingerprints: 3\n"
			  "# one\n0000000000000001 lock-order\n"
			  "# two\n0000000000000001 lock-order 3 places\n");
	CHECK_EQ(b.n, 1);
	CHECK_EQ(b.entry[0].places, 3);
	CHECK_STR(b.entry[0].comment, "# one\n# two\n");
	/* two files, one of an earlier recipe */
	b = read_baseline("# Recipe of the fingerprints: 3\n# Recipe of the fingerprints: 2\n"
			  "0000000000000001 lock-order\n");
	CHECK_EQ(b.recipe, 2);
	lh_arena_free(arena);
}

int main(void)
{
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	random_files();
	entries();
	unlink(path);
	return unit_done();
}
