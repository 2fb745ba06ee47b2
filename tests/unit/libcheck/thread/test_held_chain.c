/*
 * test_held_chain.c — each chain has one row, and is found, while the chains of its lock grow out
 * of the lock's list into the hash table, and after some of them were freed. Also the chain of held
 * locks whose lowest one was released.
 * LINKS: libcheck/thread/dependency_kind.c libcheck/thread/held_chain.c
 * libcheck/thread/known_chain.c libcheck/thread/dead_chain.c
 */
#include "libcheck/thread/held_chain_internal.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { ROWS = 1 << 12, LOCKS = 40, SITES = 6, WANTED = LOCKS };

/* ---- what the linked files use ---- */

struct lh_own_ledger lh_own_ledger;
struct lh_self lh_self_none;
void (*lh_lock_on_destroy)(struct lh_lock *l);
static struct lh_ledger ledger;

uint32_t lh_rows_max(enum lh_table_name t)
{
	return t ? ROWS : 0;
}
uint32_t lh_rows_used(enum lh_table_name t)
{
	return ledger.table[t].used;
}
uint32_t lh_rows_mapped(enum lh_table_name t)
{
	return lh_rows_max(t);
}
uint32_t lh_row_add(enum lh_table_name t, uint32_t n)
{
	uint32_t at = ledger.table[t].used;

	ledger.table[t].used += n;
	return at;
}
void *lh_private_rows(size_t now, size_t whole)
{
	return now <= whole ? calloc(1, whole) : NULL;
}
void *lh_private_alloc(size_t size)
{
	return calloc(1, size);
}
struct lh_lock *lh_lock_row(lh_lock_id id)
{
	return id ? &LH_LOCKS[LH_LOCK_ROW(id)] : NULL;
}
void lh_lock_free_row(struct lh_lock *l)
{
	l->next = 0;
}
void lh_self_forget_cached_chains(void)
{
}
static bool on_change(uint32_t id, enum lh_chain_change what)
{
	(void)id, (void)what;
	return true;
}

static void start(void)
{
	static const size_t size[LH_TABLES] = {[LH_T_LOCK] = sizeof(struct lh_lock),
					       [LH_T_CHAIN] = sizeof(struct lh_chain),
					       [LH_T_THREAD] = sizeof(struct lh_thread),
					       [LH_T_VISIT] = sizeof(struct lh_chain_visit)};

	for (int t = 0; t < LH_TABLES; t++) {
		ledger.table[t].used = 1;
		lh_own_ledger.table[t] = size[t] ? calloc(ROWS, size[t]) : NULL;
	}
	lh_own_ledger.ledger = &ledger;
	lh_chain_on_change = on_change;
	CHECK(lh_chain_init());
	for (uint32_t i = 1; i <= WANTED + 1; i++)
		LH_LOCKS[i] = (struct lh_lock){.address = 64 * i, .gen = 1, .kind = LH_MUTEX};
	ledger.table[LH_T_LOCK].used = WANTED + 2;
}

/* ---- the chains of one lock, under each of the others ---- */

static lh_lock_id lock(uint32_t row)
{
	return LH_LOCK_ID(row, 1);
}

static lh_chain_id parent[LOCKS], chain[LOCKS];
static uint32_t chains;

static lh_site site(uint32_t i)
{
	return LH_SITE(1 + i % SITES, LH_BLOCKING, LH_EXCLUSIVE);
}

/* All chains so far are found, with and without the internal lock, and none is made again. */
static void check_found(uint32_t wanted)
{
	uint32_t used = lh_rows_used(LH_T_CHAIN);

	for (uint32_t i = 1; i < chains; i++) {
		CHECK_EQ(lh_chain_find(parent[i], lock(wanted), site(i)), chain[i]);
		CHECK_EQ(lh_chain_make(parent[i], lock(wanted), site(i)), chain[i]);
	}
	CHECK_EQ(lh_rows_used(LH_T_CHAIN), used);
	CHECK_EQ(lh_chain_find(parent[1], lock(wanted), site(2)), 0);
}

/* Chains 1 to `end` - 1. */
static void add_until(uint32_t wanted, uint32_t end)
{
	for (chains = 1; chains < end;) {
		uint32_t i = chains++;
		parent[i] = lh_chain_make(0, lock(i), site(0));
		chain[i] = lh_chain_make(parent[i], lock(wanted), site(i));
		CHECK(chain[i]);
		check_found(wanted);
	}
}

/* Down to one chain: the lock's chains stay in the table. */
static void free_most(uint32_t wanted)
{
	while (chains > 2) {
		lh_chain_id last = chain[--chains];
		lh_chain_free(last);
		check_found(wanted);
		CHECK_EQ(lh_chain_find(parent[chains], lock(wanted), site(chains)), 0);
	}
}

/* ---- the chain of held locks after one below was released ---- */

static struct lh_live_thread *holds(uint32_t lower, uint32_t upper)
{
	static struct lh_live_thread live;

	live = (struct lh_live_thread){.held_n = 2};
	live.held[0] = (struct lh_held){.lock = lock(lower), .site = site(0)};
	live.held[1] = (struct lh_held){.lock = lock(upper), .site = site(1)};
	return &live;
}

/* The site of a lock that became the lowest one: of no order, as a try. */
static lh_site left(lh_site from)
{
	return LH_SITE(LH_SITE_STACK(from), LH_TRY, LH_SITE_MODE(from));
}

static void search_held(void)
{
	enum { lower = 1, upper = 2 };

	CHECK_EQ(lh_held_chain_found(holds(lower, upper)), 0);
	lh_chain_id below = lh_chain_make(0, lock(lower), left(site(0)));
	struct lh_live_thread *live = holds(lower, upper);
	CHECK_EQ(lh_held_chain_found(live), 0);
	CHECK_EQ(live->held[0].chain, below);
	lh_chain_id all = lh_chain_make(below, lock(upper), left(site(1)));
	CHECK_EQ(lh_held_chain_found(live), all);
	CHECK_EQ(live->held[1].chain, all);
	live->held[1].chain = all + 1; /* it is known: no search */
	CHECK_EQ(lh_held_chain_found(live), all + 1);
	live = holds(lower, upper);
	live->held_n = 0;
	CHECK_EQ(lh_held_chain_found(live), 0);
	live = holds(lower, upper);
	live->held[0].flags = LH_HELD_IN_COND_WAIT;
	CHECK_EQ(lh_held_chain_found(live), 0);
	LH_LOCKS[lower].kind = LH_ONCE;
	CHECK_EQ(lh_held_chain_found(holds(lower, upper)), 0);
	LH_LOCKS[lower].kind = LH_MUTEX;
	lh_chain_set_stale(all);
	CHECK_EQ(lh_held_chain_found(holds(lower, upper)), 0);
}

int main(void)
{
	start();
	add_until(WANTED, LOCKS);
	free_most(WANTED);
	CHECK(LH_LOCKS[WANTED].many_chains);
	add_until(WANTED, LOCKS);

	/* many_chains of a futex says something else, and may be set when it has one chain */
	LH_LOCKS[WANTED + 1].kind = LH_FUTEX;
	add_until(WANTED + 1, 2);
	LH_LOCKS[WANTED + 1].many_chains = true;
	check_found(WANTED + 1);
	add_until(WANTED + 1, LOCKS);
	search_held();
	return unit_done();
}
