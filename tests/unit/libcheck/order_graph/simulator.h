/*
 * simulator.h — runs small lock programs in every interleaving.
 *
 * Knows how locks, joins and queued writers behave, and nothing of the order graph. Three uses:
 * - run a random program once, with random scheduling, and record tables of what it did;
 * - run the tables as a program (each visit is a piece of code that its thread can run) and find
 *   every cycle of waits that can occur;
 * - run the random program itself and find every cycle of waits that can occur.
 */
#ifndef SIMULATOR_H
#define SIMULATOR_H

#include "tests/unit/libcheck/order_graph/order_tables.h"

struct program;

struct program *program_random(uint64_t seed);
void program_free(struct program *p);
void program_print(const struct program *p);

/* Records one run. NULL: the run deadlocked. */
struct order_tables *program_run(const struct program *p, uint64_t seed);

/* Every cycle that can occur if the tables run as a program, with filter LH_F_NONE or LH_F_TIMED.
 * False: too many states. */
bool tables_explore(const struct order_tables *tables, struct cycle_set *out);

/* Every cycle that can occur in the program with chains that the tables contain; `any`: with any
 * chains. False: too many states. */
bool program_explore(const struct program *p, const struct order_tables *tables, bool any,
		     struct cycle_set *out);

#endif
