/*
 * log.h — what the front end says by itself: lines that begin with "lockhound: ".
 *
 * They go to stderr, or to the log file; never to stdout, which is the program's.
 * Does not know findings or reports: those come through the renderers, which
 * write to the same stream, lh_say_stream.
 */
#ifndef LH_SAY_H
#define LH_SAY_H

#include <stdio.h>

void lh_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
FILE *lh_say_stream(void);
void lh_say_into(FILE *log); /* from now on there instead of stderr */

#endif
