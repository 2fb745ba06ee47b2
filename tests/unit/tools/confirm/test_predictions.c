/* test_predictions.c — tests plans, the choice of findings, their verdicts, and replay settings.
 * LINKS: tools/confirm/ tools/run/ tools/watch/ tools/hang/ tools/wait_graph/ tools/project/ tools/settings/ tools/render/ tools/process/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ libcheck/order_graph/ libcheck/lock_api/rows.c tools/lock_order/ tools/util/ */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/confirm/plan.h"
#include "tools/confirm/predictions.h"
#include "tools/confirm/replay.h"
#include "tools/confirm/schedule.h"
#include "tools/util/arena.h"
#include "tools/util/log.h"

#define SLIDE 0x10000ull

static struct lh_plan plan;

/* A report of the ledger, without symbols. */
static struct lh_report *report_of(struct lh_ledger *l)
{
	static struct lh_ledger_view view[16];
	static int n;
	struct lh_report *report = lh_report_new((struct lh_report_options){.symbols = NULL});

	CHECK(lh_read_view(&view[n], l, l->total));
	lh_report_add_ledger(report, &view[n++]);
	lh_report_finish(report);
	return report;
}

static uint64_t frame_of(uint32_t cycle, int part, int stop, int i)
{
	const struct lh_plan_stop *s = &plan.cycle[cycle].part[part].stop[stop];

	return i < s->frames ? plan.frame[s->frame + i] : 0;
}

static void basic_cycle(void)
{
	struct lh_ledger *l = build_bank(100, SLIDE);
	struct lh_report *report = report_of(l);
	const struct lh_plan_cycle *c = &plan.cycle[0];

	CHECK(!lh_plan_add(&plan, report, report->finding[0]));
	CHECK_EQ(plan.cycles, 1);
	CHECK_EQ(plan.modules, 1);
	CHECK_STR(plan.module[0].path, "/opt/bank");
	CHECK_EQ(c->parts, 2);
	CHECK_EQ(c->writers, 0);
	for (int p = 0; p < 2; p++) {
		CHECK_EQ(c->part[p].stops, 2);
		CHECK_EQ(c->part[p].holds_at, 0);
		CHECK_EQ(c->part[p].stop[1].kind, LH_MUTEX);
		for (int k = 0; k < 2; k++)
			CHECK_EQ(frame_of(0, p, k, 0), LH_FRAME(0, 0x1100 + (2 * p + k) * 16));
	}
	CHECK(lh_plan_step(report->finding[0], 1, 1) == report->finding[0]->part[1].does);
	CHECK(!lh_plan_step(report->finding[0], 1, 2));
	CHECK(!lh_plan_step(report->finding[0], 2, 0));
	/* the same finding once more, loaded elsewhere */
	struct lh_report *other = report_of(build_bank(200, 7 * SLIDE));
	CHECK(!lh_plan_add(&plan, other, other->finding[0]));
	CHECK(lh_plan_same(&plan, 0, 1));
	CHECK_EQ(lh_plan_hash(&plan, 0), lh_plan_hash(&plan, 1));
	CHECK_EQ(plan.modules, 1);
	lh_report_free(other);
	lh_report_free(report);
}

/* T1 holds m and joins T2, which wants m: T2's part has no stop for what it holds. */
static void join_under_lock(void)
{
	struct lh_ledger *l = build_ledger(100, "/opt/bank");
	uint32_t m = build_module(l, "/opt/bank", SLIDE, 2 * SLIDE);
	lh_stack_id s[3];

	build_thread(l, 100, "bank");
	build_thread(l, 101, "worker");
	for (int i = 0; i < 3; i++)
		s[i] = build_stack(l, 1, LH_FRAME(m, SLIDE + 0x1100 + (uint64_t)i * 16));
	lh_lock_id lock = build_lock(l, LH_MUTEX, SLIDE + 0x4000, "m");
	lh_lock_id end = build_lock(l, LH_THREAD_END, LH_ADDRESS_NONE | 32, NULL);
	build_finding(l, LH_RULE_LOCK_ORDER, LH_POTENTIAL, LH_ERROR);
	build_step(l, 1, lock, LH_SITE(s[0], LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	build_step(l, 1, end, LH_SITE(s[1], LH_BLOCKING, LH_EXCLUSIVE), LH_WANTS);
	build_step(l, 2, end, 0, LH_HOLDS);
	build_step(l, 2, lock, LH_SITE(s[2], LH_BLOCKING, LH_EXCLUSIVE), LH_WANTS);

	struct lh_report *report = report_of(l);
	memset(&plan, 0, sizeof(plan));
	CHECK(!lh_plan_add(&plan, report, report->finding[0]));
	int ended = plan.cycle[0].part[0].stops == 1 ? 0 : 1;
	CHECK_EQ(plan.cycle[0].part[ended].stops, 1);
	CHECK_EQ(plan.cycle[0].part[ended].holds_at, 1);
	CHECK_EQ(plan.cycle[0].part[1 - ended].stops, 2);
	CHECK_EQ(plan.cycle[0].part[1 - ended].holds_at, 0);
	CHECK_EQ(plan.cycle[0].part[1 - ended].stop[1].kind, LH_THREAD_END);
	lh_report_free(report);
}

static void not_steered(void)
{
	struct lh_ledger *l = build_bank(100, SLIDE);
	struct lh_step *step = build_at(l, LH_T_STEP, 1);
	struct lh_report *report;

	step->site = LH_SITE(0, LH_BLOCKING, LH_EXCLUSIVE);
	report = report_of(l);
	memset(&plan, 0, sizeof(plan));
	CHECK(lh_plan_add(&plan, report, report->finding[0]) != NULL);
	CHECK_EQ(plan.cycles, 0);
	CHECK_EQ(plan.frames, 0);
	lh_report_free(report);

	l = build_bank(100, SLIDE);
	((struct lh_finding *)build_at(l, LH_T_FINDING, 1))->flags = LH_FINDING_BY_CLASS;
	report = report_of(l);
	CHECK_STR(lh_plan_add(&plan, report, report->finding[0]),
		  "it compares classes of locks, and not locks");
	lh_report_free(report);

	l = build_bank(100, SLIDE);
	step = build_at(l, LH_T_STEP, 2);
	step->site = LH_SITE(LH_SITE_STACK(step->site), LH_TIMED, LH_EXCLUSIVE);
	report = report_of(l);
	CHECK_STR(lh_plan_add(&plan, report, report->finding[0]),
		  "a thread acquires a lock of it by a try or with a time limit");
	lh_report_free(report);

	l = build_bank(100, SLIDE);
	((struct lh_lock *)build_at(l, LH_T_LOCK, 1))->kind = LH_CUSTOM;
	report = report_of(l);
	CHECK_STR(lh_plan_add(&plan, report, report->finding[0]),
		  "the program announces a lock of it, and such locks are not steered");
	lh_report_free(report);

	report = report_of(build_bank(100, SLIDE));
	plan.cycles = LH_PLAN_CYCLES;
	CHECK(lh_plan_add(&plan, report, report->finding[0]) != NULL);
	plan.cycles = 0;
	plan.frames = LH_PLAN_FRAMES - 2;
	CHECK(lh_plan_add(&plan, report, report->finding[0]) != NULL);
	CHECK_EQ(plan.frames, LH_PLAN_FRAMES - 2);
	lh_report_free(report);
}

/* ---- which findings, and their verdicts ---- */

static struct lh_steered row(uint32_t result)
{
	struct lh_steered r = {.parts = 2, .result = result, .before = 0, .after = 1};

	for (int p = 0; p < 2; p++)
		r.part[p].visits[0] = r.part[p].visits[1] = 1;
	return r;
}

static void add(struct lh_predictions *all, bool happened, struct lh_steered steered)
{
	struct lh_attempt a = {
		.happened = happened, .first = true, .complete = !happened, .row = steered};

	lh_prediction_add(all, &all->list[0], &all->list[0].cycle[0], &a,
			  (struct lh_row_source){NULL, NULL});
	lh_prediction_decide(&all->list[0], 10);
}

static struct lh_predictions predictions_of(struct lh_report *report, const char *ids,
					    enum lh_severity least)
{
	struct lh_predictions all = {.arena = lh_arena_new()};

	CHECK(lh_predictions_find(&all, report, ids, least));
	return all;
}

static void verdicts(void)
{
	struct lh_report *report = report_of(build_bank(100, SLIDE));
	struct lh_predictions all = predictions_of(report, "", LH_ERROR);

	CHECK_EQ(all.n, 1);
	CHECK_EQ(all.list[0].cycles, 1);
	add(&all, false, row(LH_STEER_ORDERED));
	add(&all, false, row(LH_STEER_ORDERED));
	CHECK(!all.list[0].decided);
	add(&all, false, row(LH_STEER_ORDERED));
	CHECK_EQ(all.list[0].verdict, LH_VERDICT_CONTRADICTED);
	CHECK(all.list[0].decided);
	/* it happens after all: that counts, whatever was seen before */
	add(&all, true, row(LH_STEER_UNKNOWN));
	CHECK_EQ(all.list[0].verdict, LH_VERDICT_CONFIRMED);
	CHECK(!all.list[0].decided);
	add(&all, true, row(LH_STEER_UNKNOWN));
	add(&all, true, row(LH_STEER_UNKNOWN));
	CHECK(all.list[0].decided);
	CHECK_EQ(all.list[0].proof->outcome.runs, 6);
	CHECK_EQ(all.list[0].proof->outcome.hits, 3);
	lh_arena_free(all.arena);
	/* a stop that no attempt visits */
	all = predictions_of(report, "", LH_ERROR);
	for (int i = 0; i < 5; i++) {
		struct lh_steered r = row(LH_STEER_UNKNOWN);
		r.part[1].visits[1] = 0;
		CHECK(!all.list[0].decided);
		add(&all, false, r);
	}
	CHECK(all.list[0].decided);
	CHECK_EQ(all.list[0].verdict, LH_VERDICT_NOT_REACHED);
	CHECK(lh_prediction_is_news(
		&all.list[0].cycle[0],
		&(struct lh_steered){.parts = 2, .part = {[1] = {.visits = {[1] = 1}}}}));
	CHECK(!lh_prediction_is_news(
		&all.list[0].cycle[0],
		&(struct lh_steered){.parts = 2, .part = {[1] = {.visits = {[0] = 1}}}}));
	lh_arena_free(all.arena);
	lh_report_free(report);
}

static void add_late(struct lh_predictions *all, uint32_t early)
{
	struct lh_steered r = row(LH_STEER_UNKNOWN);
	struct lh_attempt a = {.first = true, .late = true, .complete = true, .row = r};

	a.row.early = early;
	lh_prediction_add(all, &all->list[0], &all->list[0].cycle[0], &a,
			  (struct lh_row_source){NULL, NULL});
	lh_prediction_decide(&all->list[0], 3);
}

/* Before a verdict "contradicted", the thread that goes first starts late in an attempt. */
static void late(void)
{
	struct lh_report *report = report_of(build_bank(100, SLIDE));

	for (uint32_t early = 0; early < 2; early++) {
		struct lh_predictions all = predictions_of(report, "", LH_ERROR);
		struct lh_prediction *p = &all.list[0];
		struct lh_steered ordered = row(LH_STEER_ORDERED);
		ordered.part[0].turn = ordered.part[0].first = 2;
		ordered.part[1].turn = 1; /* it was there first, and once more after the other */
		ordered.part[1].first = 3;
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(lh_schedule_settings(p, &p->cycle[0]).late.thread, 0);
			add(&all, false, ordered);
		}
		CHECK_EQ(p->verdict, LH_VERDICT_OPEN);
		CHECK(!p->decided);
		struct lh_late_start next = lh_schedule_settings(p, &p->cycle[0]).late;
		CHECK_EQ(next.thread, 3);
		CHECK_EQ(next.before, 1);
		CHECK_EQ(next.after, 0);
		add_late(&all, early);
		CHECK_EQ(p->decided, !early);
		CHECK_EQ(p->verdict, early ? LH_VERDICT_OPEN : LH_VERDICT_CONTRADICTED);
		/* it came without the other one: more such attempts may make them meet */
		for (int i = 0; i < 3 && early; i++) {
			CHECK_EQ(lh_schedule_settings(p, &p->cycle[0]).late.thread, 3);
			add_late(&all, 0);
		}
		CHECK(p->decided);
		CHECK_EQ(p->proof->outcome.open, early ? LH_OPEN_EARLY : LH_OPEN_NONE);
		CHECK_EQ(p->firsts, 3);
		lh_arena_free(all.arena);
	}
	lh_report_free(report);
}

static void choice(void)
{
	struct lh_report *report = report_of(build_bank(100, SLIDE));
	struct lh_report_finding *f = report->finding[0];
	struct lh_predictions all = predictions_of(report, f->fingerprint, LH_ERROR);

	CHECK_EQ(all.n, 1);
	CHECK(lh_predictions_check_ids(f->fingerprint));
	f->status = LH_BASELINE;
	lh_arena_free(all.arena);
	all = predictions_of(report, "", LH_NOTE);
	CHECK_EQ(all.n, 0);
	f->status = LH_NEW;
	f->severity = LH_WARNING;
	CHECK(lh_predictions_find(&all, report, "", LH_ERROR));
	CHECK_EQ(all.n, 0);
	CHECK(lh_predictions_find(&all, report, f->fingerprint, LH_ERROR));
	CHECK_EQ(all.n, 1);
	f->level = LH_HAPPENED;
	CHECK(lh_predictions_find(&all, report, "", LH_NOTE));
	CHECK_EQ(all.n, 1);
	FILE *log = fopen("/dev/null", "w");
	lh_log_redirect(log);
	CHECK(!lh_predictions_find(&all, report, "0000000000000000", LH_ERROR));
	CHECK(!lh_predictions_check_ids("000000000000000"));
	CHECK(!lh_predictions_check_ids("0000000000000000\n000000000000000g"));
	CHECK(!lh_predictions_check_ids("00000000000000000"));
	lh_log_redirect(NULL);
	fclose(log);
	lh_arena_free(all.arena);
	lh_report_free(report);
}

/* ---- which attempt is next ---- */

static void schedule(void)
{
	struct lh_report *report = report_of(build_bank(100, SLIDE));
	struct lh_predictions all = predictions_of(report, "", LH_ERROR);
	uint32_t turn = 0;

	CHECK(lh_predictions_find(&all, report, "", LH_ERROR)); /* a second finding, as it were */
	CHECK_EQ(all.n, 2);
	struct lh_prediction *p = &all.list[0];
	lh_prediction_decide(&all.list[0], 10);
	lh_prediction_decide(&all.list[1], 10);
	CHECK_EQ(p->verdict, LH_VERDICT_OPEN);
	CHECK(lh_schedule_next(&all, &turn) == &all.list[0]);
	CHECK(lh_schedule_next(&all, &turn) == &all.list[1]);
	CHECK(lh_schedule_next(&all, &turn) == &all.list[0]);
	CHECK(lh_schedule_cycle(p) == &p->cycle[0]);
	CHECK_EQ(lh_schedule_settings(p, &p->cycle[0]).mode, LH_STEER_EVERY_STOP);
	/* an order in time: once after a short pause and once after a long one */
	add(&all, false, row(LH_STEER_SEEN));
	uint32_t one = lh_schedule_settings(p, &p->cycle[0]).pause_ms;
	add(&all, false, row(LH_STEER_SEEN));
	uint32_t other = lh_schedule_settings(p, &p->cycle[0]).pause_ms;
	CHECK(one >= 4 * other || other >= 4 * one);
	/* other modes follow, and then other timings */
	add(&all, false, row(LH_STEER_UNKNOWN));
	CHECK_EQ(lh_schedule_settings(p, &p->cycle[0]).mode, LH_STEER_OUTER);
	for (int i = 0; i < 3; i++)
		add(&all, false, row(LH_STEER_UNKNOWN));
	CHECK(lh_schedule_settings(p, &p->cycle[0]).seed != 0);
	/* one that is confirmed is repeated as it was, when the other one is decided */
	p->hit = (struct lh_steer_settings){.mode = LH_STEER_INNER, .pause_ms = 77, .seed = 5};
	add(&all, true, row(LH_STEER_UNKNOWN));
	CHECK(lh_schedule_next(&all, &turn) == &all.list[1]);
	CHECK(lh_schedule_next(&all, &turn) == &all.list[1]);
	all.list[1].decided = true;
	CHECK(lh_schedule_next(&all, &turn) == &all.list[0]);
	CHECK_EQ(lh_schedule_settings(p, &p->cycle[0]).pause_ms, 77);
	p->decided = true;
	CHECK(!lh_schedule_next(&all, &turn));
	lh_arena_free(all.arena);
	lh_report_free(report);
}

/* ---- replay ---- */

static void replay(void)
{
	struct lh_steer_settings how = {.mode = LH_STEER_INNER, .pause_ms = 250, .seed = 7};
	struct lh_steer_settings read;
	char text[LH_REPLAY_TEXT];
	uint32_t cycle;

	lh_replay_write(&how, 0x12345678abcd0fedull, "0011223344556677", text);
	CHECK(!lh_replay_read(text, "0011223344556677", &read, &cycle));
	CHECK_EQ(read.late.thread, 0);
	how.late = (struct lh_late_start){2, 0, 1};
	lh_replay_write(&how, 0x12345678abcd0fedull, "0011223344556677", text);
	CHECK(!lh_replay_read(text, "0011223344556677", &read, &cycle));
	CHECK_EQ(read.late.thread, 2);
	CHECK_EQ(read.late.after, 1);
	CHECK_EQ(read.mode, LH_STEER_INNER);
	CHECK_EQ(read.pause_ms, 250);
	CHECK_EQ(read.seed, 7);
	CHECK_EQ(cycle, 0x0fed);
	CHECK(lh_replay_read(text, "0011223344556678", &read, &cycle) != NULL);
	for (size_t i = 0; text[i]; i++) { /* each changed character is noticed */
		char other[LH_REPLAY_TEXT + 1];
		strcpy(other, text);
		other[i] = other[i] == '1' ? '2' : '1';
		CHECK(lh_replay_read(other, "0011223344556677", &read, &cycle) != NULL);
	}
	CHECK(lh_replay_read("", "0011223344556677", &read, &cycle) != NULL);
	CHECK(lh_replay_read("inner-250-7-0fed00 ", "0011223344556677", &read, &cycle) != NULL);
}

int main(void)
{
	basic_cycle();
	join_under_lock();
	not_steered();
	verdicts();
	late();
	choice();
	schedule();
	replay();
	return unit_done();
}
