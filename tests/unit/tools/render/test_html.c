/* test_html.c — tests the parts of the HTML page: titles, texts that are cut, source with carets,
 * stacks that stand once.
 * LINKS: tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/render/html.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *output;
static size_t length;

/* A page that is written to `output`; `end` completes it. */
static struct lh_html begin(const struct lh_report *report, bool source)
{
	static struct lh_render_text_style style;
	static struct lh_view v;

	free(output);
	style.source = source;
	v = lh_view_open(report, &style, open_memstream(&output, &length));
	return (struct lh_html){.v = &v};
}

static void end(struct lh_html *h)
{
	FILE *out = h->v->out;

	lh_view_close(h->v);
	fclose(out);
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = output; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* ---- the title counts what the page shows ---- */

static void suppress(void *with, const struct lh_report *report, struct lh_report_finding *f)
{
	(void)report;
	f->status = *(bool *)with ? LH_SUPPRESSED : LH_NEW;
}

static void check_title(struct lh_ledger *l, bool suppressed, const char *expected)
{
	struct lh_report *report = lh_report_new(
		(struct lh_report_options){.classify = suppress, .with = &suppressed});
	struct lh_ledger_view r;
	struct lh_html h;

	if (l) {
		CHECK(lh_read_view(&r, l, l->total));
		lh_report_add_ledger(report, &r);
	}
	lh_report_finish(report);
	h = begin(report, false);
	CHECK_STR(lh_html_title(&h), expected);
	end(&h);
	lh_report_free(report);
}

static void titles(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);

	check_title(NULL, false, "nothing was watched");
	check_title(build_ledger(5, "/bin/true"), false, "no findings, but no lock was used");
	check_title(l, false, "1 finding: 1 error; 1 new");
	build_finding(l, LH_RULE_LONG_HOLD, LH_HAPPENED, LH_WARNING);
	build_step(l, 2, LH_LOCK_ID(1, 1), LH_SITE(1, LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	check_title(l, false, "2 findings: 1 error, 1 warning; 2 new");
	check_title(l, true, "2 findings: 1 error, 1 warning; 0 new");
}

/* ---- texts ---- */

static void texts(void)
{
	enum { MEGABYTE = 1 << 20, UNCUT = 2000 };
	struct lh_report *report = lh_report_new((struct lh_report_options){0});
	struct lh_html h = begin(report, false);
	char *name = calloc(1, MEGABYTE + 1);
	const char *text;

	CHECK_STR(lh_html_text(&h, NULL), "");
	CHECK_STR(lh_html_text(&h, "<b>\"&'"), "&lt;b&gt;&quot;&amp;&#39;");
	CHECK(!strstr(lh_html_text(&h, "a\u202eb"), "\u202e"));
	for (int i = 0; i < MEGABYTE; i += 2)
		memcpy(name + i, "\u00e4", 2);
	text = lh_html_text(&h, name);
	CHECK(strlen(text) < UNCUT);
	CHECK(strstr(text, " bytes are left out ...]") != NULL);
	CHECK(!strstr(text, "\\x")); /* no letter is cut in two */
	name[UNCUT] = '\0';
	CHECK_STR(lh_html_text(&h, name), name);
	free(name);
	end(&h);
	lh_report_free(report);
}

/* ---- source ---- */

static char path[] = "/tmp/test_html.XXXXXX.c";

static void source(uint32_t line, uint32_t column)
{
	const struct lh_report_frame at = {.file = path, .line = line, .column = column};
	struct lh_report *report = lh_report_new((struct lh_report_options){0});
	struct lh_html h = begin(report, true);

	lh_html_source(&h, &at, "acquired 'a'");
	end(&h);
	lh_report_free(report);
}

static bool has_lines(const char *lines)
{
	const char *at = strstr(output, lines);

	return at && at[-1] == '>' && strcmp(at + strlen(lines), "</pre>\n") == 0;
}

static void sources(void)
{
	static const char lines[] = "{\n\tif (x)\n\t\tlock(&a);\n}\n    lock(&b);\n      "
				    "\u00e4(\u00e4); lock(&c);\n        two();\n";
	int fd = mkstemps(path, 2);

	CHECK_EQ(fchmod(fd, 0644), 0); /* files of which others know nothing are not shown */
	CHECK(write(fd, lines, sizeof(lines) - 1) == sizeof(lines) - 1);
	source(2, 2); /* tabs have four columns, and the caret follows */
	CHECK(has_lines("    1  {\n"
			"<b>    2      if (x)</b>\n"
			"           <i>^ acquired &#39;a&#39;</i>\n"
			"    3          lock(&amp;a);\n"));
	source(5, 5); /* blanks stay, but for those that all lines have */
	CHECK(has_lines("    4  }\n"
			"<b>    5      lock(&amp;b);</b>\n"
			"           <i>^ acquired &#39;a&#39;</i>\n"
			"    6        \u00e4(\u00e4); lock(&amp;c);\n"));
	source(6, 15); /* bytes are no columns */
	CHECK(has_lines("    5  lock(&amp;b);\n"
			"<b>    6    \u00e4(\u00e4); lock(&amp;c);</b>\n"
			"               <i>^ acquired &#39;a&#39;</i>\n"
			"    7      two();\n"));
	source(6, 0);
	CHECK(!strchr(output, '^'));
	source(6, 200);
	CHECK(!strchr(output, '^'));
	source(60, 1);
	CHECK_STR(output, "");
	close(fd);
	unlink(path);
}

/* ---- stacks ---- */

static void stacks(void)
{
	const struct lh_report_frame frames[] = {{.function = "take<int>"},
						 {.function = "start", .ours = true},
						 {.function = "main"}};
	const struct lh_report_stack inner = {.frame = frames, .n = 3},
				     outer = {.frame = frames + 2, .n = 1, .cut = true},
				     none = {.frame = frames + 1, .n = 1};
	struct lh_report *report = lh_report_new((struct lh_report_options){0});
	struct lh_html h = begin(report, false);

	lh_html_stack(&h, &inner);
	lh_html_stack(&h, &outer);
	lh_html_stack(&h, &inner);
	lh_html_stack(&h, &none);
	end(&h);
	CHECK_EQ(count("<details"), 3);
	CHECK_EQ(count("<summary>stack, 2 frames</summary>"), 2);
	CHECK_EQ(count(">#0  take&lt;int&gt;\n#1  main\n</pre>"), 1);
	CHECK_EQ(count("<a href=\"#s1\">as above: stack 1</a>"), 1);
	CHECK_EQ(count(">#0  main\n... the stack continues\n</pre>"), 1);
	lh_report_free(report);
}

/* A page with very many stacks has only the innermost frames of the last ones. */
static void many_stacks(void)
{
	enum { STACKS = 2000, FRAMES = 40 };
	struct lh_report_frame frames[FRAMES] = {{0}};
	const struct lh_report_stack t = {.frame = frames, .n = FRAMES};
	struct lh_report *report = lh_report_new((struct lh_report_options){0});
	struct lh_html h = begin(report, false);
	char names[STACKS][16];

	for (int i = 0; i < STACKS; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		frames[0].function = names[i];
		lh_html_stack(&h, &t);
	}
	end(&h);
	CHECK_EQ(count("<summary>stack, 40 frames</summary>"), STACKS);
	CHECK(strstr(output, "#39 ") && count("#39 ") < STACKS);
	CHECK_EQ(count("#39 ") + count("... 34 more, which lockhound report -v has\n"), STACKS);
	CHECK(length < 1000000);
	lh_report_free(report);
}

int main(void)
{
	titles();
	texts();
	sources();
	stacks();
	many_stacks();
	free(output);
	return unit_done();
}
