/*
 * reach.h — how this process gets the front end's run file.
 *
 * The run file is a memfd of the front end. The option `run` has four fields, with '|' between
 * them: its path in /proc, the run's name, the number of the front end's network namespace, and
 * `filtered` if the front end itself runs under a seccomp filter that allows sockets. A process
 * gets the file by the first way that works:
 *
 *   path     /proc/PID/fd/N. Fails in another user namespace and for another user, because the
 *            kernel compares credentials; in another pid namespace, where PID is another process;
 *            and below a root directory without /proc.
 *   socket   the front end sends the descriptor through an abstract socket that has the beginning
 *            of the run's name. A process that listens there later does not know the rest.
 *            Fails in another network namespace.
 *   ask      the process makes a pair of sockets and waits; the front end finds the process, takes
 *            one of the two and sends the descriptor. Fails if the front end may not trace it.
 *   mapping  a forked child has its parent's mapping, which is extended to the child's slot.
 *
 * The waits have a bound and happen only before `main`. No descriptor stays open.
 */
#ifndef LH_LEDGER_REACH_H
#define LH_LEDGER_REACH_H

#include <stdbool.h>
#include <stdint.h>

bool lh_reach_is_run_file(int fd); /* of any run; false: mapping it may not be safe */
/* False: the run file of another run, which has the same path in another pid namespace. */
bool lh_reach_is_run(const char *run, const char *name);
/* A descriptor of the run file; below 0: not reached. `outer_pid`: see struct lh_ledger. */
int lh_reach_by_path(const char *run, int *outer_pid);
int lh_reach_by_asking(const char *run, int *outer_pid); /* also by the socket */
/* Maps `size` bytes that lie `distance` bytes behind the mapped page `from` in the same file. */
void *lh_reach_by_mapping(const void *from, uint64_t distance, uint64_t size);

#endif
