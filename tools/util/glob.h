/*
 * glob.h — do a pattern of a suppression and a name agree?
 *
 * In both kinds * stands for anything. Does not know what the names are of.
 */
#ifndef LH_PATTERN_H
#define LH_PATTERN_H

#include <stdbool.h>

/* As ThreadSanitizer has it: anywhere in the text, unless ^ begins or $ ends the pattern. */
bool lh_pattern_in(const char *pattern, const char *text);
/* The whole of the text; ^ and $ are allowed and say nothing new. */
bool lh_pattern_is(const char *pattern, const char *text);

#endif
