/*
 * progress.h — how far long work is: one line on the terminal that is rewritten, and erased at the
 * end.
 *
 * The line goes where the log goes (log.h), and only if that is a terminal. It appears when the
 * work has lasted for a second, changes ten times a second at most, and is no wider than the
 * terminal. A line of the log replaces it. Without lh_progress_open the other calls do nothing, so
 * code below the commands may report its steps always. One thread uses it.
 */
#ifndef LH_UTIL_PROGRESS_H
#define LH_UTIL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

void lh_progress_open(const char *command, bool quiet);
void lh_progress_close(void); /* erases the line; before the output of the command */

/* "file 3 of 12" */
void lh_progress_step(const char *what, uint64_t number, uint64_t of);
/* A step that cannot be counted. */
void lh_progress_phase(const char *what);
/* "file 3 of 12, 43 % read": a part of the present step. */
void lh_progress_part(uint64_t done, uint64_t of, const char *what);

/* For a line of another form: whether it is time for one, and the text behind the command. */
bool lh_progress_is_due(void);
void lh_progress_show(const char *text);

#endif
