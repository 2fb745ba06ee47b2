/*
 * proc.h — small queries to /proc.
 *
 * A process may be gone at any moment: then a query returns false or 0. Keeps no state between two
 * queries. lh_proc_environment has a static buffer; all others are thread-safe.
 */
#ifndef LH_PROCESS_PROC_H
#define LH_PROCESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* NULL, or why numbers of processes mean nothing in /proc: a sentence with the remedy. */
const char *lh_proc_obstacle(void);
/* Reads /proc/PID/NAME, at most capacity - 1 bytes, terminated. Returns how many. */
size_t lh_proc_read(pid_t pid, const char *name, char *out, size_t capacity);
/* The text after "NAME:" in a status file; "": no such line. */
const char *lh_proc_field(const char *status, const char *name);
uint64_t lh_proc_number(const char *status, const char *name, int base); /* the same as a number */
/* False: not all n bytes could be read. */
bool lh_proc_memory(pid_t pid, uint64_t address, void *out, size_t n);
bool lh_proc_has_task(pid_t pid, pid_t tid);
/* True if no thread that we can see has this tid. */
bool lh_proc_is_gone(pid_t tid);
bool lh_proc_exe(pid_t pid, char *out, size_t capacity);
/* True if its file gave it an identity or capabilities that we do not have (set-id). Needs no
 * privilege. */
bool lh_proc_is_set_id(pid_t pid);
/* True if it maps a file whose path contains `name`. False also if we may not read its maps. */
bool lh_proc_maps(pid_t pid, const char *name);
/* The same for a mapping that begins at this offset of the file. */
bool lh_proc_maps_at(pid_t pid, const char *name, uint64_t offset);
/* The process's number in its own pid namespace; 0: not known. */
pid_t lh_proc_inner_pid(pid_t pid);
/* True if its environment at exec had an entry that begins with `begins` and contains `word`. */
bool lh_proc_environment(pid_t pid, const char *begins, const char *word);

/*
 * Finds the living descendants of `root`, at most `capacity`; returns how many. Reads the children
 * of the first 256 threads of a process only.
 */
size_t lh_proc_descendants(pid_t root, pid_t *out, size_t capacity);

pid_t lh_proc_parent(pid_t pid); /* 0: not known */
/* True if the process lives and descends from this process. */
bool lh_proc_is_descendant(pid_t pid);

#endif
