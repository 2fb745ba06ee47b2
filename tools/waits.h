/*
 * waits.h — who waits for whom at this moment, one line a waiting thread.
 *
 * For a run that is ended by its time limit. Does not judge: a wait is shown, whether
 * it is for ever or not.
 */
#ifndef LH_WAITS_H
#define LH_WAITS_H

#include "read.h"

#include <stdio.h>

struct lh_symbols;

void lh_waits_print(const struct lh_record *r, struct lh_symbols *symbols, FILE *out);

#endif
