/*
 * glob.h — matches a name against a pattern of a suppression.
 *
 * In both kinds of pattern * matches any text. Does not know what the names mean.
 */
#ifndef LH_UTIL_GLOB_H
#define LH_UTIL_GLOB_H

#include <stdbool.h>

/* As in ThreadSanitizer: matches anywhere in the text, unless ^ begins or $ ends the pattern. */
bool lh_glob_match_part(const char *pattern, const char *text);
/* Matches the whole text; ^ and $ are allowed and have no effect. */
bool lh_glob_match(const char *pattern, const char *text);

#endif
