/* test_nearest.c — tests which known word a misspelled one is taken for.
 * LINKS: tools/util/ */
#include "tools/util/nearest.h"
#include "tests/unit/unit.h"

static const char *nearest(const char *word)
{
	static const char *const known[] = {"run", "check", "hang", "top", "report", "lock-order"};
	struct lh_nearest n = lh_nearest_to(word, strlen(word));

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		lh_nearest_try(&n, known[i]);
	return n.best ? n.best : "";
}

int main(void)
{
	CHECK_STR(nearest("chekc"), "check");
	CHECK_STR(nearest("chck"), "check");
	CHECK_STR(nearest("cheeck"), "check");
	CHECK_STR(nearest("hnag"), "hang");
	CHECK_STR(nearest("tpo"), "top");
	CHECK_STR(nearest("rn"), "run");
	CHECK_STR(nearest("lock-ordr"), "lock-order");
	CHECK_STR(nearest("lok-odrer"), "lock-order");
	CHECK_STR(nearest("bank"), ""); /* two letters of four are wrong */
	CHECK_STR(nearest("checksum"), "");
	CHECK_STR(nearest(""), "");
	CHECK_STR(nearest("a-word-of-more-than-forty-letters-is-never-near"), "");
	return unit_done();
}
