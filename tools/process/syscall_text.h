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

#include "tools/process/task.h"

/* True if the call waits for the disk: such a call normally sleeps uninterruptibly. */
bool lh_syscall_is_sync(long nr);
/* "sleeps", "waits for a connection": what a thread in this call does; NULL: not known. */
const char *lh_syscall_verb(long nr);
/* Which files the call waits for: none, the descriptor in its first argument, or an array of struct
 * pollfd. */
enum lh_syscall_files { LH_SYSCALL_NO_FILE, LH_SYSCALL_FILE, LH_SYSCALL_POLLED };
enum lh_syscall_files lh_syscall_files(long nr);
void lh_syscall_text(pid_t pid, const struct lh_task_call *, char *out, size_t capacity);

#endif
