/* test_reason.c — tests the sentences of the verdicts, and what a proof changes in a finding.
 * LINKS: tools/confirm/reason.c tools/confirm/plan.c tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/
 * libcheck/machine_code/ tools/util/ */
#include "tools/confirm/reason.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/symbols/symbols.h"

#include <unistd.h>

#define BASE 0x1000000u

/* The run that predicted the cycle, and the process of an attempt: one of each in a test. */
static struct lh_report *report, *tried;
static struct lh_ledger_view view, tried_view;
static struct lh_report_finding *f;
static struct lh_ledger *process;
static struct lh_symbols *own_symbols;
static lh_site wake, wait;
static struct lh_attempt attempt[4];

/* T2 holds accounts (0x1100) and wants journal (0x1110); T3 the other way round (0x1120, 0x1130).
 * In the attempt, T5 and T6 are in these parts; T7 has a name. */
static void begin(void)
{
	struct lh_ledger *l = build_bank(100, BASE);
	uint32_t m;

	report = lh_report_new((struct lh_report_options){.every_lock = true});
	CHECK(lh_read_view(&view, l, l->total));
	lh_report_add_ledger(report, &view);
	lh_report_finish(report);
	f = report->finding[0];
	process = build_ledger(200, "/opt/bank");
	m = build_module(process, "/opt/bank", BASE, BASE + 0x10000);
	for (int i = 0; i < 6; i++)
		build_thread(process, 200 + i, "bank");
	build_thread(process, 206, "relay");
	((struct lh_thread *)build_at(process, LH_T_THREAD, 6))->created =
		build_stack(process, 1, LH_FRAME(m, BASE + 0x1600));
	wake = LH_SITE(build_stack(process, 1, LH_FRAME(m, BASE + 0x1400)), 0, 0);
	wait = LH_SITE(build_stack(process, 1, LH_FRAME(m, BASE + 0x1500)), 0, 0);
	for (int i = 0; i < 4; i++)
		attempt[i] = (struct lh_attempt){
			.first = true,
			.row = {.parts = 2,
				.before = 0,
				.after = 1,
				.earlier = 5,
				.waker = 5,
				.thread = 6,
				.wake_site = wake,
				.wait_site = wait,
				.part = {{.visits = {4, 3}}, {.visits = {2, 2}}}}};
}

static void end(void)
{
	lh_report_free(report);
	lh_report_free(tried);
	tried = NULL;
}

/* The reason of this outcome of the attempts. */
static const char *prove(struct lh_outcome o)
{
	struct lh_reason_facts facts = {.of = f, .outcome = o, .attempt = attempt};

	tried = lh_report_new((struct lh_report_options){.symbols = own_symbols});
	CHECK(lh_read_view(&tried_view, process, process->total));
	facts.report = tried;
	facts.process = lh_report_get_process(tried, &tried_view);
	if (o.verdict == LH_VERDICT_CONFIRMED)
		facts.replay = "lockhound confirm --replay=7 -- ./bank";
	lh_prove(report, f, &facts);
	lh_report_finish(report);
	return f->proof->reason;
}

/* What three attempts contradict. */
static const struct lh_outcome contradicted = {
	.verdict = LH_VERDICT_CONTRADICTED, .runs = 3, .refuting = 3};

static void same(const char *reason, const char *expected)
{
	CHECK_STR(reason, expected);
	end();
}

/* The object that the thread waited on, by its kind. */
static void ordered_by(enum lh_kind kind, const char *expected)
{
	begin();
	attempt[0].row.object = build_lock(process, kind, BASE + 0x5000, "it");
	same(prove(contradicted), expected);
}

#define THEN ", and T2 does that after it has acquired 'journal' at bank+0x1110"

static void objects(void)
{
	ordered_by(LH_COND,
		   "T3 reaches bank+0x1130 only after T2 signals 'it' at bank+0x1400" THEN);
	ordered_by(LH_G_COND,
		   "T3 reaches bank+0x1130 only after T2 signals 'it' at bank+0x1400" THEN);
	ordered_by(LH_SEM, "T3 reaches bank+0x1130 only after T2 posts 'it' at bank+0x1400" THEN);
	ordered_by(LH_BARRIER,
		   "T3 reaches bank+0x1130 only after T2 arrives at 'it' at bank+0x1400" THEN);
	ordered_by(LH_ONCE,
		   "T3 reaches bank+0x1130 only after T2 has finished 'it' at bank+0x1400" THEN);
	ordered_by(LH_MUTEX,
		   "T3 reaches bank+0x1130 only after T2 releases 'it' at bank+0x1400" THEN);
	ordered_by(LH_THREAD_END,
		   "T3 reaches bank+0x1130 only after T2 ends, which it waits for at "
		   "bank+0x1500" THEN);
	begin(); /* the creation of the thread */
	same(prove(contradicted),
	     "T3 reaches bank+0x1130 only after T2 creates it at bank+0x1600" THEN);
}

/* The thread that signals is in no part of the cycle, or it is the one that goes first. */
static void other_waker(void)
{
	begin();
	attempt[0].row.object = build_lock(process, LH_COND, BASE + 0x5000, "ready");
	attempt[0].row.waker = 7;
	same(prove(contradicted),
	     "T3 reaches bank+0x1130 only after the thread 'relay' signals 'ready' at bank+0x1400, "
	     "which "
	     "happens after T2 has acquired 'journal' at bank+0x1110");
	begin();
	attempt[0].row.object = build_lock(process, LH_COND, BASE + 0x5000, "ready");
	attempt[0].row.waker = 1;
	attempt[0].row.before = 1;
	attempt[0].row.after = 0;
	same(prove(contradicted),
	     "T2 reaches bank+0x1110 only after the main thread signals 'ready' at bank+0x1400, "
	     "which "
	     "happens after T3 has acquired 'accounts' at bank+0x1130");
}

#define SEEN "T3 was seen to get to bank+0x1130 only after T2 had passed bank+0x1110"

/* What ordered the threads is not known: a flag, a pipe, or a row that cannot be. */
static void seen(void)
{
	struct lh_outcome o = contradicted;

	begin();
	attempt[0].row.object = build_lock(process, LH_COND, BASE + 0x5000, "ready");
	o.seen = true;
	o.runs = 4;
	same(prove(o), SEEN ", in 3 of 4 attempts");
	begin();
	attempt[0].row.waker = 0; /* a wait for a lock, say */
	same(prove(contradicted), SEEN ", in 3 of 3 attempts");
	begin();
	attempt[0].row.object = LH_LOCK_ID(60, 9);
	same(prove(contradicted), SEEN ", in 3 of 3 attempts");
	begin();
	attempt[0].row.before = 200;
	same(prove(contradicted), "two of its threads were never at their places at the same time");
	begin();
	attempt[0].row.object = build_lock(process, LH_COND, BASE + 0x5000, "ready");
	attempt[0].row.waker = 4000000;
	attempt[0].row.wake_site = UINT32_MAX;
	same(prove(contradicted),
	     "T3 reaches bank+0x1130 only after another thread signals 'ready', "
	     "which happens after T2 has acquired 'journal' at "
	     "bank+0x1110");
}

/* Frames of this test itself: a function acquires, and then calls one that signals. */
extern const char __executable_start[];
static uint64_t acquires, calls, signals;
static int acquires_line, calls_line, signals_line;

static __attribute__((noinline)) uint64_t here(void)
{
	return (uint64_t)__builtin_return_address(0);
}

static __attribute__((noinline)) void tell(void)
{
	signals_line = __LINE__ + 1;
	signals = here();
	calls = (uint64_t)__builtin_return_address(0);
}

static __attribute__((noinline)) void acquire_and_tell(void)
{
	acquires_line = __LINE__ + 1;
	acquires = here();
	calls_line = __LINE__ + 1;
	tell();
	calls_line += acquires == 0; /* so that the call above is no jump */
}

static uint32_t own_module(struct lh_ledger *l)
{
	char path[LH_PATH_MAX] = "";

	CHECK(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	return build_module(l, path, (uint64_t)__executable_start,
			    (uint64_t)__executable_start + (1 << 24));
}

static lh_stack_id own_stack(struct lh_ledger *l, uint32_t module, uint64_t inner, uint64_t outer)
{
	return build_stack(l, 2, LH_FRAME(module, inner), LH_FRAME(module, outer));
}

/* The reason if T2 acquires in acquire_and_tell, and `waker` signals in tell, called at `caller`.
 */
static const char *reason_with_lines(lh_thread_id waker, uint64_t caller, bool alike)
{
	struct lh_symbols *s = lh_symbols_new(false);
	struct lh_ledger *l = build_bank(100, BASE);
	lh_stack_id at[4];
	static char reason[300];

	begin();
	lh_report_free(report);
	report = lh_report_new((struct lh_report_options){.every_lock = true, .symbols = s});
	for (int i = 0; i < 4; i++)
		at[i] = own_stack(l, own_module(l), acquires,
				  alike || i < 2 ? acquires : acquires + 1);
	l->table[LH_T_FINDING].used = 1;
	build_abba(l, LH_LOCK_ID(1, 1), LH_LOCK_ID(2, 1), at);
	CHECK(lh_read_view(&view, l, l->total));
	lh_report_add_ledger(report, &view);
	f = report->finding[0];
	attempt[0].row.object = build_lock(process, LH_COND, BASE + 0x5000, "ready");
	attempt[0].row.waker = waker;
	attempt[0].row.wake_site =
		LH_SITE(own_stack(process, own_module(process), signals, caller), 0, 0);
	own_symbols = s;
	snprintf(reason, sizeof(reason), "%s", prove(contradicted));
	own_symbols = NULL;
	end();
	lh_symbols_free(s);
	return reason;
}

static void callers(void)
{
	char text[200];

	acquire_and_tell();
	snprintf(
		text, sizeof(text),
		"T3 reaches test_reason.c:%d only after T2 signals 'ready' at test_reason.c:%d "
		"(called at test_reason.c:%d), and T2 does that after it has acquired 'journal' at "
		"test_reason.c:%d",
		acquires_line, signals_line, calls_line, acquires_line);
	CHECK_STR(reason_with_lines(5, calls, false), text);
	snprintf(text, sizeof(text),
		 "T3 reaches test_reason.c:%d only after T2 signals 'ready' at test_reason.c:%d, "
		 "and T2 "
		 "does that after it has acquired 'journal' at test_reason.c:%d",
		 acquires_line, signals_line, acquires_line);
	CHECK_STR(reason_with_lines(5, signals, false), text); /* no caller leads to both */
	snprintf(text, sizeof(text),
		 "T3 reaches test_reason.c:%d only after the thread 'relay' signals 'ready' at "
		 "test_reason.c:%d, which happens after T2 has acquired 'journal' at "
		 "test_reason.c:%d",
		 acquires_line, signals_line, acquires_line);
	CHECK_STR(reason_with_lines(7, calls, false), text); /* in the same file */
	snprintf(text, sizeof(text),
		 "T3 was seen to get to test_reason.c:%d, for 'accounts', only after T2 had passed "
		 "that line, for 'journal', in 3 of 3 attempts",
		 acquires_line);
	CHECK_STR(reason_with_lines(0, calls, false), text);
}

/* Threads that run the same code are in any part: which of them, and with which locks, is not said.
 */
static void alike(void)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "one thread reaches test_reason.c:%d only after another one signals 'ready' at "
		 "test_reason.c:%d (called at test_reason.c:%d), and that is after it has passed "
		 "test_reason.c:%d",
		 acquires_line, signals_line, calls_line, acquires_line);
	CHECK_STR(reason_with_lines(5, calls, true), text);
	snprintf(text, sizeof(text),
		 "one thread reaches test_reason.c:%d only after another one signals 'ready' at "
		 "test_reason.c:%d, and that is after a third one has passed test_reason.c:%d",
		 acquires_line, signals_line, acquires_line);
	CHECK_STR(reason_with_lines(7, calls, true), text);
	snprintf(text, sizeof(text),
		 "one thread was seen to get to test_reason.c:%d only after another one had passed "
		 "that line, in 3 of 3 attempts",
		 acquires_line);
	CHECK_STR(reason_with_lines(0, calls, true), text);
}

/* A contradicted finding becomes a note; it is the same finding. */
static void a_note(void)
{
	char before[17];

	begin();
	memcpy(before, f->fingerprint, sizeof(before));
	CHECK_EQ(f->severity, LH_ERROR);
	prove(contradicted);
	CHECK_EQ(f->severity, LH_NOTE);
	CHECK_STR(f->fingerprint, before);
	CHECK_STR(f->message,
		  "'accounts' and 'journal' are acquired in conflicting orders, but not at "
		  "the same time");
	CHECK_STR(f->message, lh_report_message(report, f));
	CHECK(strstr(f->help, "Keep that order of threads"));
	CHECK_EQ(f->proof->before->offset, 0x1110);
	CHECK_EQ(f->proof->after->offset, 0x1130);
	CHECK(lh_report_consequence(report, f) == NULL);
	CHECK_EQ(lh_report_new_findings(report, LH_WARNING), 0);
	CHECK_EQ(lh_report_new_findings(report, LH_NOTE), 1);
	lh_report_finish(report); /* a second time */
	CHECK_EQ(f->severity, LH_NOTE);
	CHECK_STR(lh_report_verdicts(report), "1 contradicted");
	end();
}

/* Call paths that were merged are shown again at the end: the proof stays. */
static void merged(void)
{
	struct lh_ledger *l = build_bank(300, BASE);
	static struct lh_ledger_view more;

	begin();
	for (uint32_t i = 2; i <= 8; i += 2) /* another caller */
		*(uint64_t *)build_at(l, LH_T_FRAME, i) = LH_FRAME(1, BASE + 0x1900);
	CHECK(lh_read_view(&more, l, l->total));
	lh_report_add_ledger(report, &more);
	CHECK_EQ(f->mergeds, 2);
	prove(contradicted);
	lh_report_finish(report);
	CHECK(f->proof && f->severity == LH_NOTE && strstr(f->help, "Keep that order of threads"));
	CHECK_STR(f->message,
		  "'accounts' and 'journal' are acquired in conflicting orders, but not at "
		  "the same time");
	end();
}

static void confirmed(void)
{
	begin();
	CHECK_STR(prove((struct lh_outcome){
			  .verdict = LH_VERDICT_CONFIRMED, .runs = 4, .hits = 3, .refuting = 1}),
		  "the deadlock happened in 3 of 4 steered runs");
	CHECK_EQ(f->severity, LH_ERROR);
	CHECK_STR(f->message, "'accounts' and 'journal' are acquired in conflicting orders: this "
			      "deadlocked");
	CHECK_STR(f->proof->replay, "lockhound confirm --replay=7 -- ./bank");
	CHECK_STR(lh_report_proof_text(report, f),
		  "confirmed: the deadlock happened in 3 of 4 steered runs");
	CHECK(lh_report_consequence(report, f) == NULL);
	end();
}

static void not_reached(void)
{
	struct lh_outcome o = {.verdict = LH_VERDICT_NOT_REACHED, .runs = 2, .attempt = 2};

	begin();
	o.part = 1;
	prove(o);
	CHECK_STR(f->proof->reason,
		  "no thread came to bank+0x1120, where T3 acquires 'journal', in 2 attempts");
	CHECK_EQ(f->proof->before->offset, 0x1120);
	CHECK(!f->proof->after && f->severity == LH_ERROR);
	CHECK_STR(f->message,
		  "'accounts' and 'journal' are acquired in conflicting orders: this can deadlock");
	CHECK(lh_report_consequence(report, f) != NULL);
	end();
	begin();
	o.part = 0;
	o.stop = 1;
	same(prove(o), "no thread came to bank+0x1110, where T2 acquires 'journal', in 2 attempts; "
		       "threads came to bank+0x1100 before it 8 times");
}

static void left_open(void)
{
	static const struct {
		enum lh_open open;
		const char *reason;
	} rows[] = {
		{LH_OPEN_NO_ATTEMPT, "no time was left for an attempt"},
		{LH_OPEN_NO_ROW, "no process could be steered, in 4 attempts"},
		{LH_OPEN_REFUSED,
		 "the pauses were cut short, by the limit of an attempt or by time limits of the "
		 "program, in 4 attempts"},
		{LH_OPEN_CLOSED,
		 "its threads were at their places at the same time, and no deadlock "
		 "there followed, in 4 attempts"},
		{LH_OPEN_INSTANCES, "its threads met, but each held another lock than the others "
				    "wanted, in 4 attempts"},
		{LH_OPEN_MIXED,
		 "one thread came only after another had passed, in 2 of 4 attempts; "
		 "in others it did not"},
		{LH_OPEN_SHARED,
		 SEEN ", in 2 of 4 attempts; but other processes share a lock of the "
		      "cycle"},
		{LH_OPEN_INCOMPLETE,
		 SEEN "; but those attempts deadlocked elsewhere or were ended"},
		{LH_OPEN_FEW, SEEN ", in 2 of 4 attempts; that may be chance"},
		{LH_OPEN_APART,
		 "its threads came to their places, but never at the same time, in 4 "
		 "attempts; T3 was paused at bank+0x1130 in vain"},
		{LH_OPENS, "the attempts do not tell"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		CHECK_STR(prove((struct lh_outcome){.verdict = LH_VERDICT_OPEN,
						    .open = rows[i].open,
						    .runs = 4,
						    .refuting = 2,
						    .part = 1,
						    .stop = 1}),
			  rows[i].reason);
		CHECK_EQ(f->severity, LH_ERROR);
		CHECK(lh_report_consequence(report, f) != NULL);
		end();
	}
}

/* Without a proof nothing changes. */
static void none(void)
{
	begin();
	CHECK(!f->proof && !lh_report_proof_text(report, f) && !lh_report_verdicts(report));
	CHECK_STR(f->message,
		  "'accounts' and 'journal' are acquired in conflicting orders: this can deadlock");
	end();
}

int main(void)
{
	objects();
	other_waker();
	seen();
	callers();
	alike();
	a_note();
	merged();
	confirmed();
	not_reached();
	left_open();
	none();
	return unit_done();
}
