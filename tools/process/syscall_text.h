/*
 * syscall_text.h — a system call that somebody sleeps in, in words: its name and what it waits for.
 *
 * "read (a pipe)", "recvfrom (TCP to 10.0.0.1:5432)", "clock_nanosleep (1 s)", "fsync (/var/a)".
 * Looks at the arguments, the process's memory and its descriptors; anything that cannot be
 * had is left out.
 */
#ifndef LH_PROCESS_SYSCALL_TEXT_H
#define LH_PROCESS_SYSCALL_TEXT_H

#include "tools/process/task.h"

/* Does the call wait until the disk has it? Then it sleeps uninterruptibly, and means to. */
bool lh_syscall_is_sync(long nr);
void lh_syscall_text(pid_t pid, const struct lh_task_call *, char *out, size_t capacity);

#endif
