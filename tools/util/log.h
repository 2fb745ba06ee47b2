/*
 * log.h — the front end's own messages: lines that begin with "lockhound: ".
 *
 * They go to stderr or to the log file, never to stdout, which belongs to the program. Does not
 * know findings or reports: the renderers write those to the same stream, lh_log_stream.
 */
#ifndef LH_UTIL_LOG_H
#define LH_UTIL_LOG_H

#include <stdio.h>

void lh_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Shows a line without its end, for a terminal: the next line of the log replaces it, and so does
 * the next text of this call. "": removes the line. */
void lh_log_passing(const char *text);
FILE *lh_log_stream(void);
void lh_log_redirect(FILE *log); /* messages go to `log` from now on */

#endif
