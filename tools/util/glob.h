/*
 * glob.h — do a pattern of a suppression and a name agree?
 *
 * In both kinds * stands for anything. Does not know what the names are of.
 */
#ifndef LH_UTIL_GLOB_H
#define LH_UTIL_GLOB_H

#include <stdbool.h>

/* As ThreadSanitizer has it: anywhere in the text, unless ^ begins or $ ends the pattern. */
bool lh_glob_match_part(const char *pattern, const char *text);
/* The whole of the text; ^ and $ are allowed and say nothing new. */
bool lh_glob_match(const char *pattern, const char *text);

#endif
