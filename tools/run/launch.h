/*
 * launch.h — starting the program as if we were not there.
 *
 * Remembers what this process was given (signal mask, dispositions, limits), so that
 * the front end may change its own and the program still gets the original.
 * Does not wait for the program and does not choose its environment.
 */
#ifndef LH_RUN_LAUNCH_H
#define LH_RUN_LAUNCH_H

#include <sys/types.h>

/* Before anything of the kind is changed: remembers, then takes what the monitor needs. */
void lh_launch_prepare(void);

/* Starts it. The pid; or 0 with *error the errno of the exec (or of the fork). */
pid_t lh_launch(const char *path, char **argv, char **environment, int *error);

/* Ends this process by the signal that ended the program, without a core of its own. */
_Noreturn void lh_launch_die(int signal);

#endif
