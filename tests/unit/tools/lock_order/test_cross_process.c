/* test_cross_process.c — tests cycles across processes: which rows are the same lock, what orders
 * processes, and which findings are only warnings.
 * LINKS: tools/lock_order/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 * libcheck/order_graph/ */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/lock_order/cross_process.h"

enum { MS = 1000000 };

static struct lh_ledger_view views[4];

static struct lh_report *report_of(struct lh_ledger *const *l, uint32_t n)
{
	struct lh_report *report = lh_report_new((struct lh_report_options){.every_lock = true});

	for (uint32_t i = 0; i < n; i++) {
		CHECK(lh_read_view(&views[i], l[i], l[i]->total));
		lh_report_add_ledger(report, &views[i]);
	}
	lh_cross_process_check(report, true);
	lh_report_finish(report);
	return report;
}

/* -1: no finding; 99: several; otherwise the severity of the only finding. */
static int severity_of(struct lh_ledger *const *l, uint32_t n, enum lh_filter *filter)
{
	struct lh_report *report = report_of(l, n);
	int severity = report->findings == 1 ? (int)report->finding[0]->severity
		       : report->findings    ? 99
					     : -1;

	if (filter)
		*filter = report->filtereds ? report->filtered[0]->filter : LH_F_NONE;
	lh_report_free(report);
	return severity;
}

static int severity_of_two(struct lh_ledger *a, struct lh_ledger *b)
{
	struct lh_ledger *l[] = {a, b};

	return severity_of(l, 2, NULL);
}

static void at_the_same_time(void)
{
	struct lh_ledger *l[] = {build_sharer(100, false, 0, 50 * MS),
				 build_sharer(101, true, 10 * MS, 60 * MS)};
	struct lh_report *report = report_of(l, 2);
	const struct lh_report_finding *f = report->findings ? report->finding[0] : NULL;

	CHECK_EQ(report->findings, 1);
	if (!f)
		return;
	CHECK_EQ(f->severity, LH_ERROR);
	CHECK_EQ(f->processes, 2);
	CHECK_EQ(f->threads, 2);
	CHECK_EQ(f->locks, 2); /* a shared lock counts once */
	CHECK(f->thread[0]->foreign_tid != f->thread[1]->foreign_tid);
	CHECK(f->thread[0]->id == 1 && f->thread[1]->id == 2);
	CHECK(f->cycle && f->cycle_parts == 2);
	lh_report_free(report);
	CHECK_EQ(severity_of_two(build_sharer(100, false, 0, 50 * MS),
				 build_sharer(101, false, 0, 50 * MS)),
		 -1);
}

static void other_locks(void)
{
	struct lh_ledger *a = build_sharer(100, false, 0, 50 * MS),
			 *b = build_sharer(101, true, 10 * MS, 60 * MS);
	struct lh_lock_location *p = build_at(b, LH_T_LOCK_LOCATION, 1);

	p->ino++;
	CHECK_EQ(severity_of_two(a, b), -1);
	p->ino--;
	p->dev++;
	CHECK_EQ(severity_of_two(a, b), -1);
	p->dev--;
	p->lock = 0; /* the location of an earlier lock */
	CHECK_EQ(severity_of_two(a, b), -1);
	p->lock = LH_LOCK_ID(1, 1);
	CHECK_EQ(severity_of_two(a, b), LH_ERROR);
	b->start_wall_ns += 3600ull * 1000000000u; /* another boot */
	CHECK_EQ(severity_of_two(a, b), -1);
	b->start_wall_ns -= 3590ull * 1000000000u; /* the clock was set */
	CHECK_EQ(severity_of_two(a, b), LH_ERROR);
}

/* Memory that was freed and reused: if both processes initialize a lock, these are two locks. */
static void reused_memory(void)
{
	struct lh_ledger *a = build_sharer(100, false, 0, 50 * MS),
			 *b = build_sharer(101, true, 10 * MS, 60 * MS);
	lh_lock_id checked_again;

	build_lock_row(a, LH_LOCK_ID(1, 1))->flags |= LH_LOCK_INITED;
	CHECK_EQ(severity_of_two(a, b), LH_ERROR);
	build_lock_row(b, LH_LOCK_ID(1, 1))->flags |= LH_LOCK_INITED;
	CHECK_EQ(severity_of_two(a, b), -1);
	build_lock_row(b, LH_LOCK_ID(1, 1))->flags &= ~(uint32_t)LH_LOCK_INITED;
	checked_again = build_shared(b, 0, 0);
	CHECK_EQ(severity_of_two(a, b), LH_ERROR); /* no lock was wanted while it was held */
	build_dependency(b, 1, 0, checked_again, build_lock(b, LH_MUTEX, 0x9000, NULL));
	CHECK_EQ(severity_of_two(a, b), -1);
}

static struct lh_ledger *child_of(struct lh_ledger *parent, lh_thread_id thread, uint32_t segment)
{
	struct lh_ledger *l = build_sharer(101, true, 10 * MS, 60 * MS);

	l->flags |= LH_LEDGER_FORKED;
	l->fork_pid = parent->pid;
	l->fork_thread = thread;
	l->fork_segment = segment;
	return l;
}

static void forked(void)
{
	struct lh_ledger *p = build_sharer(100, false, 0, 50 * MS), *l[2] = {p};
	enum lh_filter filter;

	l[1] = child_of(p, 1, 0); /* forked after everything that the parent did */
	CHECK_EQ(severity_of(l, 2, &filter), -1);
	CHECK_EQ(filter, LH_F_ORDERED);
	build_dependency(p, 1, 1, LH_LOCK_ID(1, 1),
			 LH_LOCK_ID(2, 1)); /* and again after the fork */
	CHECK_EQ(severity_of(l, 2, &filter), LH_ERROR);
	l[1] = child_of(p, 0, 0); /* forked at an unknown time */
	CHECK_EQ(severity_of(l, 2, NULL), LH_WARNING);
}

/* A lock that the parent's thread held when it forked is a gate lock against its other holders. */
static void creator_held_gate(void)
{
	struct lh_ledger *p = build_sharer(100, false, 0, 50 * MS), *l[2] = {p};
	lh_lock_id gate = build_lock(p, LH_MUTEX, 0x9000, "gate");
	lh_thread_id other = build_thread(p, 102, "other");
	enum lh_filter filter;
	lh_chain_id chain = p->table[LH_T_CHAIN].used;

	build_dependency(p, other, 0, gate, LH_LOCK_ID(1, 1));
	l[1] = child_of(p, 1, 0);
	l[1]->fork_chain = chain;
	/* other: gate, a, b against the child's b, a */
	uint32_t id, visit;
	struct lh_chain *last = build_row(p, LH_T_CHAIN, &id);
	struct lh_chain_visit *s = build_row(p, LH_T_VISIT, &visit);

	*last = (struct lh_chain){.parent = chain + 1,
				  .lock = LH_LOCK_ID(2, 1),
				  .site = LH_SITE(9, LH_BLOCKING, LH_EXCLUSIVE),
				  .depth = 3,
				  .visit = visit,
				  .next = build_lock_row(p, LH_LOCK_ID(2, 1))->chains};
	build_lock_row(p, LH_LOCK_ID(2, 1))->chains = id;
	*s = (struct lh_chain_visit){.chain = id, .thread = other};
	CHECK_EQ(severity_of(l, 2, &filter), -1);
	l[1]->fork_chain = 0;
	CHECK_EQ(severity_of(l, 2, &filter), LH_ERROR);
}

static void one_after_the_other(void)
{
	struct lh_ledger *a = build_sharer(100, false, 0, 50 * MS),
			 *b = build_sharer(101, true, 51 * MS, 60 * MS), *third[3] = {a, b};

	CHECK_EQ(severity_of_two(a, b), LH_WARNING);
	CHECK_EQ(severity_of_two(b, a), LH_WARNING);
	a->state = LH_LEDGER_ENDED;
	a->end_ns = 52 * MS;
	CHECK_EQ(severity_of_two(a, b), LH_ERROR);
	a->state = LH_LEDGER_READY;
	a->end = LH_END_RUNNING;
	CHECK_EQ(severity_of_two(a, b), LH_ERROR);
	a->end = LH_END_EXEC;
	b->pid = a->pid; /* the same process: certainly ordered */
	CHECK_EQ(severity_of_two(a, b), -1);
	b->pid = 101;
	b->parent = a->pid; /* started by process a at an unknown time */
	b->watched_from_ns = 10 * MS;
	CHECK_EQ(severity_of_two(a, b), LH_WARNING);
	b->parent = 1;
	third[2] = build_sharer(102, true, 20 * MS, 30 * MS);
	CHECK_EQ(severity_of(third, 3, NULL), LH_ERROR); /* the same sites: one finding */
}

/* If the library cut searches, the front end searches again. */
static void checked_again(void)
{
	struct lh_ledger *l = build_sharer(100, false, 0, 50 * MS);
	lh_thread_id other = build_thread(l, 101, "other");
	struct lh_report *report;

	build_dependency(l, other, 0, LH_LOCK_ID(2, 1), LH_LOCK_ID(1, 1));
	report = report_of(&l, 1);
	CHECK_EQ(report->findings, 0); /* the library would have reported it */
	lh_report_free(report);
	l->searches_cut = 3;
	report = report_of(&l, 1);
	CHECK_EQ(report->findings, 1);
	CHECK(report->findings == 1 && report->finding[0]->severity == LH_ERROR);
	CHECK(report->findings == 1 && !report->finding[0]->thread[0]->foreign_tid);
	CHECK_EQ(report->process[0]->searches_cut, 0);
	lh_report_free(report);
}

/* Two sharers in one order, in which nothing is found; thread 1 joins another thread under a lock.
 */
static struct lh_ledger *build_join(lh_thread_id *joined, lh_lock_id *a, lh_lock_id *cond)
{
	struct lh_ledger *l = build_sharer(100, false, 0, 50 * MS);
	lh_lock_id end = build_lock(l, LH_THREAD_END, LH_ADDRESS_NONE | 32, NULL);
	struct lh_thread *t;

	*a = LH_LOCK_ID(1, 1);
	*joined = build_thread(l, 101, "joined");
	*cond = build_lock(l, LH_COND, 0x9000, "cond");
	t = build_at(l, LH_T_THREAD, *joined);
	t->end_lock = end;
	build_lock_row(l, end)->initial = *joined;
	build_dependency(l, 1, 1, *a, end);
	l->searches_cut = 1;
	return l;
}

/* The last chain of the ledger is a signal. */
static void make_signal(struct lh_ledger *l)
{
	struct lh_chain *chain = build_at(l, LH_T_CHAIN, l->table[LH_T_CHAIN].used - 1);

	chain->site |= LH_COND_SIGNALS;
}

static void joined_under_lock(void)
{
	lh_thread_id joined;
	lh_lock_id a, cond;
	struct lh_ledger *l = build_join(&joined, &a, &cond);
	struct lh_report *report;

	build_dependency(l, joined, 0, a, cond);
	report = report_of(&l, 1);
	CHECK_EQ(report->findings, 1); /* it waits there: that is no signal */
	CHECK(report->findings == 1 && report->finding[0]->severity == LH_ERROR);
	CHECK(report->findings == 1 && report->finding[0]->cycle);
	lh_report_free(report);
	make_signal(l);
	report = report_of(&l, 1);
	CHECK_EQ(report->findings, 1);
	if (report->findings == 1) {
		const struct lh_report_finding *f = report->finding[0];

		CHECK(f->severity == LH_WARNING && f->told && !f->cycle);
		CHECK_EQ(f->step[0].thread->id, 1);
		CHECK_EQ(f->step[f->steps - 1].action, LH_CALLS);
		CHECK(strstr(f->message, "waits for 'cond' before"));
	}
	lh_report_free(report);
}

int main(void)
{
	at_the_same_time();
	other_locks();
	reused_memory();
	forked();
	creator_held_gate();
	one_after_the_other();
	checked_again();
	joined_under_lock();
	return unit_done();
}
