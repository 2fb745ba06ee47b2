/* test_report.c — tests the report: names, parts, cycles, fingerprints, merging, order, messages.
 * LINKS: tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/report/report.h"
#include "tests/unit/ledger_builder.h"
#include "tools/report/lock_stats.h"
#include "tools/symbols/symbols.h"
#include "tests/unit/unit.h"

#include <unistd.h>

static struct lh_ledger_view views[8];
static unsigned used;

/* A report of these ledgers. Their views are valid until the next call. */
static struct lh_report *report_of(struct lh_ledger *a, struct lh_ledger *b)
{
	struct lh_report *report = lh_report_new((struct lh_report_options){.every_lock = true});

	used = 0;
	for (struct lh_ledger *l = a; l; l = l == a ? b : NULL) {
		CHECK(lh_read_view(&views[used], l, l->total));
		lh_report_add_ledger(report, &views[used++]);
	}
	lh_report_finish(report);
	return report;
}

static void classic(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_report *report = report_of(l, NULL);
	const struct lh_report_finding *f = report->findings ? report->finding[0] : NULL;

	CHECK_EQ(report->processes, 1);
	CHECK_EQ(report->process[0]->threads, 3);
	CHECK_EQ(report->process[0]->locks, 2);
	CHECK_EQ(report->process[0]->acquired, 8);
	CHECK_EQ(report->findings, 1);
	CHECK_EQ(report->filtereds, 0);
	if (!f)
		return;
	CHECK_EQ(f->parts, 2);
	CHECK(f->cycle && f->cycle_parts == 2);
	CHECK_EQ(f->steps, 4);
	CHECK_EQ(f->threads, 2);
	CHECK_EQ(f->locks, 2);
	CHECK_EQ(f->thread[0]->tid, 101);
	CHECK_STR(f->message,
		  "'accounts' and 'journal' are acquired in conflicting orders: this can deadlock");
	CHECK_STR(lh_report_cycle_text(report, f), "accounts -> journal -> accounts");
	CHECK_STR(lh_report_schedule(report, f),
		  "T2 holds 'accounts'; T3 holds 'journal'; T2 waits for 'journal'; "
		  "T3 waits for 'accounts': neither continues");
	CHECK_STR(lh_report_thread_text(report, f->thread[0]), "T2 'worker-1'");
	CHECK_EQ(f->step[0].stack->n, 2);
	CHECK_EQ(f->step[0].stack->frame[0].offset, 0x1100);
	CHECK_STR(f->step[0].stack->frame[0].module, "/opt/bank");
	CHECK_EQ(strlen(f->fingerprint), 16);
	lh_report_free(report);
}

/* The library begins a cycle at a step that depends on its stack ids; the report always begins it
 * at the same step. */
static void first_step(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000), *k = build_bank(100, 0x2000000);
	struct lh_step *s = build_at(k, LH_T_STEP, 1), first[2];
	struct lh_report *report = report_of(l, NULL), *rotated;

	memcpy(first, s, sizeof(first));
	memmove(s, s + 2, sizeof(first));
	memcpy(s + 2, first, sizeof(first));
	rotated = report_of(k, NULL);
	CHECK(report->findings == 1 && rotated->findings == 1);
	for (uint32_t i = 0; i < 4; i++) {
		const struct lh_report_step *a = &report->finding[0]->step[i],
					    *b = &rotated->finding[0]->step[i];
		CHECK_STR(b->lock->name, a->lock->name);
		CHECK_EQ(b->thread->id, a->thread->id);
		CHECK_EQ(b->stack->frame[0].offset, a->stack->frame[0].offset);
	}
	CHECK_STR(rotated->finding[0]->fingerprint, report->finding[0]->fingerprint);
	CHECK_STR(rotated->finding[0]->message, report->finding[0]->message);
	CHECK(rotated->finding[0]->thread[0]->id == report->finding[0]->thread[0]->id);
	lh_report_free(report);
	lh_report_free(rotated);
}

static void fingerprint_of(struct lh_ledger *l, char out[17])
{
	struct lh_report *report = report_of(l, NULL);

	CHECK_EQ(report->findings, 1);
	snprintf(out, 17, "%s", report->findings ? report->finding[0]->fingerprint : "");
	lh_report_free(report);
}

/* A fingerprint depends on the code and the locks, not on the load address, the thread ids or the
 * first step of the cycle. */
static void fingerprints(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	char one[17], other[17];
	struct lh_step *s = build_at(l, LH_T_STEP, 1), swap[2];

	fingerprint_of(l, one);
	fingerprint_of(build_bank(7777, 0x7f0000000000), other);
	CHECK_STR(other, one);
	memcpy(swap, s, sizeof(swap));
	memcpy(s, s + 2, sizeof(swap));
	memcpy(s + 2, swap, sizeof(swap));
	fingerprint_of(l, other);
	CHECK_STR(other, one);
	s[1].site = LH_SITE(1, LH_BLOCKING, LH_EXCLUSIVE); /* another function wants the lock */
	fingerprint_of(l, other);
	CHECK(strcmp(other, one) != 0);
	l = build_bank(100, 0x1000000);
	((struct lh_finding *)build_at(l, LH_T_FINDING, 1))->rule = LH_RULE_DEADLOCK;
	fingerprint_of(l, other);
	CHECK(strcmp(other, one) != 0);
}

/* Another cycle of the bank's locks at the same places, called from `caller`. */
static void add_call_path(struct lh_ledger *l, uint64_t slide, uint64_t caller)
{
	lh_stack_id s[4];

	for (int i = 0; i < 4; i++)
		s[i] = build_stack(l, 3, LH_FRAME(1, slide + 0x1100 + (uint64_t)i * 16),
				   LH_FRAME(1, slide + caller), LH_FRAME(1, slide + 0x1800));
	build_abba(l, ((struct lh_step *)build_at(l, LH_T_STEP, 1))->lock,
		   ((struct lh_step *)build_at(l, LH_T_STEP, 2))->lock, s);
}

static const char *suppressed_caller; /* "1801": the frame whose findings are suppressed */

static void suppress(void *with, const struct lh_report *report, struct lh_report_finding *f)
{
	char caller[24];

	(void)with;
	(void)report;
	snprintf(caller, sizeof(caller), "%llx",
		 (unsigned long long)f->step[0].stack->frame[1].offset);
	if (suppressed_caller && strcmp(caller, suppressed_caller) == 0)
		f->status = LH_SUPPRESSED;
}

/* The finding of a bank with three call paths, in this order of their rows. */
static struct lh_report *with_call_paths(uint64_t first, uint64_t second, const char *suppressed)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_report *report = lh_report_new((struct lh_report_options){.classify = suppress});

	suppressed_caller = suppressed;
	add_call_path(l, 0x1000000, first);
	add_call_path(l, 0x1000000, second);
	add_call_path(l, 0x1000000, second);
	CHECK(lh_read_view(&views[0], l, l->total));
	lh_report_add_ledger(report, &views[0]);
	lh_report_finish(report);
	CHECK_EQ(report->findings, 1);
	return report;
}

static void variants(void)
{
	struct lh_report *one = with_call_paths(0x1700, 0x1710, NULL),
			 *other = with_call_paths(0x1710, 0x1700, NULL);
	const struct lh_report_finding *f = one->finding[0], *g = other->finding[0];

	CHECK_EQ(f->count, 4);
	CHECK_EQ(f->mergeds, 3);
	CHECK_EQ(f->variants, 4);         /* two for each thread */
	CHECK_EQ(f->step[0].stack->n, 2); /* the shortest is shown */
	CHECK_STR(g->fingerprint, f->fingerprint);
	CHECK_STR(g->former, f->former);
	for (uint32_t i = 0; i < f->variants && i < g->variants; i++)
		CHECK_EQ(g->variant[i].part->does->stack->frame[1].offset,
			 f->variant[i].part->does->stack->frame[1].offset);
	CHECK(lh_report_is_first_former(f, 1) && lh_report_is_first_former(f, 2));
	lh_report_finish(one); /* again: nothing is listed twice */
	CHECK_EQ(one->finding[0]->variants, 4);
	lh_report_free(one);
	lh_report_free(other);
}

static uint32_t known_places; /* of the baseline's entry */

static void know(void *with, const struct lh_report *report, struct lh_report_finding *f)
{
	(void)with;
	(void)report;
	f->status = LH_BASELINE;
	f->entry_places = known_places;
}

/* A cycle in two processes of one program, which are loaded at different addresses. */
static struct lh_report *with_places(uint32_t known)
{
	struct lh_ledger *l = build_bank(100, 0x1000000), *k = build_bank(200, 0x5000000);
	struct lh_report *report = lh_report_new((struct lh_report_options){.classify = know});

	known_places = known;
	CHECK(lh_read_view(&views[0], l, l->total) && lh_read_view(&views[1], k, k->total));
	for (int i = 0; i < 2; i++)
		lh_report_add_ledger(report, &views[i]);
	return report;
}

static void places(void)
{
	struct lh_report_finding one = {.cycle_place = "a", .status = LH_NEW},
				 two = {.cycle_place = "b", .status = LH_NEW},
				 three = {.cycle_place = "c", .cycle_place_module = "app"},
				 four = {.cycle_place = "d", .cycle_place_module = "lib"},
				 five = {.cycle_place = "e", .cycle_place_module = "app"};
	const struct lh_report_finding *merged[] = {&one, &two, &one, &three, &four, &five};
	struct lh_report_finding all = {.merged = merged, .mergeds = 3};
	struct lh_report *report = with_places(1);

	CHECK_EQ(lh_report_places(&all), 2);
	all.mergeds = 6; /* and the most in one object */
	CHECK_EQ(lh_report_places(&all), 4);
	two.status = LH_SUPPRESSED;
	CHECK_EQ(lh_report_places(&all), 3);
	all.mergeds = 0;
	CHECK_EQ(lh_report_places(&all), 1);
	/* two processes of one program have one place, wherever it is loaded */
	CHECK_EQ(report->findings, 1);
	CHECK_EQ(lh_report_places(report->finding[0]), 1);
	CHECK_EQ(report->finding[0]->status, LH_BASELINE);
	lh_report_free(report);
}

/* One call path that is new makes the finding new; those that are not are not listed. */
static void suppressed_variants(void)
{
	struct lh_report *report = with_call_paths(0x1700, 0x1710, "1800");
	const struct lh_report_finding *f = report->finding[0];

	CHECK_EQ(f->status, LH_NEW);
	CHECK_EQ(f->step[0].stack->n, 3);
	CHECK_EQ(f->variants, 2);
	lh_report_free(report);
	report = with_call_paths(0x1700, 0x1700, "1700");
	CHECK_EQ(report->finding[0]->status, LH_NEW);
	CHECK_EQ(report->finding[0]->step[0].stack->n, 2);
	CHECK_EQ(report->finding[0]->variants, 0);
	lh_report_free(report);
}

static void merged(void)
{
	struct lh_ledger *a = build_bank(100, 0x1000000), *b = build_bank(200, 0x5000000);
	struct lh_finding *f = build_at(b, LH_T_FINDING, 1);
	struct lh_report *report;

	f->count = 4;
	f->level = LH_HAPPENED;
	report = report_of(a, b);
	CHECK_EQ(report->processes, 2);
	CHECK_EQ(report->findings, 1);
	CHECK_EQ(report->finding[0]->count, 5);
	CHECK_EQ(report->finding[0]->processes, 2);
	CHECK_EQ(report->finding[0]->level, LH_HAPPENED);
	CHECK_EQ(report->finding[0]->process->pid, 100);
	lh_report_free(report);
	f->filter = LH_F_GATE;
	report = report_of(a, b);
	CHECK_EQ(report->findings, 1);
	CHECK_EQ(report->filtereds, 1);
	CHECK_EQ(lh_report_new_findings(report, LH_ERROR), 1);
	lh_report_free(report);
}

/* As the monitor does: adds a finding's row, and adds it again while the finding grows. */
static void added_rows(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_finding *row = build_at(l, LH_T_FINDING, 1);
	struct lh_report *report = lh_report_new((struct lh_report_options){0});
	struct lh_ledger_view r;
	struct lh_report_finding *f;
	bool fresh;

	row->rule = LH_RULE_LONG_HOLD;
	row->level = LH_HAPPENED;
	row->duration_ns = 150000000;
	CHECK(lh_read_view(&r, l, l->total));
	f = lh_report_add_row(report, &r, 1, &fresh);
	CHECK(f && fresh);
	CHECK(f && strstr(f->message, "held 'accounts' for 150 ms") != NULL);
	row->duration_ns = 2500000000;
	row->count = 3;
	CHECK(lh_report_add_row(report, &r, 1, &fresh) == f && !fresh);
	CHECK(f && f->count == 3 && strstr(f->message, "for 2.5 s") != NULL);
	CHECK(!lh_report_add_row(report, &r, 2, &fresh) && !fresh);
	lh_report_free(report);
}

static void ordered(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_report *report;
	lh_lock_id a = LH_LOCK_ID(1, 1);

	build_finding(l, LH_RULE_LONG_HOLD, LH_HAPPENED, LH_WARNING);
	build_step(l, 2, a, LH_SITE(1, 0, 0), LH_HOLDS);
	build_finding(l, LH_RULE_DEADLOCK, LH_LASTING, LH_ERROR);
	build_step(l, 2, a, LH_SITE(1, 0, 0), LH_HOLDS);
	report = report_of(l, NULL);
	CHECK_EQ(report->findings, 3);
	CHECK(report->findings == 3 && report->finding[0]->rule == LH_RULE_DEADLOCK &&
	      report->finding[1]->rule == LH_RULE_LOCK_ORDER &&
	      report->finding[2]->rule == LH_RULE_LONG_HOLD);
	CHECK_EQ(report->locks, 2);
	CHECK_EQ(lh_report_new_findings(report, LH_ERROR), 2);
	CHECK_EQ(lh_report_new_findings(report, LH_NOTE), 3);
	lh_report_free(report);
}

/* The message of each rule, for the steps that the library writes. */
static void messages(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	lh_lock_id a = LH_LOCK_ID(1, 1), c = build_lock(l, LH_COND, 0x1004080, "ready");
	lh_site site = LH_SITE(1, LH_BLOCKING, LH_EXCLUSIVE);
	static const struct {
		enum lh_rule rule;
		lh_thread_id holder, actor;
		enum lh_action action;
		const char *message;
	} row[] = {
		{LH_RULE_SELF_DEADLOCK, 2, 2, LH_WAITS_FOR,
		 "T2 'worker-1' waits for 'accounts', which it already holds"},
		{LH_RULE_UNLOCK_NOT_OWNER, 2, 3, LH_RELEASES,
		 "T3 'worker-2' releases 'accounts', which T2 'worker-1' holds"},
		{LH_RULE_UNLOCK_NOT_OWNER, 0, 3, LH_RELEASES,
		 "T3 'worker-2' releases 'accounts', which another thread holds"},
		{LH_RULE_UNLOCK_NOT_HELD, 0, 3, LH_RELEASES,
		 "T3 'worker-2' releases 'accounts', which no thread holds"},
		{LH_RULE_DESTROY_HELD, 2, 1, LH_CALLS,
		 "T1 'main' destroys 'accounts' while it is in use by T2 'worker-1'"},
		{LH_RULE_DESTROY_HELD, 1, 1, LH_CALLS,
		 "T1 'main' destroys 'accounts' while it is in use by itself"},
		{LH_RULE_EXIT_HOLDING, 3, 0, 0, "T3 'worker-2' ended without releasing 'accounts'"},
	};
	struct lh_report *report;

	l->table[LH_T_FINDING].used = 1;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		build_finding(l, row[i].rule, LH_HAPPENED, LH_ERROR);
		if (row[i].holder)
			build_step(l, row[i].holder, a, site, LH_HOLDS);
		if (row[i].actor)
			build_step(l, row[i].actor, a, site, row[i].action);
	}
	build_finding(l, LH_RULE_COND_WAIT_UNLOCKED, LH_HAPPENED, LH_ERROR);
	build_step(l, 2, a, site, LH_RELEASES);
	build_step(l, 2, c, site, LH_WAITS_FOR);
	CHECK(lh_read_view(&views[0], l, l->total));
	report = lh_report_new((struct lh_report_options){0});
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct lh_report_finding *f =
			lh_report_add_row(report, &views[0], (uint32_t)i + 1, NULL);

		CHECK(f != NULL);
		if (f && strstr(row[i].message, "another thread") == NULL)
			CHECK_STR(f->message, row[i].message);
	}
	CHECK_STR(lh_report_add_row(report, &views[0], 8, NULL)->message,
		  "T2 'worker-1' waits on 'ready' without holding 'accounts'");
	lh_report_free(report);
}

static void names(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_lock *initialized = build_lock_row(l, build_lock(l, LH_RWLOCK, 0x2000, NULL));
	struct lh_lock *unnamed = build_lock_row(l, build_lock(l, LH_SEM, 0x3000, NULL));
	struct lh_lock *end_lock = build_lock_row(l, build_lock(l, LH_THREAD_END, 0, NULL));
	struct lh_report *report;

	initialized->init_stack = 2;
	end_lock->gen = 1;
	((struct lh_thread *)build_at(l, LH_T_THREAD, 2))->end_lock = LH_LOCK_ID(5, 1);
	build_finding(l, LH_RULE_LOCK_ORDER, LH_POTENTIAL, LH_ERROR);
	build_step(l, 1, LH_LOCK_ID(5, 1), 0, LH_WANTS);
	report = report_of(l, NULL);
	CHECK_EQ(report->locks, 5);
	CHECK_STR(report->lock[2]->name, "rwlock of bank+0x1110");
	CHECK_STR(report->lock[3]->name, "semaphore");
	CHECK_STR(report->lock[4]->name, "the end of T2 'worker-1'");
	CHECK(!report->lock[3]->named && report->lock[0]->named);
	CHECK_STR(lh_report_lock_text(report, report->lock[0]), "'accounts'");
	CHECK_EQ(report->process[0]->locks, 4); /* an end lock is not counted */
	(void)unnamed;
	lh_report_free(report);
}

/* Two locks initialized at one site: the report must tell them apart. */
static void same_class(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	lh_lock_id a = build_lock(l, LH_MUTEX, 0x2000, NULL),
		   b = build_lock(l, LH_MUTEX, 0x3000, NULL);
	lh_stack_id s[4] = {1, 2, 3, 4};
	struct lh_report *report;

	build_lock_row(l, a)->init_stack = build_lock_row(l, b)->init_stack = 1;
	l->table[LH_T_FINDING].used = 1;
	build_abba(l, a, b, s);
	report = report_of(l, NULL);
	CHECK_STR(lh_report_cycle_text(report, report->finding[0]),
		  "mutex of bank+0x1100 (1) -> mutex of bank+0x1100 (2) -> "
		  "mutex of bank+0x1100 (1)");
	lh_report_free(report);
}

/* A lock outside the cycle is held, and a writer must queue: the report still has the cycle. */
static void large_cycle(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	lh_lock_id a = LH_LOCK_ID(1, 1), b = LH_LOCK_ID(2, 1), x = build_lock(l, LH_MUTEX, 1, "x");
	lh_site site = LH_SITE(1, LH_BLOCKING, LH_SHARED);
	const struct lh_report_finding *f;
	struct lh_report *report;

	l->table[LH_T_FINDING].used = 1;
	build_finding(l, LH_RULE_LOCK_ORDER, LH_POTENTIAL, LH_ERROR);
	build_step(l, 2, x, site, LH_HOLDS);
	build_step(l, 2, a, site, LH_HOLDS);
	build_step(l, 2, b, site, LH_WANTS);
	build_step(l, 0, b, site, LH_HOLDS);
	build_step(l, 0, a, site, LH_WANTS);
	build_step(l, 0, a, site, LH_WANTS);
	report = report_of(l, NULL);
	f = report->finding[0];
	CHECK_EQ(f->parts, 3);
	CHECK_EQ(f->cycle_parts, 2);
	CHECK_STR(lh_report_cycle_text(report, f), "accounts -> journal -> accounts");
	CHECK_STR(lh_report_schedule(report, f),
		  "T2 holds 'accounts' to read; thread B holds 'journal' to read; thread C waits "
		  "as a "
		  "queued writer; "
		  "T2 waits for 'journal' to read; thread B waits for 'accounts' to read: neither "
		  "continues");
	lh_report_free(report);
}

/* Rows with unknown ids, unknown rules, and steps beyond the end of the table. */
static void nonsense(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_finding *f;
	struct lh_report *report;

	build_finding(l, LH_RULES + 3, LH_HAPPENED, LH_ERROR);
	build_finding(l, LH_RULE_DEADLOCK, 77, LH_ERROR);
	build_finding(l, LH_RULE_DEADLOCK, LH_HAPPENED, LH_ERROR);
	build_step(l, 99, 12345678, 0xffffffff, 99);
	f = build_finding(l, LH_RULE_DEADLOCK, LH_LASTING, LH_ERROR);
	f->step = UINT32_MAX - 2;
	f->steps = 255;
	report = report_of(l, NULL);
	CHECK_EQ(report->findings, 3);
	CHECK_EQ(report->notes, 2);
	for (uint32_t i = 0; i < report->findings; i++)
		CHECK(report->finding[i]->message[0] != 0);
	lh_report_free(report);
}

/* Names and lines of this test itself: __executable_start gives its load address. */
#ifdef __clang__ /* its AddressSanitizer makes variables longer */
#define AS_IT_IS __attribute__((no_sanitize("address")))
#else
#define AS_IT_IS
#endif

static int known_variable[4] AS_IT_IS;
static struct {
	char first;
	struct {
		int n;
		pthread_mutex_t lock, other;
	} part[3];
} known_bank AS_IT_IS;

extern const char __executable_start[];

static __attribute__((noinline)) uint64_t known_function(uint32_t *line)
{
	*line = __LINE__ + 1;
	return (uint64_t)__builtin_return_address(0);
}

/* The member path is the same for all elements, and leaves out the C library's own members. */
static void parts(struct lh_symbols *s, const struct lh_module *m)
{
	uint64_t one = (uint64_t)&known_bank.part[1].lock, two = (uint64_t)&known_bank.part[2].lock,
		 other = (uint64_t)&known_bank.part[1].other;

	CHECK_STR(lh_symbol_member_path(s, m, one - m->base, 40), ".part.lock");
	CHECK_STR(lh_symbol_member_path(s, m, two - m->base, 40), ".part.lock");
	CHECK_STR(lh_symbol_member_path(s, m, other - m->base, 40), ".part.other");
	CHECK_STR(lh_symbol_member_path(s, m, (uint64_t)&known_bank - m->base, 40), ".first");
	CHECK_STR(lh_symbol_member_path(s, m, (uint64_t)&known_bank - m->base, sizeof(known_bank)),
		  "");
	CHECK_STR(lh_symbol_member_path(s, m, (uint64_t)&known_variable[2] - m->base, 40), "");
	CHECK_STR(lh_symbol_member_path(s, m, (uint64_t)parts - m->base, 40), ""); /* no variable */
}

/* As the source writes it; the test itself has debug information. */
static void variables(struct lh_symbols *s, const struct lh_module *m)
{
	uint64_t two = (uint64_t)&known_bank.part[2].other;

	CHECK_STR(lh_symbol_variable(s, m, two - m->base, 40), "known_bank.part[2].other");
	CHECK_STR(lh_symbol_variable(s, m, (uint64_t)&known_variable[2] - m->base, 4),
		  "known_variable[2]");
	CHECK_STR(lh_symbol_variable(s, m, (uint64_t)known_variable - m->base,
				     sizeof(known_variable)),
		  "known_variable");
	CHECK(!lh_symbol_variable(s, m, (uint64_t)variables - m->base, 40));
	CHECK(!lh_symbol_variable(s, m, 1, 40));
	CHECK(!lh_symbol_variable(s, m, UINT64_MAX, 40));
}

static void symbols(void)
{
	struct lh_symbols *s = lh_symbols_new(false);
	uint64_t base = (uint64_t)__executable_start, into = 0;
	const struct lh_symbol *line = NULL;
	struct lh_module m = {.base = base};
	uint32_t number, n;
	ssize_t length = readlink("/proc/self/exe", m.path, sizeof(m.path) - 1);

	CHECK(length > 0);
	number = __LINE__ + 1;
	uint64_t at = known_function(&n);
	n = lh_symbol_lines(s, &m, at - base, true, &line);
	CHECK(n > 0);
	CHECK(n > 0 && line[n - 1].function && strcmp(line[n - 1].function, "main") != 0);
	CHECK(n > 0 && line[0].line == number);
	CHECK(n > 0 && line[0].file && strstr(line[0].file, "test_report.c"));
	CHECK_STR(lh_symbol_data(s, &m, (uint64_t)&known_variable[2] - base, &into),
		  "known_variable");
	CHECK_EQ(into, 8);
	CHECK(!lh_symbol_data(s, &m, (uint64_t)symbols - base, &into)); /* no variable */
	CHECK(!lh_symbol_signal(s, &m, at - base));
	parts(s, &m);
	variables(s, &m);
	CHECK_EQ(lh_symbols_problems(s), 0);
	m.build_id_n = 20; /* zeros: not the build id of this file */
	CHECK_EQ(lh_symbol_lines(s, &m, at - base, true, &line), 0);
	CHECK(!lh_symbol_data(s, &m, (uint64_t)known_variable - base, &into));
	CHECK_EQ(lh_symbols_problems(s), 1);
	CHECK(strstr(lh_symbols_problem(s, 0), "was replaced") != NULL);
	strcpy(m.path, "/dev/zero");
	CHECK_EQ(lh_symbol_lines(s, &m, 0, true, &line), 0);
	CHECK(strstr(lh_symbols_problem(s, 1), "/dev/zero cannot be read") != NULL);
	strcpy(m.path, "/etc/passwd");
	CHECK_EQ(lh_symbol_lines(s, &m, 0, true, &line), 0);
	strcpy(m.path, "[vdso]");
	CHECK_EQ(lh_symbol_lines(s, &m, 0, true, &line), 0);
	lh_symbols_free(s);
}

static void name_tables(void)
{
	CHECK_EQ(lh_name_find_rule("lock-order"), LH_RULE_LOCK_ORDER);
	CHECK_EQ(lh_name_find_rule("signal-lock"), LH_RULE_SIGNAL_LOCK);
	CHECK_EQ(lh_name_find_rule("none"), LH_NO_RULE);
	CHECK_STR(lh_name_rule(999), "none");
	CHECK_STR(lh_name_kind(999), "lock");
	CHECK_STR(lh_name_filter_reason(999), "it counts");
	CHECK_STR(lh_name_filter(LH_F_READERS), "readers");
}

/* What the library counted of a lock, and what the monitor sampled of it. */
static void contention_stats(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	const lh_lock_id accounts = LH_LOCK_ID(1, 1), journal = LH_LOCK_ID(2, 1);
	uint64_t waits[200];
	struct lh_busy_wait *b;
	struct lh_live_thread *live;
	struct lh_contention *contention;

	for (int i = 0; i < 200; i++)
		waits[i] = i < 197 ? 10000 : 5000000;
	contention = build_contention(l, accounts, 200, waits);
	contention->queue = 7;
	contention->bypassed_max = 40;
	contention->bypassed_thread = 3;
	contention->share[0] =
		(struct lh_thread_share){.thread = 2, .taken = 100, .waits = 20, .wait_ns = 1};
	contention->share[1] =
		(struct lh_thread_share){.thread = 3, .taken = 300, .waits = 180, .wait_ns = 9};
	contention->share[LH_THREAD_SHARES - 1] =
		(struct lh_thread_share){.thread = LH_THREAD_SHARE_OTHERS, .taken = 500};
	contention->hold[1] = (struct lh_histogram){.n = 256, .ns = 256 * 500, .max_ns = 500};
	contention->hold[1].bucket[lh_bucket_of(500)] = 256;
	build_lock_stats(l, build_lock_row(l, accounts))->hold_samples = 1;
	build_lock_stats(l, build_lock_row(l, journal))->hold_samples = 2;
	build_lock_stats(l, build_lock_row(l, journal))->hold_ns = 3000;
	b = build_row(l, LH_T_BUSY_WAIT, NULL);
	*b = (struct lh_busy_wait){.lock = journal, .site = LH_SITE(2, 0, 0), .cpu_ns = 4000000};
	live = build_row(l, LH_T_LIVE_THREAD, NULL);
	*live = (struct lh_live_thread){.state = LH_LIVE_ATTACHED,
					.thread = 2,
					.wait_lock = journal,
					.wait_on = LH_WAIT_LOCK,
					.wait_since_ns = 1000};
	l->end_ns = 2000001000;

	struct lh_report *report = report_of(l, NULL);
	const struct lh_report_lock *a = NULL, *j = NULL;
	for (uint32_t i = 0; i < report->locks; i++)
		*(report->lock[i]->lock == accounts ? &a : &j) = report->lock[i];
	CHECK(a && j && a->contention && j->contention);
	if (!a || !j || !a->contention || !j->contention)
		return;
	/* 197 of 200 waits are short, which is less than 99 %: the 99th percentile is a long one */
	CHECK_EQ(lh_report_lock_wait(a).p99_ns, 5000000);
	CHECK_EQ(lh_report_lock_wait(a).mean_ns, (197 * 10000 + 3 * 5000000ull) / 200);
	CHECK_EQ(lh_report_lock_hold(a).mean_ns, 500);
	CHECK_EQ(lh_report_lock_hold(a).p99_ns, 500);
	CHECK_EQ(lh_report_lock_queue(a), 7);
	CHECK_EQ(a->contention->wait[1].n, 0);
	CHECK_EQ(a->contention->hold[1].n, 256);
	CHECK_EQ(a->contention->shares, 3);
	CHECK_EQ(a->contention->share[0].thread->id, 3);
	CHECK(!a->contention->share[2].thread && a->contention->share[2].taken == 500);
	CHECK_EQ(a->contention->starved->thread->id, 3);
	CHECK_EQ(a->contention->bypassed_thread->id, 3);
	CHECK(!a->contention->waiting);
	CHECK_EQ(lh_report_lock_hold(j).mean_ns, 1500); /* too few for a percentile */
	CHECK_EQ(lh_report_lock_hold(j).p99_ns, 0);
	CHECK_EQ(j->contention->busy_cpu_ns, 4000000);
	CHECK_EQ(j->contention->waiting->id, 2);
	CHECK_EQ(j->contention->waiting_ns, 2000000000);
	lh_report_free(report);
	/* with a single long wait it is a short one */
	contention->wait[0].bucket[lh_bucket_of(5000000)] = 1;
	report = report_of(l, NULL);
	for (uint32_t i = 0; i < report->locks; i++)
		if (report->lock[i]->lock == accounts)
			CHECK_EQ(lh_report_lock_wait(report->lock[i]).p99_ns,
				 lh_bucket_end(lh_bucket_of(10000)));
	lh_report_free(report);
}

/* Locks initialized at one site are counted together; a single lock is no class. */
static void lock_classes(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	const uint64_t waits[] = {1000, 3000};
	lh_stack_id initialized = build_stack(l, 1, LH_FRAME(1, 0x1001200));

	for (int i = 0; i < 3; i++) {
		lh_lock_id id = build_lock(l, LH_MUTEX, 0x900000 + 64u * (unsigned)i, NULL);
		build_lock_row(l, id)->init_stack = initialized;
		build_lock_row(l, id)->acquired = 10;
		if (i)
			build_contention(l, id, i, waits);
	}
	struct lh_report *report = report_of(l, NULL);
	CHECK_EQ(report->profile->classes, 1);
	if (report->profile->classes != 1)
		return;
	const struct lh_class_stats *b = report->profile->class[0];
	CHECK_STR(b->name, "mutex of bank+0x1200");
	CHECK_EQ(b->locks, 3);
	CHECK_EQ(b->acquired, 30);
	CHECK_EQ(b->contended, 3);
	CHECK_EQ(b->wait_ns, 5000);
	CHECK_EQ(b->wait.n, 3);
	CHECK_EQ(b->wait.max_ns, 3000);
	lh_report_finish(report); /* a second call does not count twice */
	CHECK_EQ(report->profile->classes, 1);
	lh_report_free(report);
}

/* A finding of two processes knows when it was there first and last, whichever comes first. */
static void sightings(void)
{
	struct lh_ledger *l[] = {build_bank(100, 0x1000000), build_bank(200, 0x1000000)};

	for (unsigned i = 0; i < 2; i++) {
		l[i]->start_wall_ns = 1700000000000000000 + 1000000ull * i;
		((struct lh_finding *)build_at(l[i], LH_T_FINDING, 1))->time_ns = 7000;
		((struct lh_finding *)build_at(l[i], LH_T_FINDING, 1))->duration_ns = 500;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct lh_report *report = report_of(l[i], l[1 - i]);
		const struct lh_sightings *s = &report->finding[0]->seen;

		CHECK_EQ(s->first_ns, 1700000000000007000);
		CHECK_EQ(s->last_ns, 1700000000001007500);
		CHECK_EQ(s->n, 2);
		CHECK_EQ(s->first->pid, 100);
		lh_report_free(report);
	}
}

static void origins(void)
{
	static const char *const tests[][2] = {
		{"t.py::x[a (call)] (call)", "t.py::x[a (call)]"},
		{"t.py::x (setup)", "t.py::x"},
		{"t.py::x (teardown)", "t.py::x"},
		{" (call)", " (call)"},
		{"A.b", "A.b"},
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct lh_ledger *l = build_bank(100, 0x1000000);
		strcpy(l->origin.test, tests[i][0]);
		struct lh_report *report = report_of(l, NULL);
		CHECK_STR(report->process[0]->test, tests[i][1]);
		CHECK(!report->process[0]->host);
		lh_report_free(report);
	}
}

/* Times of the ledger's clock as times of day; numbers that no run has are no time. */
static void times(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	const uint64_t start = 1700000000120000000;
	l->start_wall_ns = start;
	l->watched_from_ns = 5000;
	struct lh_report *report = report_of(l, NULL);
	struct lh_report_process *p = report->process[0];
	struct lh_ledger_view late = *p->ledger;

	CHECK_EQ(lh_report_wall(p, 6000), start + 1000);
	CHECK_EQ(lh_report_wall(p, 4000), start - 1000);
	CHECK_EQ(lh_report_wall(p, UINT64_MAX), 0);
	CHECK_STR(lh_report_date(report, start), "2023-11-14T22:13:20.120Z");
	CHECK(!lh_report_date(report, 0));
	CHECK(lh_report_date(report, UINT64_MAX));
	late.head.watched_from_ns = UINT64_MAX;
	p->ledger = &late;
	CHECK_EQ(lh_report_wall(p, 0), 0);
	late.head.start_wall_ns = 0;
	CHECK_EQ(lh_report_wall(p, 6000), 0);
	lh_report_free(report);
}

int main(void)
{
	origins();
	times();
	sightings();
	classic();
	first_step();
	fingerprints();
	variants();
	suppressed_variants();
	places();
	merged();
	added_rows();
	ordered();
	messages();
	names();
	same_class();
	large_cycle();
	nonsense();
	name_tables();
	symbols();
	contention_stats();
	lock_classes();
	return unit_done();
}
