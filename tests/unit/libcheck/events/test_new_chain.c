/*
 * test_new_chain.c — an acquisition that brings only a new chain, while another thread posts and
 * destroys a semaphore that this thread holds: the chain of the held locks is read after that.
 * LINKS: libcheck/events/new_chain.c
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"
#include "tests/unit/unit.h"

enum { OLD = 7, REPAIRED = 9, STACK = 3 };

struct lh_own_ledger lh_own_ledger;
static struct lh_ledger ledger;
static struct lh_lock locks[8];
static struct lh_stack stacks[8];
static struct lh_live_thread live;
static struct lh_self self = {.live = &live, .live_saved = &live, .number = 1};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const lh_lock_id semaphore = LH_LOCK_ID(1, 1), below = LH_LOCK_ID(2, 1),
			wanted = LH_LOCK_ID(3, 1);

/* What another thread does while this one waits for the internal lock. */
static void (*meanwhile)(void);
static lh_chain_id parent_seen;

bool lh_event_begin(struct lh_event_frame *event, const struct lh_call *call)
{
	*event = (struct lh_event_frame){.self = &self, .live = &live, .stack = call->stack};
	meanwhile();
	return true;
}

lh_chain_id lh_event_chain(struct lh_event_frame *event)
{
	(void)event;
	return REPAIRED;
}

lh_chain_id lh_event_record_under(struct lh_event_frame *event, lh_chain_id parent, lh_lock_id lock,
				  lh_site site)
{
	(void)event, (void)lock, (void)site;
	parent_seen = parent;
	return 1;
}

void lh_event_end(struct lh_event_frame *event)
{
	(void)event;
}

bool lh_held_is_sampled(struct lh_self *thread, bool fresh, lh_site site)
{
	(void)thread, (void)fresh, (void)site;
	return false;
}

uint32_t lh_clock_tick_slow(void)
{
	return 1;
}

uint64_t lh_clock_now(void)
{
	return 1;
}

void lh_contention_acquired(struct lh_lock *l, lh_thread_id thread, uint32_t weight)
{
	(void)l, (void)thread, (void)weight;
}

/* ---- the test ---- */

static void nothing(void)
{
}

/* as lh_sem_mark_signal does */
static void posts(void)
{
	live.held[0].lock = 0;
}

static void row_serves_another_lock(void)
{
	locks[LH_LOCK_ROW(semaphore)].gen++;
}

/* The parent under which the mutex is recorded; it is acquired in any case. */
static lh_chain_id parent_if(void (*happens)(void))
{
	const struct lh_call call = {.object = &mutex, .kind = LH_MUTEX, .stack = STACK};

	meanwhile = happens;
	parent_seen = 0;
	locks[1] = (struct lh_lock){.gen = 1, .kind = LH_SEM};
	locks[2] = locks[3] = (struct lh_lock){.gen = 1, .kind = LH_MUTEX};
	live = (struct lh_live_thread){.held_n = 2};
	live.held[0] = (struct lh_held){.lock = semaphore, .chain = OLD - 1, .depth = 1};
	live.held[1] = (struct lh_held){.lock = below, .chain = OLD, .depth = 1};
	CHECK(lh_on_acquired_add_chain(&self, &call, wanted, LH_SITE(STACK, 0, LH_EXCLUSIVE)));
	CHECK(live.held_n == 3 && live.held[2].lock == wanted);
	return parent_seen;
}

int main(void)
{
	lh_own_ledger.ledger = &ledger;
	lh_own_ledger.table[LH_T_LOCK] = locks;
	lh_own_ledger.table[LH_T_STACK] = stacks;
	CHECK(parent_if(nothing) == OLD);
	CHECK(parent_if(posts) == REPAIRED);
	CHECK(parent_if(row_serves_another_lock) == REPAIRED);
	return unit_done();
}
