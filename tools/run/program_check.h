/*
 * program_check.h — checks whether a program can be watched.
 *
 * Finds the program as execvp does, follows "#!" to the interpreter, and reads the ELF file that
 * the kernel will load: whether its loader obeys LD_PRELOAD and can load our library. Starts
 * nothing and prints nothing.
 */
#ifndef LH_RUN_PROGRAM_CHECK_H
#define LH_RUN_PROGRAM_CHECK_H

#include <limits.h>
#include <stdbool.h>

enum lh_program_verdict {
	LH_WATCHABLE,
	LH_NOT_FOUND,    /* exit status 127 */
	LH_NOT_RUNNABLE, /* 126 */
	LH_UNREACHABLE,  /* runs, but LD_PRELOAD has no effect: 125 */
};

struct lh_program {
	enum lh_program_verdict verdict;
	char path[PATH_MAX];        /* the file to execute */
	char loaded[PATH_MAX];      /* the ELF file: `path`, or the interpreter of a script */
	char error[PATH_MAX + 300]; /* one line, with the remedy, unless watchable */
	char note[200];             /* what will not be seen; "": nothing known */
	bool debug;                 /* the file has line numbers */
	bool symbols;               /* the file has a symbol table */
	char asan[PATH_MAX];        /* gcc's ASan runtime that it needs, "": none */
};

void lh_program_check(struct lh_program *t, const char *program);
/* As lh_program_check, for the path of a file, such as /proc/PID/exe. */
void lh_program_check_file(struct lh_program *t, const char *path);

#endif
