/* test_escape.c — tests that text of the checked process is made harmless in each output format.
 * LINKS: tools/util/ */
#include "tools/util/escape.h"
#include "tests/unit/unit.h"

static struct lh_arena *arena;

static const char *text(const char *s)
{
	return lh_escape(arena, LH_ESCAPE_TEXT, s);
}

static const char *json(const char *s)
{
	return lh_escape(arena, LH_ESCAPE_JSON, s);
}

static const char *xml(const char *s)
{
	return lh_escape(arena, LH_ESCAPE_XML, s);
}

static void clean_stays(void)
{
	const char *s = "worker-1 \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb6 <T>";

	CHECK(text(s) == s);
	CHECK(json(s) == s);
	CHECK(text("") != NULL && text(NULL) == NULL);
}

static void terminals(void)
{
	CHECK_STR(text("\33[31mred\33[0m"), "\\x1b[31mred\\x1b[0m");
	CHECK_STR(text("a\nb\tc\r\x7f"), "a\\nb\\tc\\x0d\\x7f");
	CHECK_STR(text("\xc2\x9b"
		       "31m"),
		  "\\x9b31m"); /* C1: another form of ESC [ */
	CHECK_STR(text("\xe2\x80\xae"
		       "cod.exe"),
		  "\\u{202e}cod.exe"); /* changes the reading direction */
	CHECK_STR(text("\xe2\x80\xa8"), "\\u{2028}");
	CHECK_STR(text("\xef\xbb\xbf"), "\\u{feff}");
}

static void not_utf8(void)
{
	CHECK_STR(text("a\xff"
		       "b"),
		  "a\\xffb");
	CHECK_STR(text("\xc0\x80"), "\\xc0\\x80");                   /* overlong zero */
	CHECK_STR(text("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");          /* overlong slash */
	CHECK_STR(text("\xed\xa0\x80"), "\\xed\\xa0\\x80");          /* half of a surrogate pair */
	CHECK_STR(text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); /* above the last character */
	CHECK_STR(text("\xe2\x82"), "\\xe2\\x82"); /* cut by the name's 16 bytes */
	CHECK_STR(json("a\xff\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_STR(json("\33\n"), "\33\n"); /* the JSON library writes these as it must */
}

static void markup(void)
{
	CHECK_STR(xml("<a b='c' d=\"e\">&]]>"),
		  "&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;]]&gt;");
	CHECK_STR(lh_escape(arena, LH_ESCAPE_HTML, "</script>'"), "&lt;/script&gt;&#39;");
	CHECK_STR(xml("\1x\xef\xbf\xbe"), "\xef\xbf\xbdx\xef\xbf\xbd");
}

/* For any two bytes, the output is UTF-8 without control characters. */
static void all_pairs(void)
{
	unsigned wrong = 0;

	for (int i = 1; i < 256; i++)
		for (int k = 0; k < 256; k++) {
			char in[3] = {(char)i, (char)k, 0};
			const char *out = text(in);

			for (const char *c = out; *c; c++)
				wrong += (unsigned char)*c < 0x20 || *c == 0x7f;
			wrong += text(out) != out; /* a second escape changes nothing */
			out = json(in);
			wrong += json(out) != out;
			out = xml(in);
			wrong += strpbrk(out, "<>\"'") != NULL;
		}
	CHECK_EQ(wrong, 0);
}

int main(void)
{
	arena = lh_arena_new();
	clean_stays();
	terminals();
	not_utf8();
	markup();
	all_pairs();
	lh_arena_free(arena);
	return unit_done();
}
