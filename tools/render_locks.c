/*
 * Part of the text view: the table of locks, who made whom wait, and how the locks fare by the
 * five properties of synchronisation. What was not measured is said and not guessed.
 */
#include "profile.h"
#include "view.h"

#include <string.h>

enum { CONTACTS_SHOWN = 12, LOCKS_JUDGED = 12 };

static const char *duration(const struct lh_view *v, uint64_t ns)
{
	return ns ? lh_model_time(v->model, ns) : "-";
}

static uint64_t taken(const struct lh_thing *t)
{
	return t->row.acquired + t->row.shared;
}

static bool is_shown(const struct lh_thing *t)
{
	return t->row.kind != LH_LIFE && t->row.kind != LH_COND && t->row.kind != LH_BARRIER;
}

/* ---- the table ---- */

static void show_row(struct lh_view *v, const struct lh_thing *t)
{
	const struct lh_lock *l = &t->row;

	fprintf(v->out, "%12llu %10llu %9llu %8llu %9s %9s %9s %9s %9s %5u  %s\n",
		(unsigned long long)taken(t), (unsigned long long)l->shared,
		(unsigned long long)l->contended, (unsigned long long)l->tries_failed,
		duration(v, l->wait_ns), duration(v, l->contended ? l->wait_ns / l->contended : 0),
		duration(v, l->wait_max_ns),
		duration(v, l->hold_samples ? l->hold_ns / l->hold_samples : 0),
		duration(v, l->hold_max_ns), t->queue, lh_view_clean(v, t->name));
}

static void show_table(struct lh_view *v)
{
	fprintf(v->out, "%12s %10s %9s %8s %9s %9s %9s %9s %9s %5s  %s\n", "acquired", "to read",
		"contended", "failed", "wait", "wait mean", "wait max", "hold mean", "hold max",
		"queue", "lock");
	for (uint32_t i = 0; i < v->model->locks; i++)
		if (is_shown(v->model->busiest[i]))
			show_row(v, v->model->busiest[i]);
	fputs("waits are exact; holds are of those that had waited and of one in 256 of each "
	      "thread; "
	      "the queue is\nthe longest at a look of the command\n\n",
	      v->out);
}

/* ---- who made whom wait ---- */

static const char *place(struct lh_view *v, const struct lh_trace *t)
{
	const struct lh_frame *best = NULL;
	const char *at;

	for (uint32_t i = 0; t && i < t->n; i++)
		if (!t->frame[i].ours && (!best || (best->system && !t->frame[i].system)))
			best = &t->frame[i];
	if (!best)
		return "a place that is not known";
	at = lh_view_at(v, best);
	return lh_pool_print(
		v->pool, "%s%s%s%s", best->function ? lh_view_clean(v, best->function) : "",
		best->function && at ? " (" : "", at ? at : "", best->function && at ? ")" : "");
}

static void show_contacts(struct lh_view *v)
{
	const struct lh_profile *p = v->model->profile;
	uint32_t shown = 0;

	for (uint32_t i = 0; p && i < p->contacts && shown < CONTACTS_SHOWN; i++) {
		const struct lh_contact *c = p->contact[i];

		if (!c->waiter)
			continue;
		if (!shown++)
			fputs("who made whom wait (time waited, longest single wait):\n", v->out);
		fprintf(v->out, "%10s %8s  %s: %s waited", duration(v, c->ns),
			duration(v, c->worst_ns),
			lh_view_clean(v, lh_model_what(v->model, c->lock)), place(v, c->waiter));
		if (c->holder)
			fprintf(v->out, " for %s", place(v, c->holder));
		fputc('\n', v->out);
	}
	if (shown)
		fputc('\n', v->out);
}

/* ---- the five properties ---- */

static bool names(const struct lh_found *f, const struct lh_thing *t)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (f->lock[i] == t)
			return true;
	return false;
}

static bool is_misuse(enum lh_rule r)
{
	return r == LH_RULE_UNLOCK_NOT_OWNER || r == LH_RULE_UNLOCK_NOT_HELD ||
	       r == LH_RULE_DESTROY_HELD || r == LH_RULE_EXIT_HOLDING ||
	       r == LH_RULE_COND_WAIT_UNLOCKED || r == LH_RULE_FORK_HOLDING;
}

static bool is_stuck(enum lh_rule r)
{
	return r == LH_RULE_LOCK_ORDER || r == LH_RULE_DEADLOCK || r == LH_RULE_SELF_DEADLOCK ||
	       r == LH_RULE_POOL_DEADLOCK || r == LH_RULE_COND_WAIT_HOLDING ||
	       r == LH_RULE_ORDER_POLICY || r == LH_RULE_SIGNAL_LOCK;
}

/* The findings of one property that name the lock: "deadlock 1f.., lock-order 2a.."; NULL none. */
static const char *findings(struct lh_view *v, const struct lh_thing *t, bool (*of)(enum lh_rule))
{
	const char *text = NULL;

	for (uint32_t i = 0; i < v->model->findings; i++) {
		const struct lh_found *f = v->model->finding[i];

		if (of(f->rule) && names(f, t))
			text = lh_pool_print(v->pool, "%s%s%s %s", text ? text : "",
					     text ? ", " : "", lh_word_rule(f->rule),
					     f->fingerprint);
	}
	return text;
}

static void show_waiting(struct lh_view *v, const struct lh_thing *t)
{
	const struct lh_lock *l = &t->row;

	if (!l->contended) {
		fputs("    bounded waiting   nobody waited\n", v->out);
		return;
	}
	fprintf(v->out, "    bounded waiting   the longest wait was %s, %s on average",
		duration(v, l->wait_max_ns), duration(v, l->wait_ns / l->contended));
	if (t->queue > 1)
		fprintf(v->out, "; up to %u waited at once", t->queue);
	if (t->worst && t->worst->thread)
		fprintf(v->out, "; %s was seen to wait longest",
			lh_view_clean(v, lh_model_who(v->model, t->worst->thread)));
	fputc('\n', v->out);
}

static void show_busy(struct lh_view *v, const struct lh_thing *t)
{
	const struct lh_lock *l = &t->row;

	if (l->tries_failed)
		fprintf(v->out, "    no busy waiting   %llu tries failed\n",
			(unsigned long long)l->tries_failed);
	else if (l->kind == LH_SPIN && l->contended)
		fprintf(v->out, "    no busy waiting   %s were spent spinning\n",
			duration(v, l->wait_ns));
	else
		fputs("    no busy waiting   no try failed\n", v->out);
}

static void show_properties(struct lh_view *v, const struct lh_thing *t)
{
	const char *misuse = findings(v, t, is_misuse), *stuck = findings(v, t, is_stuck);
	const struct lh_lock *l = &t->row;

	fprintf(v->out, "  %s\n", lh_view_clean(v, t->name));
	fprintf(v->out, "    mutual exclusion  %s\n", misuse ? misuse : "no misuse was seen");
	fprintf(v->out, "    progress          %s\n",
		stuck ? stuck : "no circle of waits was seen");
	show_waiting(v, t);
	show_busy(v, t);
	if (l->contended)
		fprintf(v->out,
			"    fairness          changed hands %u times among those that had waited "
			"or "
			"were sampled\n",
			l->owner_changes);
	else
		fputs("    fairness          nobody waited\n", v->out);
}

/* Those that somebody waited for, tried in vain or misused. */
static bool is_worth(struct lh_view *v, const struct lh_thing *t)
{
	return is_shown(t) && (t->row.contended || t->row.tries_failed ||
			       findings(v, t, is_misuse) || findings(v, t, is_stuck));
}

static void show_fare(struct lh_view *v)
{
	uint32_t shown = 0, more = 0;

	for (uint32_t i = 0; i < v->model->locks; i++) {
		const struct lh_thing *t = v->model->busiest[i];

		if (shown == LOCKS_JUDGED) {
			more += t->row.contended || t->row.tries_failed;
			continue;
		}
		if (!is_worth(v, t))
			continue;
		if (!shown++)
			fputs("how they fare:\n", v->out);
		show_properties(v, t);
	}
	if (more)
		fprintf(v->out, "  and %u more that were contended\n", more);
	if (shown)
		fputs("  not measured: waiters overtaken by later ones, tries in a row and the CPU "
		      "they burnt, each thread's share\n\n",
		      v->out);
}

void lh_text_locks(const struct lh_model *m, const struct lh_text_style *style, FILE *out)
{
	struct lh_view v = lh_view_open(m, style, out);

	show_table(&v);
	show_contacts(&v);
	show_fare(&v);
	lh_view_close(&v);
}
