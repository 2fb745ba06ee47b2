/*
 * peek_python.h — the Python frames of the threads of another process, or of its core: what its
 * CPython executes, read from its memory.
 *
 * Reads CPython 3.11, 3.12 and 3.13 of x86-64 Linux; of any other the version is known at most.
 * Stops nothing, and trusts nothing: a thread that runs changes its frames while they are read, so
 * every frame must name a code object, and every length has a bound.
 */
#ifndef LH_PROCESS_PEEK_PYTHON_H
#define LH_PROCESS_PEEK_PYTHON_H

#include "tools/process/peek.h"

/* Fills task->script and task->script_name at the first call. */
void lh_peek_read_scripts(struct lh_peek *, struct lh_peek_task *);

/* Is it the function of the interpreter that runs Python frames? */
bool lh_peek_runs_scripts(const struct lh_peek *, const struct lh_peek_frame *);
/* Is it a function of the interpreter? */
bool lh_peek_in_interpreter(const struct lh_peek *, const struct lh_peek_frame *);

/* "3.9" of a CPython whose frames were sought and cannot be read; NULL: no such one. */
const char *lh_peek_unread_python(const struct lh_peek *);

/* ---- for peek_python.c only ---- */

/* A copy of a text object, whose characters begin at one of two offsets. NULL: no text, or longer
 * than any name. */
const char *lh_peek_python_text(const struct lh_peek *, uint64_t object, uint64_t ascii,
				uint64_t compact);
/* The name that a program of CPython 3.11 gave to its threading.Thread. NULL: none. */
const char *lh_peek_python_thread_name(const struct lh_peek *, uint64_t thread);

#endif
