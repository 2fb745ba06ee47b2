/* test_glob.c — tests the patterns of suppressions, and the normal form of paths in reports.
 * LINKS: tools/util/ tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ */
#include "tools/util/glob.h"
#include "tests/unit/unit.h"
#include "tools/render/view.h"

static void anywhere(void)
{
	CHECK(lh_glob_match_part("lock", "my_lock_x"));
	CHECK(lh_glob_match_part("", "anything"));
	CHECK(lh_glob_match_part("*", ""));
	CHECK(lh_glob_match_part("a*c", "xabbcx"));
	CHECK(lh_glob_match_part("^a*c", "abbcx"));
	CHECK(lh_glob_match_part("a*c$", "xacbc"));
	CHECK(lh_glob_match_part("^abc$", "abc"));
	CHECK(lh_glob_match_part("^a*b*c$", "axbxbc"));
	CHECK(!lh_glob_match_part("^abc$", "abcd"));
	CHECK(!lh_glob_match_part("^bc", "abc"));
	CHECK(!lh_glob_match_part("ab$", "abc"));
	CHECK(!lh_glob_match_part("a*c", "cba"));
	CHECK(!lh_glob_match_part("a", NULL));
	CHECK(!lh_glob_match_part("^ab*bc$", "abc")); /* the pattern needs two b */
	CHECK(lh_glob_match_part("^", "x"));
	CHECK(lh_glob_match_part("$", "x"));
}

static void whole(void)
{
	CHECK(lh_glob_match("abc", "abc"));
	CHECK(lh_glob_match("^abc$", "abc"));
	CHECK(lh_glob_match("a*", "abc"));
	CHECK(lh_glob_match("*c", "abc"));
	CHECK(lh_glob_match("*", ""));
	CHECK(lh_glob_match("a*a", "aa"));
	CHECK(!lh_glob_match("a*a", "a"));
	CHECK(!lh_glob_match("ab", "abc"));
	CHECK(!lh_glob_match("bc", "abc"));
	CHECK(!lh_glob_match("", "abc"));
	CHECK(!lh_glob_match("*", NULL));
	CHECK(lh_glob_match("*a*b*", "xxaxxbxx"));
	CHECK(!lh_glob_match("*a*b", "xxbxxa"));
}

static void paths(void)
{
	struct lh_arena *p = lh_arena_new();

	CHECK_STR(lh_path_normalize(p, "/a/./b//c/../d.c"), "/a/b/d.c");
	CHECK_STR(lh_path_normalize(p, "./a.c"), "a.c");
	CHECK_STR(lh_path_normalize(p, "../a.c"), "../a.c");
	CHECK_STR(lh_path_normalize(p, "x/../../a.c"), "../a.c");
	CHECK_STR(lh_path_normalize(p, "../../x/../a.c"), "../../a.c");
	CHECK_STR(lh_path_normalize(p, "/../a.c"), "/a.c");
	CHECK_STR(lh_path_normalize(p, "/"), "/");
	CHECK_STR(lh_path_normalize(p, ""), "");
	CHECK_STR(lh_path_normalize(p, "a/b/"), "a/b");
	CHECK_STR(lh_path_normalize(p, "..."), "...");
	CHECK(lh_path_is_inside("src/a.c"));
	CHECK(lh_path_is_inside("..a.c"));
	CHECK(!lh_path_is_inside("../a.c"));
	CHECK(!lh_path_is_inside("/a.c"));
	CHECK(!lh_path_is_inside(""));
	CHECK(!lh_path_is_inside(NULL));
	lh_arena_free(p);
}

int main(void)
{
	anywhere();
	whole();
	paths();
	return unit_done();
}
