/*
 * duration.h — reads a duration: "5" and "0.5" are seconds, other units are written: "500us",
 * "1.5s", "1h30m".
 *
 * The one parser for the options of both halves. Uses no libc, no locale and no floating point.
 */
#ifndef LH_BASE_DURATION_H
#define LH_BASE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LH_DURATION_FORMS "in seconds, or with a unit: 500us, 10ms, 1.5s, 2m, 1h30m"

struct lh_duration_unit {
	const char *name;
	uint64_t ns;
};

/* The largest first. */
static const struct lh_duration_unit lh_duration_units[] = {
	{"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
	{"ms", 1000000},      {"us", 1000},       {"ns", 1}};
enum {
	LH_DURATION_UNITS = sizeof(lh_duration_units) / sizeof(lh_duration_units[0]),
	LH_DURATION_SECONDS = 2 /* the index of that unit */
};

/* Skips the unit at *s; a single number without one is in seconds. LH_DURATION_UNITS: unknown. */
static inline unsigned lh_duration_unit_at(const char **s, bool first)
{
	size_t n = 0;

	while ((*s)[n] >= 'a' && (*s)[n] <= 'z')
		n++;
	if (!n)
		return first && !**s ? LH_DURATION_SECONDS : LH_DURATION_UNITS;
	for (unsigned i = 0; i < LH_DURATION_UNITS; i++) {
		size_t k = 0;

		while (k < n && lh_duration_units[i].name[k] == (*s)[k])
			k++;
		if (k == n && !lh_duration_units[i].name[k]) {
			*s += n;
			return i;
		}
	}
	return LH_DURATION_UNITS;
}

static inline bool lh_duration_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Adds the digits from `s` on, each worth a tenth of the one before. False: too large. */
static inline bool lh_duration_add(const char *s, uint64_t unit_ns, uint64_t *ns)
{
	uint64_t whole = 0, part = 0;

	for (; lh_duration_is_digit(*s); s++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole))
			return false;
	if (*s == '.')
		for (uint64_t worth = unit_ns / 10; lh_duration_is_digit(*++s); worth /= 10)
			part += worth * (uint64_t)(*s - '0');
	return !__builtin_mul_overflow(whole, unit_ns, &whole) &&
	       !__builtin_add_overflow(whole, part, &whole) &&
	       !__builtin_add_overflow(*ns, whole, ns) && *ns <= INT64_MAX;
}

/* False: no duration, or too long; *ns is undefined then. Units may follow each other in falling
 * order. */
static inline bool lh_duration_read(const char *s, uint64_t *ns)
{
	unsigned last = 0, unit;

	*ns = 0;
	for (bool first = true; first || *s; first = false) {
		const char *number = s;

		if (!lh_duration_is_digit(s[*s == '.']))
			return false;
		while (lh_duration_is_digit(*s))
			s++;
		if (*s == '.' && !lh_duration_is_digit(s[1]))
			return false;
		for (s += *s == '.'; lh_duration_is_digit(*s);)
			s++;
		unit = lh_duration_unit_at(&s, first);
		if (unit == LH_DURATION_UNITS || (!first && unit <= last) ||
		    !lh_duration_add(number, lh_duration_units[unit].ns, ns))
			return false;
		last = unit;
	}
	return true;
}

#endif
