/*
 * log.h — what the front end says by itself: lines that begin with "lockhound: ".
 *
 * They go to stderr, or to the log file; never to stdout, which is the program's.
 * Does not know findings or reports: those come through the renderers, which
 * write to the same stream, lh_log_stream.
 */
#ifndef LH_UTIL_LOG_H
#define LH_UTIL_LOG_H

#include <stdio.h>

void lh_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
FILE *lh_log_stream(void);
void lh_log_redirect(FILE *log); /* from now on there instead of stderr */

#endif
