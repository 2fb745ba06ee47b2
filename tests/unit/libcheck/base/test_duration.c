/* test_duration.c — tests how options read durations, and how texts write them.
 * LINKS: tools/util/ */
#include "libcheck/base/duration.h"
#include "tests/unit/unit.h"
#include "tools/util/duration.h"

#define S 1000000000ull

static uint64_t read(const char *text)
{
	uint64_t ns;

	return lh_duration_read(text, &ns) ? ns : UINT64_MAX;
}

static void good(void)
{
	CHECK_EQ(read("0"), 0);
	CHECK_EQ(read("5"), 5 * S); /* a bare number is in seconds */
	CHECK_EQ(read("0.5"), S / 2);
	CHECK_EQ(read(".05"), S / 20);
	CHECK_EQ(read("5s"), 5 * S);
	CHECK_EQ(read("1.5s"), 3 * S / 2);
	CHECK_EQ(read("500us"), 500000);
	CHECK_EQ(read("10ms"), 10000000);
	CHECK_EQ(read("7ns"), 7);
	CHECK_EQ(read("2m"), 120 * S);
	CHECK_EQ(read("1h30m"), 5400 * S);
	CHECK_EQ(read("1m1.5s"), 123 * S / 2);
	CHECK_EQ(read("2562047h"), 2562047ull * 3600 * S); /* just below 2^63 ns */
	CHECK_EQ(read("0.0000000019s"), 1);
}

static void bad(void)
{
	static const char *const texts[] = {"",         "x",
					    "soon",     "-1",
					    "+1",       "1e3",
					    "5.",       ".",
					    "5x",       "1h30",
					    "30m1h",    "1m1m",
					    "5 s",      " 5",
					    "1.5.1",    "5S",
					    "inf",      "nan",
					    "0x10",     "5ms1",
					    "2562048h", "99999999999999999999"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!CHECK_EQ(read(texts[i]), UINT64_MAX))
			printf("\tof '%s'\n", texts[i]);
}

static void texts(void)
{
	char out[LH_DURATION_TEXT];

	CHECK_STR(lh_duration_text(35e-6, out), "35 us");
	CHECK_STR(lh_duration_text(0.3, out), "300 ms");
	CHECK_STR(lh_duration_text(1, out), "1 s");
	CHECK_STR(lh_duration_text(1.5, out), "1.5 s");
	CHECK_STR(lh_duration_text(119, out), "119 s");
	CHECK_STR(lh_duration_text(120, out), "2 min");
	CHECK_STR(lh_duration_text(3599, out), "59 min 59 s");
	CHECK_STR(lh_duration_text(3600, out), "1 h");
	CHECK_STR(lh_duration_text(7500, out), "2 h 5 min");
	CHECK_STR(lh_duration_text(200000, out), "2 d 7 h");
	CHECK_STR(lh_duration_text(1e300, out), "11574074074 d 1 h");
}

int main(void)
{
	good();
	bad();
	texts();
	return unit_done();
}
