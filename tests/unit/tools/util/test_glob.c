/* Patterns of suppressions, and paths as reports give them.
 * LINKS: tools/util/ tools/render/ tools/report/ tools/lock_order/cross_run.c
 * tools/lock_order/cross_run_rows.c tools/ledger/ tools/symbols/ */
#include "tools/util/glob.h"
#include "tests/unit/unit.h"
#include "tools/render/view.h"

static void anywhere(void)
{
	CHECK(lh_pattern_in("lock", "my_lock_x"));
	CHECK(lh_pattern_in("", "anything"));
	CHECK(lh_pattern_in("*", ""));
	CHECK(lh_pattern_in("a*c", "xabbcx"));
	CHECK(lh_pattern_in("^a*c", "abbcx"));
	CHECK(lh_pattern_in("a*c$", "xacbc"));
	CHECK(lh_pattern_in("^abc$", "abc"));
	CHECK(lh_pattern_in("^a*b*c$", "axbxbc"));
	CHECK(!lh_pattern_in("^abc$", "abcd"));
	CHECK(!lh_pattern_in("^bc", "abc"));
	CHECK(!lh_pattern_in("ab$", "abc"));
	CHECK(!lh_pattern_in("a*c", "cba"));
	CHECK(!lh_pattern_in("a", NULL));
	CHECK(!lh_pattern_in("^ab*bc$", "abc")); /* the b is wanted twice */
	CHECK(lh_pattern_in("^", "x"));
	CHECK(lh_pattern_in("$", "x"));
}

static void whole(void)
{
	CHECK(lh_pattern_is("abc", "abc"));
	CHECK(lh_pattern_is("^abc$", "abc"));
	CHECK(lh_pattern_is("a*", "abc"));
	CHECK(lh_pattern_is("*c", "abc"));
	CHECK(lh_pattern_is("*", ""));
	CHECK(lh_pattern_is("a*a", "aa"));
	CHECK(!lh_pattern_is("a*a", "a"));
	CHECK(!lh_pattern_is("ab", "abc"));
	CHECK(!lh_pattern_is("bc", "abc"));
	CHECK(!lh_pattern_is("", "abc"));
	CHECK(!lh_pattern_is("*", NULL));
	CHECK(lh_pattern_is("*a*b*", "xxaxxbxx"));
	CHECK(!lh_pattern_is("*a*b", "xxbxxa"));
}

static void paths(void)
{
	struct lh_pool *p = lh_pool_new();

	CHECK_STR(lh_view_normal(p, "/a/./b//c/../d.c"), "/a/b/d.c");
	CHECK_STR(lh_view_normal(p, "./a.c"), "a.c");
	CHECK_STR(lh_view_normal(p, "../a.c"), "../a.c");
	CHECK_STR(lh_view_normal(p, "x/../../a.c"), "../a.c");
	CHECK_STR(lh_view_normal(p, "../../x/../a.c"), "../../a.c");
	CHECK_STR(lh_view_normal(p, "/../a.c"), "/a.c");
	CHECK_STR(lh_view_normal(p, "/"), "/");
	CHECK_STR(lh_view_normal(p, ""), "");
	CHECK_STR(lh_view_normal(p, "a/b/"), "a/b");
	CHECK_STR(lh_view_normal(p, "..."), "...");
	CHECK(lh_view_inside("src/a.c"));
	CHECK(lh_view_inside("..a.c"));
	CHECK(!lh_view_inside("../a.c"));
	CHECK(!lh_view_inside("/a.c"));
	CHECK(!lh_view_inside(""));
	CHECK(!lh_view_inside(NULL));
	lh_pool_free(p);
}

int main(void)
{
	anywhere();
	whole();
	paths();
	return unit_done();
}
