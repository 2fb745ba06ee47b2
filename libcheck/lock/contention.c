/* contention.c — counts waits, holds, failed tries and thread shares of a lock. */
#include "libcheck/lock/contention.h"
#include "libcheck/base/histogram.h"

static uint32_t free_rows; /* freed rows, linked by `next` */
static bool is_full;       /* a row was refused */

void lh_contention_init(void)
{
	free_rows = 0;
	is_full = false;
}

bool lh_contention_is_ready(const struct lh_lock *l)
{
	return l->stats && (LH_LOCK_STATS[l->stats].contention || is_full);
}

struct lh_contention *lh_contention_make(struct lh_lock *l, lh_lock_id id)
{
	uint32_t row = free_rows;

	if (LH_LOCK_STATS[l->stats].contention || !l->stats) /* no stats: their table is full */
		return lh_contention(l);
	if (row)
		free_rows = LH_CONTENTIONS[row].next;
	else
		row = lh_row_add(LH_T_CONTENTION, 1);
	is_full = !row;
	if (!row)
		return NULL;
	LH_CONTENTIONS[row] = (struct lh_contention){.lock = id};
	__atomic_store_n(&LH_LOCK_STATS[l->stats].contention, row, __ATOMIC_RELEASE);
	return &LH_CONTENTIONS[row];
}

void lh_contention_free(struct lh_lock *l)
{
	uint32_t row = LH_LOCK_STATS[l->stats].contention;

	if (!row)
		return;
	LH_CONTENTIONS[row].lock = 0;
	LH_CONTENTIONS[row].next = free_rows;
	free_rows = row;
	is_full = false;
	LH_LOCK_STATS[l->stats].contention = 0;
}

/* ---- thread shares ---- */

/* The thread's share, or a free one that becomes its own; NULL: all belong to other threads. */
static struct lh_thread_share *find_share(struct lh_contention *c, lh_thread_id thread)
{
	for (uint32_t i = 0; i < LH_THREAD_SHARES; i++) {
		struct lh_thread_share *s = &c->share[i];
		lh_thread_id none = 0;

		if (__atomic_load_n(&s->thread, __ATOMIC_RELAXED) == thread ||
		    __atomic_compare_exchange_n(&s->thread, &none, thread, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED) ||
		    none == thread)
			return s;
	}
	return NULL;
}

static void add_sum(struct lh_thread_share *to, const struct lh_thread_share *from)
{
	to->waits += from->waits;
	to->taken += from->taken;
	to->wait_ns += from->wait_ns;
	to->wait_max_ns = from->wait_max_ns > to->wait_max_ns ? from->wait_max_ns : to->wait_max_ns;
	to->bypassed_max =
		from->bypassed_max > to->bypassed_max ? from->bypassed_max : to->bypassed_max;
}

/* Without a free share, the thread that waited least loses its share to this thread; so threads
 * that wait much keep theirs. */
static struct lh_thread_share *share_of(struct lh_contention *c, lh_thread_id thread)
{
	struct lh_thread_share *own = find_share(c, thread);
	struct lh_thread_share *others = &c->share[LH_THREAD_SHARES - 1], *least = &c->share[0];

	if (own)
		return own;
	others->thread = LH_THREAD_SHARE_OTHERS;
	for (uint32_t i = 1; i < LH_THREAD_SHARES - 1; i++)
		if (c->share[i].wait_ns < least->wait_ns)
			least = &c->share[i];
	add_sum(others, least);
	*least = (struct lh_thread_share){.thread = thread};
	return least;
}

void lh_contention_acquired(struct lh_lock *l, lh_thread_id thread, uint32_t weight)
{
	struct lh_contention *c = lh_contention(l);
	struct lh_thread_share *s = c ? find_share(c, thread) : NULL;

	if (s)
		s->taken += weight;
	else if (c && c->share[LH_THREAD_SHARES - 1].thread == LH_THREAD_SHARE_OTHERS)
		c->share[LH_THREAD_SHARES - 1].taken += weight;
}

/* ---- waits ---- */

static uint64_t entries(const struct lh_lock *l, const struct lh_contention *c)
{
	return l->acquired + l->shared - c->recursive;
}

void lh_contention_wait_cancel(struct lh_live_thread *live)
{
	if (live->wait_contention)
		__atomic_fetch_add(&LH_CONTENTIONS[live->wait_contention].waits_ended, 1,
				   __ATOMIC_RELAXED);
	live->wait_contention = 0;
}

void lh_contention_wait_begin(struct lh_lock *l, lh_lock_id id, struct lh_live_thread *live)
{
	lh_contention_wait_cancel(live); /* the last wait was cancelled, or left by a jump */
	struct lh_contention *c = lh_contention(l);
	if (!c)
		c = is_full ? NULL : lh_contention_make(l, id);
	if (!c)
		return;
	live->wait_entries = entries(l, c);
	uint32_t ahead = __atomic_fetch_add(&c->waits_begun, 1, __ATOMIC_RELAXED) -
			 __atomic_load_n(&c->waits_ended, __ATOMIC_RELAXED);
	/* `ahead` can be negative: a wait for the row's earlier lock ended late */
	live->waiters_before = (int32_t)ahead > 0 ? ahead : 0;
	live->wait_contention = LH_LOCK_STATS[l->stats].contention;
	if (live->waiters_before >= c->queue)
		c->queue = live->waiters_before + 1;
}

static void add_bypassed(struct lh_lock *l, struct lh_contention *c,
			 const struct lh_live_thread *live, struct lh_thread_share *share)
{
	uint64_t now = entries(l, c),
		 passed = now > live->wait_entries ? now - live->wait_entries : 0,
		 later = passed > live->waiters_before ? passed - live->waiters_before : 0;

	c->bypassed += passed;
	c->overtaken += later;
	if (later > c->overtaken_max)
		c->overtaken_max = later;
	if (passed > c->bypassed_max) {
		c->bypassed_max = passed;
		c->bypassed_thread = live->thread;
	}
	if (passed > share->bypassed_max)
		share->bypassed_max = passed;
}

static void add_to_bucket(struct lh_histogram *t, uint32_t bucket, uint32_t n)
{
	if (t->bucket[bucket] > UINT32_MAX - n) /* the proportions matter, so all are halved */
		for (uint32_t i = 0; i < LH_BUCKETS; i++)
			t->bucket[i] /= 2;
	__atomic_fetch_add(&t->bucket[bucket], n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&t->n, n, __ATOMIC_RELAXED);
}

static void add_sum_of_times(struct lh_histogram *t, uint64_t sum_ns, uint64_t max_ns)
{
	__atomic_fetch_add(&t->ns, sum_ns, __ATOMIC_RELAXED);
	if (max_ns > t->max_ns)
		t->max_ns = max_ns;
}

static void add_time(struct lh_histogram *t, uint64_t ns, uint32_t n)
{
	add_to_bucket(t, lh_bucket_of(ns), n);
	add_sum_of_times(t, ns * n, ns);
}

static void add_to_share(struct lh_thread_share *share, uint32_t n, uint64_t ns, uint64_t max_ns)
{
	__atomic_fetch_add(&share->waits, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&share->wait_ns, ns, __ATOMIC_RELAXED);
	if (max_ns > share->wait_max_ns)
		share->wait_max_ns = max_ns;
}

void lh_contention_wait_end(struct lh_lock *l, struct lh_live_thread *live, enum lh_mode mode,
			    uint64_t ns)
{
	struct lh_contention *c = lh_contention(l);

	if (c) {
		struct lh_thread_share *share = share_of(c, live->thread);
		add_time(&c->wait[mode == LH_SHARED], ns, 1);
		add_to_share(share, 1, ns, ns);
		if (live->wait_contention == LH_LOCK_STATS[l->stats].contention)
			add_bypassed(l, c, live, share);
	}
	lh_contention_wait_cancel(live);
}

/* Each length stands for as many waits as any other; the first one, for what is left too. */
void lh_contention_add_waits(struct lh_lock *l, lh_thread_id thread, enum lh_mode mode,
			     const uint32_t *ns, uint32_t measured, uint32_t n)
{
	struct lh_lock_stats *stats = &LH_LOCK_STATS[l->stats];
	struct lh_contention *c = lh_contention(l);
	struct lh_histogram *t = c ? &c->wait[mode == LH_SHARED] : NULL;
	uint64_t sum = 0, longest = 0;

	for (uint32_t i = 0; i < measured; i++) {
		uint32_t times = n / measured + (i ? 0 : n % measured);
		sum += (uint64_t)ns[i] * times;
		longest = ns[i] > longest ? ns[i] : longest;
		if (t)
			add_to_bucket(t, lh_bucket_of(ns[i]), times);
	}
	lh_lock_stats_add_waits(stats, n, sum, longest);
	if (mode == LH_EXCLUSIVE) /* each time another thread was the owner before */
		__atomic_fetch_add(&stats->owner_changes, n, __ATOMIC_RELAXED);
	if (!c)
		return;
	add_sum_of_times(t, sum, longest);
	add_to_share(share_of(c, thread), n, sum, longest);
}

void lh_contention_held(struct lh_lock *l, enum lh_mode mode, uint64_t ns, uint32_t weight)
{
	struct lh_contention *c = lh_contention(l);

	if (c)
		add_time(&c->hold[mode == LH_SHARED], ns, weight);
}

void lh_contention_recursive(struct lh_lock *l)
{
	struct lh_contention *c = lh_contention(l);

	if (c)
		c->recursive++;
}

/* ---- tries ---- */

void lh_contention_busy_begin(struct lh_lock *l, lh_lock_id id)
{
	struct lh_contention *c = lh_contention_make(l, id);

	if (c)
		c->busy++;
}

void lh_contention_busy_add(struct lh_lock *l, const struct lh_live_thread *live, uint64_t ns)
{
	struct lh_contention *c = lh_contention(l);

	if (!c || live->tries < c->busy_tries)
		return;
	if (c->busy_thread != live->thread || c->busy_site != live->try_site) {
		c->busy_thread = live->thread;
		c->busy_site = live->try_site;
		c->busy_ns = 0;
	}
	c->busy_tries = live->tries;
	if (ns > c->busy_ns)
		c->busy_ns = ns;
}
