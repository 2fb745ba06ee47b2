/*
 * dependency_kind.c — remembers which kinds of dependencies were kept.
 *
 * With by_class, and for `policy learn`, the orders that the chains of a destroyed lock showed
 * still count. So the first dependency of each kind is kept; a kind is a path of classes of locks
 * and sites. Kinds beyond the bound of the table are not kept.
 */
#include "libcheck/base/hash.h"
#include "libcheck/thread/held_chain_internal.h"

enum { KINDS_LOG = 14, PROBES = 8 };

static uint32_t *known_kinds;

bool lh_dependency_kind_init(void)
{
	known_kinds = lh_private_alloc(sizeof(uint32_t) << KINDS_LOG);
	return known_kinds;
}

/* A destroyed lock without an init call counts by the site that first acquired it. */
static uint64_t class_of(lh_lock_id lock)
{
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(lock)];

	if (l->init_stack)
		return l->init_stack;
	return l->address & LH_ADDRESS_FREED ? 1ull << 32 | l->first_stack
					     : 2ull << 32 | LH_LOCK_ROW(lock);
}

/* by_class tells "upwards" from "downwards" between two locks of a class, by their addresses. */
static uint64_t direction(lh_lock_id held, lh_lock_id wanted)
{
	return class_of(held) == class_of(wanted) &&
	       lh_lock_address(&LH_LOCKS[LH_LOCK_ROW(held)]) >
		       lh_lock_address(&LH_LOCKS[LH_LOCK_ROW(wanted)]);
}

static uint64_t kind_of(lh_chain_id id)
{
	uint64_t h = 0;

	for (lh_chain_id i = id; i; i = LH_CHAINS[i].parent) {
		h = lh_hash_mix(h, class_of(LH_CHAINS[i].lock));
		h = lh_hash_mix(h, (uint64_t)LH_CHAINS[i].site << 1 |
					   direction(LH_CHAINS[i].lock, LH_CHAINS[id].lock));
	}
	return h * 0x9e3779b97f4a7c15u;
}

bool lh_chain_is_new_kind(lh_chain_id id)
{
	if (!LH_CHAINS[id].parent)
		return false;
	uint64_t h = kind_of(id);
	uint32_t at = (uint32_t)(h >> (64 - KINDS_LOG)), tag = (uint32_t)h | 1;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t *known = &known_kinds[(at + i) & ((1u << KINDS_LOG) - 1)];
		if (*known == tag)
			return false;
		if (!*known) {
			*known = tag;
			return true;
		}
	}
	return false;
}
