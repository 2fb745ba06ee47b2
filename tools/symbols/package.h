/*
 * package.h — a DWARF package (FILE.dwp): the .dwo files of an object in one file.
 *
 * elfutils reads packages from version 0.191 on; Debian 12 has 0.188. The parts of one unit are put
 * together as an object file in memory, with the addresses that the program's own file has. Reads
 * packages of 64 bits in the machine's byte order; checks every number in them.
 */
#ifndef LH_SYMBOLS_PACKAGE_H
#define LH_SYMBOLS_PACKAGE_H

#include "tools/util/arena.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

struct lh_package;

/* Of the object at this path. NULL: it has none. */
struct lh_package *lh_package_open(struct lh_arena *, const char *object);
void lh_package_close(struct lh_package *);

/* The unit that a skeleton unit stands for. False: the package does not have it. */
bool lh_package_unit(struct lh_package *, const Dwarf_Die *skeleton, Dwarf_Die *unit);

#endif
