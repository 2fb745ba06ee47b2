/*
 * program_check.h — can this program be watched?
 *
 * Finds the program as execvp does, follows "#!" to the interpreter, and reads the
 * ELF file that the kernel will load: whether its loader reads LD_PRELOAD and can
 * load our library. Does not start anything and prints nothing.
 */
#ifndef LH_RUN_PROGRAM_CHECK_H
#define LH_RUN_PROGRAM_CHECK_H

#include <limits.h>
#include <stdbool.h>

enum lh_program_verdict {
	LH_WATCHABLE,
	LH_NOT_FOUND,    /* 127 */
	LH_NOT_RUNNABLE, /* 126 */
	LH_UNREACHABLE,  /* runs, but LD_PRELOAD does not reach it: 125 */
};

struct lh_program {
	enum lh_program_verdict verdict;
	char path[PATH_MAX];   /* what to execute */
	char loaded[PATH_MAX]; /* the ELF file behind it: path itself, or a script's interpreter */
	char error[PATH_MAX + 300]; /* one line, with the remedy, unless watchable */
	char note[200];             /* what will not be seen although it runs; "" nothing known */
	bool debug;                 /* its file has line numbers in it */
	char asan[PATH_MAX];        /* gcc's ASan runtime that it needs, "" none */
};

void lh_program_check(struct lh_program *t, const char *program);
/* The same for a file that is known already, such as /proc/PID/exe. */
void lh_program_check_file(struct lh_program *t, const char *path);

#endif
