/* lock_api_internal.h — shared by lock_api.c and lock_api_start.c, which alone include it. */
#ifndef LH_INTERPOSE_LOCK_API_INTERNAL_H
#define LH_INTERPOSE_LOCK_API_INTERNAL_H

#include "libcheck/base/sys.h"
#include "libcheck/lock_api/redirect.h"

extern struct lh_api lh_lock_api_rows LH_HIDDEN;
/* Kinds that are not watched in this process. */
extern bool lh_lock_api_off[LH_API_KINDS_MAX] LH_HIDDEN;
/* Of the loader's function for debuggers. */
extern const struct lh_api_row lh_lock_api_loader_row LH_HIDDEN;

/* For x86-64. */
void lh_lock_api_entry(void) LH_HIDDEN; /* for lh_api_redirect */
/* Before the first call of the entry. `objects_changed`: the loader's list of objects. */
void lh_lock_api_prepare(void (*objects_changed)(void));

#endif
