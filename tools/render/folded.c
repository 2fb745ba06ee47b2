/*
 * folded.c — folded stacks for flamegraph.pl, speedscope and inferno: one line for each stack, the
 * outermost frame first, then microseconds. There are two roots: "waiting" (the waiter's stack, the
 * lock, the function where the owner acquired the lock) and "holding" (the stack of the
 * acquisition).
 *
 * Times are the monitor's samples; the waits for a lock are scaled to the lock's exact wait time.
 */
#include "tools/report/lock_stats.h"
#include "tools/render/view.h"

/* In this format ';' separates frames, so a ';' in a name becomes ':'. */
static const char *part(struct lh_view *v, const char *text)
{
	char *out = lh_arena_strdup(v->arena, lh_view_clean(v, text));

	for (char *c = out; *c; c++)
		if (*c == ';')
			*c = ':';
	return out;
}

static const char *function(struct lh_view *v, const struct lh_report_frame *f)
{
	const char *at;

	if (f->function)
		return part(v, f->function);
	at = lh_view_at(v, f);
	return at ? part(v, at) : "?";
}

static void put_stack(struct lh_view *v, const struct lh_report_stack *t)
{
	for (uint32_t i = t->n; i-- > 0;)
		if (!t->frame[i].ours)
			fprintf(v->out, ";%s", function(v, &t->frame[i]));
}

static const char *lock_name(struct lh_view *v, const struct lh_report_lock *lock)
{
	return lock ? part(v, lock->name) : "an unknown lock";
}

static void put_wait(struct lh_view *v, const struct lh_wait_pair_stats *c)
{
	fputs("waiting", v->out);
	put_stack(v, c->waiter);
	fprintf(v->out, ";[%s]", lock_name(v, c->lock));
	if (c->holder && c->holder->n) {
		const struct lh_report_frame *f = lh_report_place(c->holder);
		fprintf(v->out, ";held since %s", f ? function(v, f) : "?");
	}
	fprintf(v->out, " %.0f\n", (double)c->ns / 1000);
}

static void put_hold(struct lh_view *v, const struct lh_wait_pair_stats *c)
{
	fputs("holding", v->out);
	put_stack(v, c->holder);
	fprintf(v->out, ";[%s] %.0f\n", lock_name(v, c->lock), (double)c->ns / 1000);
}

/* Waits too short for any sample, and all waits of a run without the front end. */
static void put_unseen(struct lh_view *v, const struct lh_report_lock *lock)
{
	if (lock->row.kind != LH_THREAD_END && lock->stats.wait_ns >= 1000 && !lock->worst)
		fprintf(v->out, "waiting;(stacks not seen);[%s] %llu\n", lock_name(v, lock),
			(unsigned long long)(lock->stats.wait_ns / 1000));
}

void lh_render_folded(struct lh_view *v)
{
	for (uint32_t i = 0; v->report->profile && i < v->report->profile->pairs; i++) {
		const struct lh_wait_pair_stats *c = v->report->profile->pair[i];

		if (c->ns < 1000)
			continue;
		if (c->waiter)
			put_wait(v, c);
		else if (c->holder)
			put_hold(v, c);
	}
	for (uint32_t i = 0; i < v->report->locks; i++)
		put_unseen(v, v->report->lock[i]);
}
