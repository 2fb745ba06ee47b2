/*
 * stepping.h — a traced thread that runs one instruction after the other (PTRACE_SINGLESTEP), and
 * where the counted object lies in its memory. For x86-64.
 *
 * The traced process is a fork of the caller, so that libc lies at the same addresses in both.
 */
#ifndef TESTS_COUNTS_STEPPING_H
#define TESTS_COUNTS_STEPPING_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 77 };

static void give_up(const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, why, strerror(errno));
	exit(errno == EPERM || errno == EACCES ? CANNOT : 1);
}

/* The counted object's addresses in the child: from its first page to the end of its last. */
static struct {
	unsigned long low, high;
} object;

static void find_object(pid_t pid, const char *part_of_path)
{
	char name[64], line[4096];
	unsigned long low, high;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	FILE *maps = fopen(name, "r");

	if (!maps)
		give_up(name);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, part_of_path) && sscanf(line, "%lx-%lx", &low, &high) == 2) {
			object.low = object.low ? object.low : low;
			object.high = high;
		}
	fclose(maps);
	errno = ENOENT;
	if (!object.high)
		give_up(part_of_path);
}

static bool is_counted(unsigned long pc)
{
	return pc >= object.low && pc < object.high;
}

static unsigned long program_counter(int tid)
{
	errno = 0;
	unsigned long pc =
		(unsigned long)ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user, regs.rip), NULL);

	if (errno)
		give_up("PTRACE_PEEKUSER");
	return pc;
}

/* Continues the thread until SIGUSR1 or SIGTRAP stops it and returns that signal; delivers other
 * signals to the thread. */
static int go_on(int tid, int how)
{
	int status, hand = 0;

	for (;;) {
		if (ptrace((enum __ptrace_request)how, tid, NULL, (void *)(long)hand))
			give_up("ptrace");
		if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status)) {
			errno = 0;
			give_up("the thread ended");
		}
		hand = WSTOPSIG(status);
		if (hand == SIGUSR1 || hand == SIGTRAP)
			return hand;
	}
}

#endif
