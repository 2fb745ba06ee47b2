/*
 * shm_location.h — which piece of memory lies at this address, as every process can name it.
 *
 * An object in shared memory has another address in each process, but one place: the
 * device and inode of what is mapped (a file, a memfd, anonymous shared memory: the
 * kernel keeps an inode for each) and the offset in it. The kernel is asked anew each
 * time, because the program maps and unmaps without telling us.
 *
 * Does not guess: private memory, a sandbox, no /proc, no free descriptor, more mappings
 * than the bound reads: all of them say no. The descriptor is open inside the call only.
 * Knows no locks and no ledger. May be called from any thread, without a lock held.
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
	uint32_t kind; /* enum lh_shm_kind; unless shared all else is 0 */
	uint64_t dev, ino, off;
};

/* Segments of System V count their inodes for themselves, from 0; this bit tells them apart. */
#define LH_SHM_SYSV (1ull << 63)

struct lh_shm_location lh_shm_locate(const void *at);

/*
 * The same from the text of /proc/PID/maps, which comes in pieces. Begin with zeros; false
 * means that no more is wanted.
 */
struct lh_maps_scan {
	uint64_t at;
	struct lh_shm_location found;
	uint32_t n;
	char line[160]; /* as much of it as matters */
};
bool lh_maps_scan_add(struct lh_maps_scan *t, const char *piece, size_t n);

#endif
