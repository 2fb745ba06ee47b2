/*
 * proc.h — small questions to /proc.
 *
 * Believes that a process may be gone at any moment: then the answer is no. Keeps
 * nothing between two questions.
 */
#ifndef LH_PROCESS_PROC_H
#define LH_PROCESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* /proc/PID/NAME, as much as there is room for, terminated; false: nothing could be read. */
bool lh_proc_read(pid_t pid, const char *name, char *out, size_t capacity);
bool lh_proc_exe(pid_t pid, char *out, size_t capacity);
/* Did it get rights by its file that we have not? Everybody may ask that, of any process. */
bool lh_proc_is_set_id(pid_t pid);
/* Does it have a file with this in its name mapped? false also when we may not know. */
bool lh_proc_maps(pid_t pid, const char *name);
/* An entry of its environment, as it was given at exec, that begins so and contains `word`. */
bool lh_proc_environment(pid_t pid, const char *begins, const char *word);

/*
 * All living descendants of `root` that `room` is enough for; how many. Children of
 * threads beyond the first TASKS of a process are not looked for.
 */
size_t lh_proc_descendants(pid_t root, pid_t *out, size_t capacity);

#endif
