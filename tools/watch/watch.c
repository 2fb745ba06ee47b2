/* watch.c — the watch thread: its rounds, and the processes that it samples. */
#include "tools/watch/watch_internal.h"
#include "tools/util/list.h"
#include "tools/util/thread.h"
#include "tools/util/time.h"
#include "tools/process/stop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
	LIVE_THREADS_MAX = 8192,
	SLACK_NS = 200000,
	PART_OF_CPU = 40,
	ROUND_MAX_NS = 50000000,
};
#define ROUND_NS 5000000ull
#define IDLE_NS 20000000ull

/* ---- one round ---- */

static void add_waiter(struct lh_watch_process *p, uint32_t i, const struct lh_live_thread *live)
{
	if (!lh_list_grow(&p->waiter, &p->waiter_capacity, p->waiters + 1, sizeof(*p->waiter)))
		return;
	p->waiter[p->waiters++] =
		(struct lh_watch_waiter){.live = i,
					 .thread = live->thread,
					 .lock = live->wait_lock,
					 .site = live->wait_site,
					 .kind = live->wait_on,
					 .since_ns = live->wait_since_ns,
					 .step_ns = p->now_ns - p->sample[i].sampled_ns};
}

/* ---- which rows are skipped ---- */

enum { AGE_PART = 8, SKIP_MAX_MS = 100 };

/* Did further tries fail since the last sample? */
static bool is_busy(const struct lh_thread_sample *at, const struct lh_live_thread *live)
{
	return live->tries >= LH_TRIES_BUSY_WAIT && live->tries != at->tries;
}

/* A hash of what the thread holds and waits for; 0: nothing. */
static uint64_t mark_of(const struct lh_watch_process *p, const struct lh_thread_sample *at,
			const struct lh_live_thread *live, uint32_t n)
{
	struct lh_held h;
	uint64_t m =
		(uint64_t)live->thread << 32 ^ live->wait_lock ^ (uint64_t)live->wait_seq << 16 ^ n;

	if (!n && !live->wait_lock && !is_busy(at, live))
		return 0;
	for (uint32_t k = 0; k < n && lh_read_held(&p->ledger, live, k, &h); k++) {
		m = (m ^ ((uint64_t)h.lock << 32 | h.tick)) * 0x9e3779b97f4a7c15u;
		m = (m ^ ((uint64_t)h.site << 16 | h.flags)) * 0x94d049bb133111ebu;
	}
	return m | 1;
}

/* The older the row's newest hold or wait, the longer the row may be skipped. Rules that need an
 * earlier sample lower due_ns. */
static uint64_t due_of(const struct lh_watch_process *p, const struct lh_thread_sample *at,
		       const struct lh_live_thread *live)
{
	uint64_t newest = live->wait_lock ? live->wait_since_ns : 0, pause;

	for (uint32_t k = 0; k < at->n_hold_samples; k++)
		if (at->hold_sample[k].from_ns > newest)
			newest = at->hold_sample[k].from_ns;
	pause = p->now_ns > newest ? (p->now_ns - newest) / AGE_PART : 0;
	if (is_busy(at, live))
		pause = 0;
	return p->now_ns + (pause < SKIP_MAX_MS * LH_MS ? pause : SKIP_MAX_MS * LH_MS);
}

static void scan_process(struct lh_watch_process *p, uint32_t i, const struct lh_live_thread *live)
{
	struct lh_held h;
	struct lh_lock l;

	if (live->wait_lock && live->wait_on)
		add_waiter(p, i, live);
	lh_wait_profile_thread(p, i, live);
	p->sample[i].sampled_ns = p->now_ns;
	p->sample[i].due_ns = due_of(p, &p->sample[i], live);
	for (uint32_t k = 0; lh_read_held(&p->ledger, live, k, &h); k++)
		if (lh_watch_is_lock(p, &h, &l))
			lh_long_hold_scan(p, i, live, &h, &l);
	if (p->pid) {
		lh_busy_wait_scan(p, i, live);
		lh_blocking_call_scan(p, i, live);
	}
	p->sample[i].tries = live->tries;
}

/* In most rounds most rows are empty or unchanged; only the others are copied. */
static void scan_thread(struct lh_watch_process *p, uint32_t i)
{
	const struct lh_table_view *rows = &p->ledger.rows[LH_T_LIVE_THREAD];
	const struct lh_live_thread *live =
		(const struct lh_live_thread *)(rows->at + (size_t)i * rows->row);
	struct lh_thread_sample *sample = &p->sample[i];
	struct lh_live_thread s;
	uint32_t n = lh_read_held_count(&p->ledger, live),
		 in_row = n < LH_HELD_INLINE ? n : LH_HELD_INLINE;
	uint64_t mark = live->state < LH_LIVE_ATTACHED ? 0 : mark_of(p, sample, live, n);
	p->active |= mark != 0;
	if (mark == sample->mark && (!mark || p->now_ns < sample->due_ns))
		return;
	if (mark != sample->mark)
		lh_wait_profile_close(p, i);
	if (!mark) {
		memset(&s, 0, offsetof(struct lh_live_thread, held));
	} else {
		memcpy(&s, live,
		       offsetof(struct lh_live_thread, held) + in_row * sizeof(struct lh_held));
		s.held_n = n;
	}
	scan_process(p, i, &s);
	p->sample[i].mark = mark;
}

uint32_t lh_watch_scan(struct lh_watch_process *p, uint64_t now_ns)
{
	uint32_t n_rows = lh_read_used(&p->ledger, LH_T_LIVE_THREAD);

	p->now_ns = now_ns;
	p->active = false;
	p->waiters = 0;
	p->samples = 0;
	if (!p->sampled_ns)
		p->sampled_ns = p->now_ns;
	if (n_rows > LIVE_THREADS_MAX)
		n_rows = LIVE_THREADS_MAX;
	if (!lh_list_grow(&p->sample, &p->n_samples, n_rows, sizeof(*p->sample)))
		return 1;
	p->turn = p->refused ? p->refused : p->turn + 1;
	if (p->turn >= n_rows)
		p->turn = 1;
	p->refused = 0;
	for (uint32_t i = p->turn; i < n_rows; i++)
		scan_thread(p, i);
	for (uint32_t i = 1; i < p->turn && i < n_rows; i++)
		scan_thread(p, i);
	lh_wait_profile_round(p);
	lh_long_hold_end_round(p, false);
	lh_livelock_scan(p, n_rows);
	p->sampled_ns = p->now_ns;
	return n_rows;
}

/* One round of a process, now. Returns how many rows. */
static uint32_t scan_now(struct lh_watch_process *p)
{
	p->began_ns = lh_time_now();
	return lh_watch_scan(p, lh_time_between(p->began_ns, p->ledger.head.start_ns));
}

/* True if a thread holds a lock or waits: then the next round follows soon. */
static bool round_of(struct lh_watch *w)
{
	uint32_t n_rows = 0, i;
	bool active = false;

	if (w->options.run_header) /* a hold would seem older if the clock thread were late */
		lh_run_clock_update(w->options.run_header);
	lh_stop_end_late();
	lh_deadlock_watch_scan(w, lh_time_now());
	for (i = 0; i < w->n && n_rows < LIVE_THREADS_MAX; i++) {
		struct lh_watch_process *p = w->list[(w->turn + i) % w->n];
		n_rows += scan_now(p);
		active |= p->active;
	}
	w->turn = w->n ? (w->turn + i) % w->n : 0;
	return active;
}

enum { LATE_NS = 500000 /* between two attempts to detach a thread that stops late */ };

static uint64_t spent_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A round that used much CPU time is followed by a longer pause: the watch thread uses at most one
 * part in PART_OF_CPU of a CPU. */
static uint64_t pause_after(uint64_t pause, uint64_t spent)
{
	uint64_t enough = spent * PART_OF_CPU < ROUND_MAX_NS ? spent * PART_OF_CPU : ROUND_MAX_NS;

	return pause > enough ? pause : enough;
}

static void *run(void *watch)
{
	struct lh_watch *w = watch;
	struct timespec until;

	prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	pthread_mutex_lock(&w->mutex);
	while (!w->over) {
		uint64_t spent = spent_ns();
		uint64_t next = round_of(w) ? ROUND_NS : IDLE_NS;
		next = pause_after(next, spent_ns() - spent);
		if (lh_stop_end_late()) /* a thread that stops late stays stopped until the next
					   call */
			next = LATE_NS;
		next += lh_time_now();
		until.tv_sec = (time_t)(next / 1000000000u);
		until.tv_nsec = (long)(next % 1000000000u);
		while (!w->over &&
		       !pthread_cond_clockwait(&w->stop, &w->mutex, CLOCK_MONOTONIC, &until))
			;
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* ---- functions for the monitor ---- */

struct lh_watch *lh_watch_start(const struct lh_watch_options *options)
{
	struct lh_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->options = *options;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->stop, NULL);
	errno = lh_deadlock_watch_start(w) ? lh_start_thread(&w->thread, run, w) : ENOMEM;
	if (!errno)
		return w;
	lh_deadlock_watch_stop(w);
	free(w);
	return NULL;
}

void lh_watch_stop(struct lh_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->over = true;
	pthread_cond_signal(&w->stop);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	lh_deadlock_watch_stop(w);
	free(w->list);
	free(w->event);
	free(w);
}

struct lh_watch_process *lh_watch_add(struct lh_watch *w, const void *ledger, size_t size,
				      pid_t pid, void *process)
{
	struct lh_watch_process *p = calloc(1, sizeof(*p));

	if (!p || !lh_read_view(&p->ledger, ledger, size)) {
		free(p);
		return NULL;
	}
	p->watch = w;
	p->pid = pid;
	p->process = process;
	p->free_names = w->options.free_names;
	pthread_mutex_lock(&w->mutex);
	if (!lh_list_grow(&w->list, &w->capacity, w->n + 1, sizeof(*w->list))) {
		pthread_mutex_unlock(&w->mutex);
		free(p);
		return NULL;
	}
	w->list[w->n++] = p;
	lh_deadlock_watch_add(p);
	pthread_mutex_unlock(&w->mutex);
	return p;
}

const struct lh_overlay *lh_watch_overlay_of(struct lh_watch *w, struct lh_watch_process *p)
{
	pthread_mutex_lock(&w->mutex);
	const struct lh_overlay *overlay = p->overlay;
	pthread_mutex_unlock(&w->mutex);
	return overlay;
}

/* When the process ended, as far as it is known: by the library's mark, or else at the last round.
 * The monitor notices an end later, on a busy machine much later, and nothing is held meanwhile. */
static uint64_t end_of(struct lh_watch_process *p)
{
	lh_read_refresh(&p->ledger);
	if (p->ledger.head.state == LH_LEDGER_ENDED && p->ledger.head.end_ns > p->sampled_ns)
		return p->ledger.head.end_ns;
	return p->sampled_ns;
}

void lh_watch_drop(struct lh_watch *w, struct lh_watch_process *p)
{
	pthread_mutex_lock(&w->mutex);
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->list[i] == p) {
			w->list[i] = w->list[--w->n];
			break;
		}
	}
	lh_deadlock_watch_drop(p);
	p->pid = 0; /* its /proc entries may be gone */
	p->began_ns = 0;
	lh_watch_scan(p, end_of(p));
	lh_long_hold_end_round(p, true);
	lh_wait_profile_end(p);
	pthread_mutex_unlock(&w->mutex);
}

void lh_watch_forget(struct lh_watch_process *p)
{
	if (!p)
		return;
	if (p->names)
		p->free_names(p->names); /* the watch may have ended */
	lh_sampler_free(p->sampler);
	lh_overlay_free(p->overlay);
	free(p->sample);
	free(p->hold);
	free(p->waiter);
	free(p->pair);
	free(p->measured);
	free(p);
}
