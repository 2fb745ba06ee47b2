/*
 * simulator.h — small lock programs, run in every interleaving there is.
 *
 * Knows how locks, joins and queues behave and nothing of the judge. Three uses:
 * - run a random program once, at random, and write down what it did (a book);
 * - take a book as a program (each thing that was seen is a piece of code that its thread can
 *   run) and find every circle of waits that can close;
 * - take the random program itself and find every circle of waits that it can close.
 */
#ifndef SIMULATOR_H
#define SIMULATOR_H

#include "tests/unit/libcheck/order_graph/order_tables.h"

struct program;

struct program *program_random(uint64_t seed);
void program_free(struct program *p);
void program_print(const struct program *p);

/* One run. NULL: it hung. */
struct book *program_run(const struct program *p, uint64_t seed);

/* Every circle that the book, as a program, can close: LH_F_NONE or LH_F_TIMED. False: too many
 * states. */
bool book_explore(const struct book *b, struct rings *out);

/* Every circle that the program can close at places and with chains that the book knows; `any`:
 * with whatever chains. */
bool program_explore(const struct program *p, const struct book *b, bool any, struct rings *out);

#endif
