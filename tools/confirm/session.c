/* session.c — makes attempts until each finding has its verdict. */
#include "tools/confirm/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tools/confirm/plan.h"
#include "tools/confirm/predictions.h"
#include "tools/confirm/progress.h"
#include "tools/util/progress.h"
#include "tools/confirm/reason.h"
#include "tools/confirm/replay.h"
#include "tools/confirm/schedule.h"
#include "tools/util/arena.h"
#include "tools/util/duration.h"
#include "tools/util/log.h"
#include "tools/util/time.h"

#define LIMIT_NS (5000 * LH_MS)        /* an attempt lasts at most this and twice a run */
#define UNKNOWN_RUN_NS (30000 * LH_MS) /* if it is not known how long a run takes */

/* A cycle in the plan of an attempt. */
struct planned {
	struct lh_prediction *prediction;
	struct lh_predicted_cycle *cycle;
};

struct lh_session_private {
	struct lh_predictions all;
	struct lh_plan plan;
	struct planned planned[LH_PLAN_CYCLES];
	struct lh_attempt_progress progress;
	struct lh_attempt_run **kept; /* whose ledgers a proof or the report needs */
	uint32_t kepts;
	uint64_t end_ns; /* of the budget; 0: none */
	uint64_t last_ns;
	uint32_t turn; /* the prediction whose turn is next */
	/* attempts in which the program ended by itself, but not as in the first run */
	uint32_t others;
	int other_status; /* wait status of the first of them */
};

/* ---- the plan of an attempt ---- */

static void plan_cycle(struct lh_session *s, struct lh_prediction *p, struct lh_predicted_cycle *c,
		       enum lh_steer_mode mode)
{
	struct lh_session_private *d = s->private_data;

	if (lh_plan_add(&d->plan, s->report, c->of))
		return; /* it has its own attempts */
	d->plan.cycle[d->plan.cycles - 1].mode = (uint8_t)mode;
	d->planned[d->plan.cycles - 1] = (struct planned){p, c};
}

/* All findings without a verdict share the run, unless it repeats an earlier one. */
static void make_plan(struct lh_session *s, struct planned first,
		      const struct lh_steer_settings *how)
{
	struct lh_session_private *d = s->private_data;

	memset(&d->plan, 0, sizeof(d->plan));
	d->plan.pause_ms = how->pause_ms;
	d->plan.late_thread = how->late.thread;
	d->plan.late_before = how->late.before;
	d->plan.late_after = how->late.after;
	plan_cycle(s, first.prediction, first.cycle, how->mode);
	for (uint32_t i = 0; i < d->all.n && !*s->replay; i++) {
		struct lh_prediction *p = &d->all.list[i];
		for (uint32_t k = 0; k < p->cycles && !p->decided; k++)
			if (&p->cycle[k] != first.cycle && !p->cycle[k].decided)
				plan_cycle(s, p, &p->cycle[k], how->mode);
	}
}

/* ---- what an attempt showed ---- */

static void keep(struct lh_session_private *d, struct lh_attempt_run *run)
{
	if (!d->kepts || d->kept[d->kepts - 1] != run)
		LH_PUSH(d->all.arena, d->kept, d->kepts, run);
}

/* The cycle that a deadlock of the finding is counted for: once. */
static struct lh_predicted_cycle *cycle_that_happened(struct lh_session_private *d,
						      struct lh_prediction *p)
{
	return d->planned[0].prediction == p ? d->planned[0].cycle : &p->cycle[p->proof - p->cycle];
}

static void record_cycle(struct lh_session *s, struct lh_attempt_run *run, struct planned at,
			 uint32_t i, bool happened)
{
	struct lh_session_private *d = s->private_data;
	struct lh_row_source source = {run->report, NULL};
	struct lh_attempt a = {.first = i == 0,
			       .late = d->plan.late_thread != 0,
			       .some_locks = d->plan.cycle[i].mode == LH_STEER_SAME_LOCKS,
			       .happened = happened,
			       .complete = run->complete};

	if (i < d->plan.cycles)
		a.row = lh_attempt_row(run, i, &source.process);
	if (!a.first && !a.happened && !lh_prediction_is_news(at.cycle, &a.row))
		return;
	if (a.row.result == LH_STEER_UNKNOWN)
		source.process = NULL;
	if (source.process)
		keep(d, run);
	lh_prediction_add(&d->all, at.prediction, at.cycle, &a, source);
}

static void record(struct lh_session *s, struct lh_attempt_run *run, struct lh_prediction *p,
		   const struct lh_steer_settings *how)
{
	struct lh_session_private *d = s->private_data;
	bool happened = p->cycles && lh_attempt_happened(run, p->finding), counted = !happened;
	struct lh_predicted_cycle *it = happened ? cycle_that_happened(d, p) : NULL;

	if (happened && !p->hits) {
		p->hit = *how;
		p->hit_hash = it->hash;
	}
	for (uint32_t i = 0; i < d->plan.cycles; i++) {
		struct planned at = d->planned[i];
		if (at.prediction != p)
			continue;
		record_cycle(s, run, at, i, at.cycle == it);
		counted |= at.cycle == it;
	}
	if (!counted) /* it had its verdict already */
		record_cycle(s, run, (struct planned){p, it}, LH_PLAN_CYCLES, true);
	if (p->cycles)
		lh_prediction_decide(p, s->runs);
}

/* ---- deadlocks that were not predicted ---- */

static bool is_known(const struct lh_session *s, const struct lh_report_finding *x)
{
	for (uint32_t i = 0; i < s->report->findings; i++) {
		const struct lh_report_finding *f = s->report->finding[i];
		if ((x->rule == f->rule && !strcmp(x->fingerprint, f->fingerprint)) ||
		    (x->rule == f->other_rule && (!strcmp(x->fingerprint, f->other.now) ||
						  !strcmp(x->other.now, f->fingerprint))))
			return true;
	}
	return false;
}

/* A deadlock that the first run neither had nor predicted is a finding like those of that run. */
static void add_deadlocks(struct lh_session *s, struct lh_attempt_run *run,
			  const struct lh_ledger_view *ledger)
{
	for (uint32_t row = 1; row < lh_read_used(ledger, LH_T_FINDING); row++) {
		const struct lh_report_finding *x = lh_report_read_row(run->report, ledger, row);
		if (!x || x->filter != LH_F_NONE || !lh_attempt_is_deadlock(x) || is_known(s, x))
			continue;
		lh_log("attempt %u: another deadlock happened: %s [%s] %s", s->attempts, x->message,
		       lh_name_rule(x->rule), x->fingerprint);
		lh_report_add_row(s->report, ledger, row, NULL);
		keep(s->private_data, run);
	}
}

/* A program that cannot run twice (a port, a file, its standard input) comes to none of its places.
 */
static void count_end(struct lh_session *s, const struct lh_attempt_run *run)
{
	struct lh_session_private *d = s->private_data;
	bool expected = run->status == s->status || (s->status < 0 && WIFEXITED(run->status));

	if (expected || run->error || run->ended_by_us || run->deadlocked || run->interrupted)
		return;
	if (!d->others++)
		d->other_status = run->status;
}

static const char *end_text(struct lh_arena *arena, int status)
{
	return WIFSIGNALED(status) ? lh_arena_printf(arena, "signal %d (%s)", WTERMSIG(status),
						     strsignal(WTERMSIG(status)))
				   : lh_arena_printf(arena, "status %d", WEXITSTATUS(status));
}

static void note_ends(const struct lh_session *s)
{
	const struct lh_session_private *d = s->private_data;

	if (d->others)
		lh_report_note(s->report,
			       "the program ended with %s in %u of %u attempts%s%s; -v shows its "
			       "output",
			       end_text(d->all.arena, d->other_status), d->others, s->attempts,
			       s->status < 0 ? "" : ", in the first run with ",
			       s->status < 0 ? "" : end_text(d->all.arena, s->status));
}

/* ---- one attempt ---- */

static const char *result_text(const struct lh_session *s, const struct lh_attempt_run *run,
			       const struct lh_prediction *p, uint32_t hits)
{
	struct lh_arena *arena = s->private_data->all.arena;

	if (p->hits > hits)
		return "the deadlock happened";
	if (run->interrupted)
		return "interrupted";
	if (run->timed_out)
		return "ended after its time";
	return WIFSIGNALED(run->status)
		       ? lh_arena_printf(arena, "no deadlock, signal %d", WTERMSIG(run->status))
		       : lh_arena_printf(arena, "no deadlock, status %d", WEXITSTATUS(run->status));
}

static const char *mode_text(const struct lh_session *s, const struct lh_steer_settings *how)
{
	const char *mode = lh_replay_mode(how->mode);

	return how->late.thread ? lh_arena_printf(s->private_data->all.arena, "%s, T%u starts late",
						  mode, how->late.thread)
				: mode;
}

static void log_attempt(struct lh_session *s, const struct lh_attempt_run *run,
			const struct lh_prediction *p, const struct lh_steer_settings *how,
			uint32_t hits)
{
	char took[LH_DURATION_TEXT];

	if (!LH_OPTION(s->start->settings, verbose).number)
		return;
	lh_log("attempt %u: %s, mode %s, pauses of at most %u ms: %s, %s", s->attempts,
	       p->finding->fingerprint, mode_text(s, how), how->pause_ms,
	       result_text(s, run, p, hits), lh_duration_text((double)run->ns / 1e9, took));
}

static uint64_t limit_of(const struct lh_session *s)
{
	const struct lh_session_private *d = s->private_data;
	uint64_t timeout = (uint64_t)LH_OPTION(s->start->settings, timeout).number;
	uint64_t limit = (s->run_ns ? 2 * s->run_ns : UNKNOWN_RUN_NS) + LIMIT_NS;
	uint64_t left = d->end_ns ? lh_time_between(d->end_ns, lh_time_now()) + LH_MS : limit;

	limit = left < limit ? left : limit;
	return timeout && timeout < limit ? timeout : limit;
}

static void show_progress(struct lh_session *s, const struct lh_prediction *p)
{
	struct lh_attempt_progress *x = &s->private_data->progress;

	x->report = s->report;
	x->finding = p->proof->of;
	x->number = (uint32_t)(p - s->private_data->all.list) + 1;
	x->of = s->private_data->all.n;
	x->attempt = p->firsts + 1;
	x->attempts = *s->replay ? 1 : s->runs;
}

static void run_program(struct lh_session *s, struct lh_attempt_run *run,
			const struct lh_steer_settings *how)
{
	struct lh_settings *settings = s->start->settings;
	struct lh_value shake = LH_OPTION(settings, shake);

	*run = (struct lh_attempt_run){.start = s->start,
				       .plan = &s->private_data->plan,
				       .symbols = s->report->options.symbols,
				       .on_deadlock = s->on_deadlock,
				       .limit_ns = limit_of(s),
				       .show = LH_OPTION(settings, verbose).number,
				       .on_round = lh_attempt_progress_update,
				       .with = &s->private_data->progress};
	if (how->seed)
		LH_OPTION(settings, shake) = (struct lh_value){how->seed, "", LH_FROM_FLAG};
	lh_attempt_run(run);
	LH_OPTION(settings, shake) = shake;
}

/* An attempt that was ended for the session's sake shows only what happened in it. */
static bool tells_nothing(const struct lh_session_private *d, const struct lh_attempt_run *run)
{
	bool is_cut = run->timed_out && d->end_ns && lh_time_now() >= d->end_ns;

	return run->error || ((run->interrupted || is_cut) && !run->deadlocked);
}

/* False: the program cannot be started any more, or the session was interrupted. */
static bool attempt(struct lh_session *s, struct planned first, const struct lh_steer_settings *how)
{
	struct lh_session_private *d = s->private_data;
	struct lh_attempt_run *run = calloc(1, sizeof(*run));
	uint32_t hits = first.prediction->hits;

	if (!run)
		return false;
	make_plan(s, first, how);
	show_progress(s, first.prediction);
	s->attempts++;
	run_program(s, run, how);
	s->interrupted = run->interrupted;
	d->last_ns = run->ns;
	s->failed |= run->error != LH_START_GOOD;
	bool good = !run->error && !run->interrupted;
	for (uint32_t i = 0; i < d->all.n && !tells_nothing(d, run); i++)
		record(s, run, &d->all.list[i], how);
	for (uint32_t i = 0; i < run->file.n && run->report; i++)
		add_deadlocks(s, run, &run->file.view[i]);
	count_end(s, run);
	log_attempt(s, run, first.prediction, how, hits);
	if (run->deadlocked)
		s->on_deadlock = LH_ON_EXIT; /* one is enough to look at */
	if (!d->kepts || d->kept[d->kepts - 1] != run) {
		lh_attempt_close(run);
		free(run);
	}
	return good;
}

/* ---- all attempts ---- */

static bool has_time(const struct lh_session *s)
{
	const struct lh_session_private *d = s->private_data;
	uint64_t expected = d->last_ns ? d->last_ns : s->run_ns;

	return !d->end_ns || lh_time_now() + expected < d->end_ns;
}

static void make_attempts(struct lh_session *s)
{
	struct lh_session_private *d = s->private_data;
	struct lh_prediction *p;
	bool good = true;

	while (good && has_time(s) && (p = lh_schedule_next(&d->all, &d->turn))) {
		struct lh_predicted_cycle *c = lh_schedule_cycle(p);
		const struct lh_steer_settings how = lh_schedule_settings(p, c);
		good = attempt(s, (struct planned){p, c}, &how);
	}
}

static bool replay(struct lh_session *s)
{
	struct lh_session_private *d = s->private_data;
	struct lh_prediction *p = d->all.list;
	struct lh_steer_settings how;
	uint32_t cycle;

	if (d->all.n != 1 || !p->cycles) {
		lh_log("--replay: --id must name one predicted cycle%s%s",
		       d->all.n == 1 ? ", but " : "", d->all.n == 1 ? p->why : "");
		return false;
	}
	const char *problem = lh_replay_read(s->replay, p->finding->fingerprint, &how, &cycle);
	if (problem) {
		lh_log("--replay: bad value '%s'; %s", s->replay, problem);
		return false;
	}
	struct lh_predicted_cycle *c = &p->cycle[0];
	for (uint32_t i = 0; i < p->cycles; i++)
		if ((p->cycle[i].hash & LH_REPLAY_CYCLE) == cycle)
			c = &p->cycle[i];
	attempt(s, (struct planned){p, c}, &how);
	return true;
}

/* ---- proofs ---- */

static const char *replay_line(const struct lh_session *s, const struct lh_prediction *p)
{
	char text[LH_REPLAY_TEXT];

	if (!p->hits)
		return NULL;
	lh_replay_write(&p->hit, p->hit_hash, p->finding->fingerprint, text);
	return lh_arena_printf(
		s->private_data->all.arena, "lockhound confirm --id=%s --replay=%s%s -- %s",
		p->finding->fingerprint, text, s->repeat, s->start->project->options.program);
}

static void prove(struct lh_session *s, struct lh_prediction *p)
{
	const struct lh_predicted_cycle *c = p->proof;
	struct lh_reason_facts facts = {
		.of = c->of,
		.outcome = c->outcome,
		.attempt = c->attempt,
		.why = p->why,
		.replay = replay_line(s, p),
	};

	if (p->why) {
		facts.outcome = (struct lh_outcome){.verdict = LH_VERDICT_OPEN};
		facts.why = lh_arena_printf(s->private_data->all.arena, "not steered: %s", p->why);
	} else if (c->outcome.open == LH_OPEN_NO_ATTEMPT && s->failed) {
		facts.why = "no attempt could be started";
	} else if (p->verdict != c->outcome.verdict) {
		facts.outcome.verdict = p->verdict;
		facts.why = "it happens at more places than an attempt can steer";
	} else if (c->outcome.attempt < c->sources) {
		facts.report = c->source[c->outcome.attempt].report;
		facts.process = c->source[c->outcome.attempt].process;
		facts.report = facts.process ? facts.report : NULL;
	}
	lh_prove(s->report, p->finding, &facts);
}

/* ---- the session ---- */

bool lh_session_run(struct lh_session *s)
{
	struct lh_session_private *d = calloc(1, sizeof(*d));
	bool good = true;

	s->private_data = d;
	if (!d)
		return false;
	d->all.arena = lh_arena_new();
	if (!lh_predictions_find(&d->all, s->report, s->ids, s->least))
		return false;
	for (uint32_t i = 0; i < d->all.n; i++) {
		s->tried += d->all.list[i].cycles > 0;
		if (d->all.list[i].cycles)
			lh_prediction_decide(&d->all.list[i], s->runs);
	}
	d->end_ns = s->budget_ns ? lh_time_now() + s->budget_ns : 0;
	lh_monitor_leave_present();
	lh_progress_open("confirm", LH_OPTION(s->start->settings, quiet).number);
	if (*s->replay)
		good = replay(s);
	else
		make_attempts(s);
	lh_progress_close();
	note_ends(s);
	for (uint32_t i = 0; i < d->all.n; i++)
		prove(s, &d->all.list[i]);
	lh_report_finish(s->report);
	return good;
}

void lh_session_close(struct lh_session *s)
{
	struct lh_session_private *d = s->private_data;

	if (!d)
		return;
	for (uint32_t i = 0; i < d->kepts; i++) {
		lh_attempt_close(d->kept[i]);
		free(d->kept[i]);
	}
	lh_arena_free(d->all.arena);
	free(d);
	s->private_data = NULL;
}
