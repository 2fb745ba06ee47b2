/*
 * libc_version.h — tells whether the locks of a process's C library can be read.
 *
 * Does not read a lock: glibc_layout.h has the offsets.
 */
#ifndef LH_PROCESS_LIBC_VERSION_H
#define LH_PROCESS_LIBC_VERSION_H

#include "tools/process/peek.h"

/*
 * False: the layout of the locks is unknown, and peek->error has the reason. True with
 * peek->no_access: the locks cannot be read, for the reason in peek->error, but the ledger of the
 * process may be.
 */
bool lh_libc_layout_known(struct lh_peek *);

#endif
