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

/* ---- peek_gil.c: the GILs of the interpreters ---- */

struct lh_peek_gil {
	uint64_t at;       /* CPython's record of it */
	pid_t holder;      /* own_tid of the thread that has it; 0: none */
	uint64_t switches; /* raised when another thread takes it than the last one */
};

/* Reads all GILs. Call before a scan of the threads: a thread that waits for a GIL then has waited
 * for it ever since, as long as lh_peek_gil_is_unchanged. */
void lh_peek_read_gils(struct lh_peek *);
/* The GIL that a thread waits for which sleeps on this futex word; NULL: none. */
const struct lh_peek_gil *lh_peek_gil_of(const struct lh_peek *, uint64_t word);
/* Has no other thread taken the GIL since it was read? */
bool lh_peek_gil_is_unchanged(const struct lh_peek *, uint64_t at);

/* ---- for peek_gil.c and peek_python.c only ---- */

/* The addresses of CPython's records of its GILs; returns how many, at most `most`. */
unsigned lh_peek_python_gils(struct lh_peek *, uint64_t *at, unsigned most);
/* The own_tid of the thread of a thread state; 0: not known. */
pid_t lh_peek_python_tid(const struct lh_peek *, uint64_t state);

/* A copy of a text object, whose characters begin at one of two offsets. NULL: no text, or longer
 * than any name. */
const char *lh_peek_python_text(const struct lh_peek *, uint64_t object, uint64_t ascii,
				uint64_t compact);
/* The name that a program of CPython 3.11 gave to its threading.Thread. NULL: none. */
const char *lh_peek_python_thread_name(const struct lh_peek *, uint64_t thread);

#endif
