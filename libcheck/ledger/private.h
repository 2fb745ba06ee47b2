/*
 * private.h — the private memory of the library: zero, never freed, wiped by fork.
 *
 * MADV_WIPEONFORK makes all of it zero in the child of any kind of fork, and has no effect on a
 * vfork. A child then asks for the same memory in the same order and gets the same addresses.
 *
 * lh_private_alloc gives memory of a fixed size. lh_private_rows gives an array beside a table: it
 * grows whenever the tables grow (own_ledger.h), as much as they do.
 *
 * Does not know what it holds. All but the start needs the internal lock.
 */
#ifndef LH_LEDGER_PRIVATE_H
#define LH_LEDGER_PRIVATE_H

#include "libcheck/base/sys.h"

bool lh_private_init(void);
void lh_private_reset(void);               /* in a forked child: all of it is free again */
void *lh_private_alloc(size_t size);       /* NULL: none left */
void *lh_private_alloc_pages(size_t size); /* the same, from the begin of a page on */
void lh_private_unmap(void);               /* the library does not start */
void lh_private_map_ahead(void); /* for a process that will not be allowed to map memory */
void lh_private_touch(void);     /* maps the first page of each array and large piece */
/* `now` bytes are there at once, and up to `whole` as the tables grow. NULL: refused. */
void *lh_private_rows(size_t now, size_t whole);
/* The arrays grow `times`. False: some could not. */
bool lh_private_grow(unsigned times);
uint64_t lh_private_growth(unsigned times); /* how many bytes that needs */

#endif
