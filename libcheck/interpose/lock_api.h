/*
 * lock_api.h — the functions that --lock-api names: their events.
 *
 * lh_lock_api_start redirects them (lock_api/redirect.h), when the library starts and before the
 * program's `main`. An object that is loaded later is searched when the loader says so.
 */
#ifndef LH_INTERPOSE_LOCK_API_H
#define LH_INTERPOSE_LOCK_API_H

void lh_lock_api_start(void);
/* Without a front end: prints the rows for which no function was found or redirected. */
void lh_lock_api_report(void);

#endif
