/*
 * reach.h — sends the run file to processes that cannot open it by its path in /proc.
 *
 * These are processes in another user or PID namespace, of another user, or below a root directory
 * without /proc (libcheck/ledger/reach.h). A thread answers at an abstract socket. A process in
 * another network namespace waits until the thread finds it, which scans the descendants for that.
 * Only descendants of this process get an answer. Does not decide whether a process is watched.
 */
#ifndef LH_RUN_REACH_H
#define LH_RUN_REACH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tools/ledger/run_file.h"

struct lh_reach {
	const struct lh_run_file *run_file; /* its descriptor is sent */
	int socket, stop;                   /* -1: no socket, so all processes wait */
	bool may_answer;                    /* no seccomp filter forbids sockets */
	pthread_t thread;
	bool started;
};

/* Gives the run its name. Before the program starts. */
void lh_reach_open(struct lh_reach *r, struct lh_run_file *run_file);
void lh_reach_start(struct lh_reach *r);
void lh_reach_close(struct lh_reach *r);

/* The value of the library's option `run`. */
void lh_reach_option(const struct lh_reach *r, char *out, size_t capacity);

enum lh_reach_result {
	LH_REACH_NOT_ASKED,
	LH_REACH_ANSWERED,
	LH_REACH_REFUSED /* by the kernel */
};

/* Answers the process if it waits for an answer. Any thread may call this. */
enum lh_reach_result lh_reach_answer(const struct lh_reach *r, pid_t pid);
/* errno if this process could not answer a process in another user and network namespace; 0. */
int lh_reach_test(void);

#endif
