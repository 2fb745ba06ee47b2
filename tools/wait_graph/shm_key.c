/* shm_key.c — the location of a process-shared lock, the same in every process: device, inode,
 * offset. */
#include "tools/wait_graph/merge.h"

#include <string.h>

struct lh_shm_key lh_shm_key_of_map(const struct lh_peek_map *m)
{
	return (struct lh_shm_key){.dev = m->dev,
				   .inode = m->inode,
				   .offset = m->offset,
				   .sysv = strncmp(m->path, "/SYSV", 5) == 0,
				   .known = m->shared};
}

struct lh_shm_key lh_shm_key_at(const struct lh_hang *s, uint64_t address)
{
	const struct lh_peek_map *m = lh_peek_map_at(s->peek, address);
	struct lh_shm_key at = m ? lh_shm_key_of_map(m) : (struct lh_shm_key){0};

	at.offset += m ? address - m->start : 0;
	return at;
}

/* The location that the library recorded, for a process whose mappings may not be read. */
static struct lh_shm_key by_ledger(const struct lh_hang *s, lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;

	if (!s->ledger || !lh_read_lock(s->ledger, id, &l) || !(l.flags & LH_LOCK_PSHARED) ||
	    !lh_read_lock_location(s->ledger, LH_LOCK_ROW(id), &l, &at))
		return (struct lh_shm_key){0};
	return (struct lh_shm_key){.dev = at.dev,
				   .inode = at.ino & ~(1ull << 63),
				   .offset = at.off,
				   .sysv = at.ino >> 63,
				   .known = true};
}

struct lh_shm_key lh_shm_key_of_lock(const struct lh_hang *s, uint64_t address, lh_lock_id id)
{
	struct lh_shm_key at = lh_shm_key_at(s, address);

	return at.known || !id ? at : by_ledger(s, id);
}

bool lh_shm_key_same_object(struct lh_shm_key a, struct lh_shm_key b)
{
	return a.known && b.known && a.dev == b.dev && a.inode == b.inode && a.sysv == b.sysv;
}

bool lh_shm_key_equal(struct lh_shm_key a, struct lh_shm_key b)
{
	return lh_shm_key_same_object(a, b) && a.offset == b.offset;
}

bool lh_hang_owner_unknown(const struct lh_hang_thread *t)
{
	return t->waiting && t->unchanged && !t->ended && t->wait.shared &&
	       (t->wait.kind == LH_MUTEX || t->wait.kind == LH_RWLOCK || t->wait.kind == LH_SPIN ||
		t->wait.kind == LH_SEM);
}

struct lh_shm_key lh_hang_wanted_key(const struct lh_hang *s, const struct lh_hang_thread *t)
{
	return lh_shm_key_of_lock(s, t->wait.address, t->live ? t->live->wait_lock : 0);
}
