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

/* The end of a list's first pattern: the first comma outside <...>, (...), [...] and {...}. */
const char *lh_glob_list_end(const char *list);
/* Is it a list of patterns of functions and of base names of objects, none of which matches all? */
bool lh_glob_list_valid(const char *list);

#endif
