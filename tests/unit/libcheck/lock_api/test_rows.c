/* test_rows.c — tests the rows of --lock-api: what they mean, and where a bad one is wrong.
 * LINKS: libcheck/lock_api/rows.c */
#include "libcheck/lock_api/rows.h"
#include "tests/unit/unit.h"

static struct lh_api api;

/* The row of a line after others; NULL: refused. */
static const struct lh_api_row *row(const char *line)
{
	struct lh_api_error error;

	return lh_api_read_line(&api, line, strlen(line), 7, &error) ? &api.row[api.rows - 1]
								     : NULL;
}

static void meanings(void)
{
	const struct lh_api_row *r = row("take acquire");

	CHECK_EQ(r->action, LH_API_ACQUIRE);
	CHECK_EQ(r->lock, LH_API_POINTER);
	CHECK_EQ(r->argument, 1);
	CHECK_EQ(r->success, LH_API_ALWAYS);
	CHECK_EQ(r->line, 7);
	CHECK(!r->shared && !r->inside_reported);
	r = row(" \t take_read\tacquire  shared lock=6 inside=reported success=-3 ");
	CHECK(r->shared && r->inside_reported && r->argument == 6);
	CHECK(r->success == LH_API_NUMBER && r->number == -3);
	r = row("take_value try value=2 bits=13 success=nonnull");
	CHECK(r->lock == LH_API_VALUE && r->argument == 2 && r->bits == 13);
	CHECK_EQ(row("wait wait")->lock, LH_API_HELD);
	CHECK_EQ(row("wait_for wait lock=2")->lock, LH_API_POINTER);
	CHECK_EQ(row("big acquire name=\"the lock\"")->name_length, 8);
	r = row("big_end release name=\"the lock\"");
	CHECK_EQ(r->name_number, api.rows - 2);
	r = row("other acquire name=other");
	CHECK_EQ(r->name_number, api.rows - 1);
	CHECK_EQ(row("\"A::f()\" init")->length, 4);
	CHECK_EQ(row("A::~A destroy")->kind, 0);
	CHECK(lh_api_read_line(&api, "kind \"spin lock\" recursive", 26, 8, NULL));
	CHECK_EQ(row("spin acquire")->kind, 1);
	CHECK(api.kind[1].recursive && !api.kind[0].recursive);
	CHECK_STR(api.kind[1].name, "spin lock");
	CHECK_EQ(lh_api_without_comment("f acquire # x", 13), 9);
	CHECK_EQ(lh_api_without_comment("f#1 acquire", 11), 11);
}

/* The column of the word and its text. */
static void refused(const char *line, uint32_t column, const char *word)
{
	struct lh_api_error e = {0};
	uint32_t rows = api.rows, kinds = api.kinds;

	if (!CHECK(!lh_api_read_line(&api, line, strlen(line), 1, &e)))
		return;
	CHECK_EQ(e.word - line + 1, column);
	if (!CHECK(e.length == strlen(word) && memcmp(e.word, word, e.length) == 0))
		printf("\t%s\n", line);
	CHECK(e.problem && e.expected && api.rows == rows && api.kinds == kinds);
}

static void errors(void)
{
	refused("g", 2, "");
	refused("g takes", 3, "takes");
	refused("g try", 6, "");
	refused("g try success=always", 21, "");
	refused("g try success=yes", 15, "yes");
	refused("g try success=99999999999", 15, "99999999999");
	refused("g acquire lock=7", 16, "7");
	refused("g acquire lock=", 16, "");
	refused("g acquire value=1 bits=49", 24, "49");
	refused("g acquire bits=3", 17, "");
	refused("g acquire lock=1 value=2", 18, "value=2");
	refused("g acquire name=\"a", 16, "\"a");
	refused("g acquire inside=maybe", 18, "maybe");
	refused("g acquire often", 11, "often");
	refused("g acquire often=1", 11, "often=1");
	refused("g init shared", 14, "");
	refused("take acquire", 1, "take");
	refused("A::f(int) acquire", 1, "A::f(int)");
	refused("A<int>::f acquire", 1, "A<int>::f");
	refused("\"open acquire", 1, "\"open acquire");
	refused("kind", 5, "");
	refused("kind abcdefghijklmnopqrstuvwx", 6, "abcdefghijklmnopqrstuvwx");
	refused("kind a often", 8, "often");
	refused("kind a recursive more", 18, "more");
}

static void limits(void)
{
	static char line[LH_API_ROWS_MAX][24]; /* the rows point there */

	lh_api_begin(&api);
	for (int i = 0; i < LH_API_ROWS_MAX; i++) {
		snprintf(line[i], sizeof(line[i]), "f%d acquire", i);
		CHECK(row(line[i]));
	}
	refused("g acquire", 1, "g");
	for (int i = 1; i < LH_API_KINDS_MAX; i++)
		CHECK(lh_api_read_line(&api, "kind a", 6, 1, NULL));
	refused("kind a", 6, "a");
}

static void successes(void)
{
	const struct {
		const char *line;
		uint64_t good, bad;
	} t[] = {{"zero", 1ull << 32, 1},
		 {"nonzero", 1, 1ull << 32},
		 {"nonnegative", 0, 0xffffffff},
		 {"true", 1, 0x100},
		 {"false", 0x100, 1},
		 {"null", 0, 1ull << 40},
		 {"nonnull", 1ull << 40, 0},
		 {"-2", 0xfffffffe, 2}};
	char line[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		lh_api_begin(&api);
		snprintf(line, sizeof(line), "f try success=%s", t[i].line);
		CHECK(lh_api_is_success(row(line), t[i].good));
		CHECK(!lh_api_is_success(&api.row[0], t[i].bad));
	}
}

int main(void)
{
	lh_api_begin(&api);
	meanings();
	errors();
	limits();
	successes();
	return unit_done();
}
