/*
 * duration.h — a duration as text for people, with three digits or in the two largest units.
 *
 * Reads no duration: libcheck/base/duration.h does.
 */
#ifndef LH_UTIL_DURATION_H
#define LH_UTIL_DURATION_H

enum { LH_DURATION_LONG_S = 120, LH_DURATION_TEXT = 24 };

/* "35 us", "1.5 s"; from LH_DURATION_LONG_S on "5 min", "2 h 5 min", "2 d 7 h". Returns `out`. */
const char *lh_duration_text(double seconds, char out[LH_DURATION_TEXT]);

#endif
