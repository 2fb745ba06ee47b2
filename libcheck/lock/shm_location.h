/*
 * shm_location.h — the shared memory at an address, named the same in every process.
 *
 * An object in shared memory has another address in each process but one location: device and inode
 * of the mapped memory and the offset in it. (The kernel keeps an inode for a file, a memfd and
 * anonymous shared memory.) The kernel is asked each time, because the library does not see what
 * the program maps and unmaps.
 *
 * Does not guess: in a sandbox, without /proc, without a free descriptor, or with more mappings
 * than the bound, the answer is LH_SHM_UNKNOWN. The descriptor is closed before the call returns.
 * Does not know locks or the ledger. Any thread may call it, without a lock.
 */
#ifndef LH_LOCK_SHM_LOCATION_H
#define LH_LOCK_SHM_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_shm_kind {
	LH_SHM_UNKNOWN,
	LH_SHM_PRIVATE, /* no other process can see it */
	LH_SHM_SHARED
};

struct lh_shm_location {
	uint32_t kind; /* enum lh_shm_kind; unless LH_SHM_SHARED, the other fields are 0 */
	uint64_t dev, ino, off;
};

/* Set in `ino` of System V segments: they number their inodes by themselves, from 0. */
#define LH_SHM_SYSV (1ull << 63)

struct lh_shm_location lh_shm_locate(const void *at);

/*
 * The same from the text of /proc/PID/maps, which comes in pieces. Starts with `at` set and all
 * other fields 0. lh_maps_scan_add returns false if it needs no more text.
 */
struct lh_maps_scan {
	uint64_t at;
	struct lh_shm_location found;
	uint32_t n;
	char line[160]; /* the part of the line that is needed */
};
bool lh_maps_scan_add(struct lh_maps_scan *t, const char *piece, size_t n);

#endif
