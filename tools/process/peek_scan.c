/*
 * peek_scan.c — scans the threads of a live process again: a thread that is in the same call, with
 * the same number of context switches, in both scans slept in between.
 */
#include "tools/process/peek_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * SETTLE_MS and CLOSE_MS limit the waits for all threads together: on a loaded machine each thread
 * waits for a CPU. A thread that used COMPUTES_NS of CPU time computes and is not waited for.
 */
enum { SETTLE_MS = 3000, CLOSE_MS = 1000, COMPUTES_NS = 20000000, RUNS_NS = 2000000 };

static bool same_call(const struct lh_peek_task *a, const struct lh_peek_task *b)
{
	return a->blocked && b->blocked && a->call == b->call && a->sp == b->sp &&
	       memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

/* After our stop, a call with a timeout continues as restart_syscall. */
static void undo_restart(const struct lh_peek_task *t, struct lh_peek_task *now)
{
	if (t->unwound && now->blocked && now->call == SYS_restart_syscall && now->sp == t->sp) {
		now->call = t->call;
		memcpy(now->arg, t->arg, sizeof(now->arg));
	}
}

static struct lh_peek_task scan_now(struct lh_peek *p, const struct lh_peek_task *t)
{
	struct lh_peek_task now = {.tid = t->tid};

	if (!lh_peek_scan_task(p, &now))
		now.state = 'X';
	undo_restart(t, &now);
	return now;
}

/*
 * A thread that we stopped is back in its call as soon as it gets a CPU. So a thread that is
 * blocked in another call, or computes, has moved.
 */
static struct lh_peek_task scan_blocked(struct lh_peek *p, const struct lh_peek_task *t,
					unsigned *patience)
{
	struct lh_peek_task now = scan_now(p, t);
	uint64_t ran_ns = now.ran_ns;

	while (t->registers && !now.blocked && now.state != 'X' && now.state != 'Z' && *patience &&
	       now.ran_ns - ran_ns < COMPUTES_NS) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		--*patience;
		now = scan_now(p, t);
	}
	return now;
}

/* Waits, at most a second, until the stopped threads are back in their calls: so the next reader
 * usually finds them there. */
static void wait_blocked(struct lh_peek *p)
{
	unsigned patience = CLOSE_MS;

	for (uint32_t i = 0; i < p->tasks && !p->core; i++)
		if (p->task[i].registers)
			scan_blocked(p, &p->task[i], &patience);
}

/* True if the thread computes, that is, used more CPU time than falling asleep takes; also true if
 * its CPU time is unknown. */
static bool is_running(const struct lh_peek_task *before, const struct lh_peek_task *now)
{
	return !before->ran_ns || !now->ran_ns || now->ran_ns - before->ran_ns >= RUNS_NS;
}

bool lh_peek_is_starved(struct lh_peek *p)
{
	bool late = false;

	p->starved = 0;
	for (uint32_t i = 0; i < p->tasks && !p->core; i++) {
		struct lh_peek_task *t = &p->task[i], now;

		if (t->blocked || t->unwound || t->state == 'Z')
			continue;
		now = scan_now(p, t);
		if (now.blocked) {
			*t = now;
			late = true;
		} else if (now.state != 'X' && now.state != 'Z') {
			p->starved += !is_running(t, &now);
		}
	}
	return late || p->starved;
}

bool lh_peek_scan(struct lh_peek *p)
{
	unsigned patience = SETTLE_MS;

	if (p->core) /* nothing changes in a core */
		return true;
	for (uint32_t i = 0; i < p->tasks; i++) {
		struct lh_peek_task *t = &p->task[i], now = scan_blocked(p, t, &patience);

		/* The copied stack shows only what the thread waited for before it moved. */
		t->moved |= t->unwound && !same_call(t, &now);
		t->state = now.state;
		t->switches = now.switches;
	}
	return lh_peek_same_program(p);
}

bool lh_peek_rescan(struct lh_peek *p)
{
	if (p->core)
		return true;
	for (uint32_t i = 0; i < p->tasks; i++) {
		struct lh_peek_task *t = &p->task[i], now = scan_now(p, t);

		t->unchanged = !t->moved && same_call(t, &now) && t->switches == now.switches;
		t->state = now.state;
	}
	p->unlisted = !lh_peek_all_listed(p);
	return lh_peek_same_program(p);
}

void lh_peek_close(struct lh_peek *p)
{
	wait_blocked(p);
	for (uint32_t i = 0; i < p->tasks; i++)
		free(p->task[i].stack);
	lh_peek_unwinder_free(p->unwinder);
	if (p->source && p->source->close)
		p->source->close(p);
	lh_arena_free(p->arena);
	memset(p, 0, sizeof(*p));
}
