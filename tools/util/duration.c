/* duration.c — a duration as text for people. */
#include "tools/util/duration.h"

#include <stdint.h>
#include <stdio.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static void two_units(uint64_t s, uint64_t large, uint64_t small, const char *format, char *out)
{
	unsigned long long n = s / large, rest = s % large / small;
	int at = snprintf(out, LH_DURATION_TEXT, "%llu %s", n, format);

	if (rest)
		snprintf(out + at, (size_t)(LH_DURATION_TEXT - at), " %llu %s", rest,
			 large == DAY    ? "h"
			 : large == HOUR ? "min"
					 : "s");
}

const char *lh_duration_text(double seconds, char out[LH_DURATION_TEXT])
{
	uint64_t s = seconds < 1e15 ? (uint64_t)seconds : (uint64_t)1e15;

	if (seconds >= DAY)
		two_units(s, DAY, HOUR, "d", out);
	else if (seconds >= HOUR)
		two_units(s, HOUR, MINUTE, "h", out);
	else if (seconds >= LH_DURATION_LONG_S)
		two_units(s, MINUTE, 1, "min", out);
	else if (seconds >= 1)
		snprintf(out, LH_DURATION_TEXT, "%.3g s", seconds);
	else if (seconds >= 1e-3)
		snprintf(out, LH_DURATION_TEXT, "%.3g ms", seconds * 1e3);
	else
		snprintf(out, LH_DURATION_TEXT, "%.3g us", seconds * 1e6);
	return out;
}
