/*
 * launch.h — starts the program as if the front end were not there.
 *
 * Stores what this process inherited (signal mask, dispositions, limits), so that the front end may
 * change its own and the program still gets the original. Does not wait for the program and does
 * not choose its environment.
 */
#ifndef LH_RUN_LAUNCH_H
#define LH_RUN_LAUNCH_H

#include <sys/types.h>

/* Stores the inherited state at the first call, then sets what the monitor needs. Call it before
 * any other change of that state. */
void lh_launch_prepare(void);

/*
 * Starts the program. `standard`: its descriptors 0 to 2, NULL: those of this process. Returns its
 * pid, or 0 with the errno of the exec or the clone in *error.
 */
pid_t lh_launch(const char *path, char **argv, char **environment, const int *standard, int *error);

/* Ends this process by the signal that ended the program, without a core dump. */
_Noreturn void lh_launch_end_by_signal(int signal);

#endif
