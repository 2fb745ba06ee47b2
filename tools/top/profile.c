/* profile.c — adds up, sample by sample, how long each pair of sites was seen waiting and held. */
#include "tools/top/profile.h"
#include "tools/ledger/overlay.h"
#include "tools/util/map.h"
#include "tools/util/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_NS = 5000000, PAUSES_FOR_A_SAMPLE = 10 };

#define SAMPLED (1u << LH_T_LIVE_THREAD | 1u << LH_T_HELD | 1u << LH_T_LOCK)

struct pairs {
	struct lh_arena *arena;
	struct lh_map by_sites;
	struct lh_wait_pair **pair;
	uint32_t n;
};

static struct lh_wait_pair *pair_of(struct pairs *s, lh_lock_id lock, lh_site waiter,
				    lh_site holder)
{
	const uint32_t key[] = {lock, waiter, holder};
	struct lh_wait_pair *x = lh_map_get(&s->by_sites, s->arena, key, sizeof(key), sizeof(*x));

	if (!x->samples) {
		*x = (struct lh_wait_pair){.lock = lock, .waiter = waiter, .holder = holder};
		LH_PUSH(s->arena, s->pair, s->n, x);
	}
	return x;
}

/* The site where the owner acquired the lock; 0: unknown, or held by readers. */
static lh_site holder_of(const struct lh_ledger_view *r, lh_lock_id lock, uint32_t owner)
{
	struct lh_live_thread live;
	struct lh_held held;

	if (!owner || !lh_read_live_thread(r, owner, &live) || !lh_read_hold(r, &live, lock, &held))
		return 0;
	return held.site;
}

/* The time since the last sample counts for the waits of this one. */
static void add_sample(struct pairs *s, const struct lh_ledger_view *r, uint64_t now_ns,
		       uint64_t step_ns)
{
	uint32_t rows = lh_read_used(r, LH_T_LIVE_THREAD);
	struct lh_live_thread live;
	struct lh_lock lock;

	for (uint32_t i = 1; i < rows; i++) {
		if (!lh_read_live_thread(r, i, &live) || live.wait_on != LH_WAIT_LOCK ||
		    !lh_read_lock(r, live.wait_lock, &lock) || lock.flags & LH_LOCK_SIGNAL)
			continue;
		struct lh_wait_pair *x = pair_of(s, live.wait_lock, live.wait_site,
						 holder_of(r, live.wait_lock, lock.owner));
		uint64_t age = lh_time_between(now_ns, live.wait_since_ns);

		x->ns += step_ns;
		x->samples++;
		if (age >= x->worst_ns) {
			x->worst_ns = age;
			x->thread = live.thread;
		}
	}
}

static void pause_for(uint64_t ns)
{
	const struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};

	nanosleep(&t, NULL);
}

static bool sample_all(struct pairs *s, struct lh_top_target *t, uint64_t for_ns)
{
	uint64_t begin = lh_time_now(), before = begin;

	while (before - begin < for_ns) {
		uint64_t left = for_ns - (before - begin), took;
		uint64_t at = lh_time_now();

		if (!lh_top_target_sample(t))
			return false;
		add_sample(s, &t->ledger, lh_top_target_now(t), at - before);
		before = at;
		took = PAUSES_FOR_A_SAMPLE * (lh_time_now() - at);
		took = took > PAUSE_NS ? took : PAUSE_NS;
		pause_for(took < left ? took : left);
	}
	return true;
}

/* A report reads wait pairs only where they are rows of a file. */
static bool pack(struct lh_top_target *t, const struct pairs *s, struct lh_ledger_file *out)
{
	struct lh_overlay *overlay = lh_overlay_new(&t->ledger);
	int fd = memfd_create("lockhound-profile", MFD_CLOEXEC), rc = overlay ? 0 : ENOMEM;
	char path[40];

	for (uint32_t i = 0; overlay && i < s->n; i++)
		lh_overlay_add(overlay, LH_T_WAIT_PAIR, s->pair[i], 1);
	t->ledger.overlay = overlay;
	rc = rc ? rc : fd < 0 ? errno : lh_read_pack(&t->ledger, fd);
	t->ledger.overlay = NULL;
	if (rc)
		snprintf(t->error, sizeof(t->error), "cannot keep the samples: %s", strerror(rc));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!rc && !lh_read_open(out, path)) {
		snprintf(t->error, sizeof(t->error), "%s", out->error);
		lh_read_close(out);
		rc = EINVAL;
	}
	if (fd >= 0)
		close(fd);
	if (overlay)
		lh_overlay_free(overlay);
	return rc == 0;
}

bool lh_top_profile(struct lh_top_target *t, uint64_t for_ns, struct lh_ledger_file *out)
{
	struct pairs s = {.arena = lh_arena_new()};
	bool good;

	t->tables = SAMPLED;
	good = sample_all(&s, t, for_ns);
	t->tables = UINT32_MAX;
	good = good && lh_top_target_sample(t) && pack(t, &s, out);
	lh_arena_free(s.arena);
	return good;
}
