/*
 * syscall_text.h — describes a system call in which a thread sleeps: its name and what it waits
 * for.
 *
 * "read (a pipe)", "recvfrom (TCP to 10.0.0.1:5432)", "clock_nanosleep (1 s)", "fsync (/var/a)".
 * Reads the arguments, the process's memory and its descriptors, and leaves out what it cannot
 * read. Does not stop the thread.
 */
#ifndef LH_PROCESS_SYSCALL_TEXT_H
#define LH_PROCESS_SYSCALL_TEXT_H

#include "tools/process/peek.h"
#include "tools/process/task.h"

/* True if the call waits for the disk: such a call normally sleeps uninterruptibly. */
bool lh_syscall_is_sync(long nr);
void lh_syscall_text(pid_t pid, const struct lh_task_call *, char *out, size_t capacity);
/* What a thread does that waits for no lock: "sleeps", "reads on descriptor 0 (/dev/pts/3)",
 * "runs"; NULL: unknown. Not escaped: a path may contain any byte. */
const char *lh_thread_activity(const struct lh_peek *, const struct lh_peek_task *);

#endif
