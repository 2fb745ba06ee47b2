/* process.c — one process of a report: its end and its counts. */
#include "tools/report/report_internal.h"
#include "tools/util/path.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void set_end(struct lh_report_process *p, const struct lh_ledger *h)
{
	switch (h->end) {
	case LH_END_EXIT:
		snprintf(p->end, sizeof(p->end), "exit %d", h->end_code);
		break;
	case LH_END_SIGNAL:
		snprintf(p->end, sizeof(p->end), "signal %d", h->end_code);
		break;
	case LH_END_LOST:
		strcpy(p->end, "lost");
		break;
	case LH_END_RUNNING:
		strcpy(p->end, "running");
		break;
	case LH_END_EXEC:
		strcpy(p->end, "exec");
		break;
	default:
		break;
	}
}

static void add_futex(struct lh_report_process *p, const struct lh_lock_stats *stats)
{
	p->futex.n += stats->contended;
	p->futex.ns += stats->wait_ns;
	if (stats->wait_max_ns > p->futex.max_ns)
		p->futex.max_ns = stats->wait_max_ns;
}

struct lh_futex_waits lh_report_futex_waits(const struct lh_report *report)
{
	struct lh_futex_waits all = {0};

	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_futex_waits *one = &report->process[i]->futex;

		all.n += one->n;
		all.ns += one->ns;
		all.max_ns = one->max_ns > all.max_ns ? one->max_ns : all.max_ns;
	}
	return all;
}

static void count_locks(struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LOCK);
	struct lh_lock l;
	struct lh_lock_stats stats;

	p->locks = 0;
	p->acquired = p->ledger->head.retired_acquired;
	p->contended = p->ledger->head.retired_contended;
	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_lock_row(p->ledger, i, &l) || !l.kind)
			continue;
		/* Each generation of a row was a lock. The end of a thread is a lock for the order
		 * graph only and is not counted; nor is a futex, which may be no lock. */
		bool is_lock = l.kind != LH_THREAD_END && l.kind != LH_FUTEX;
		p->locks += (l.gen ? l.gen : 1) - !is_lock;
		lh_read_lock_stats(p->ledger, &l, &stats);
		if (l.kind == LH_FUTEX)
			add_futex(p, &stats);
		if (!is_lock)
			continue;
		p->acquired += l.acquired + l.shared;
		p->contended += stats.contended;
	}
}

/* Waits that go on, or did when the process ended. */
static void add_futex_waits_now(struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LIVE_THREAD);
	struct lh_live_thread live;
	struct lh_lock l;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_live_thread(p->ledger, i, &live) || !live.wait_lock ||
		    !lh_read_lock(p->ledger, live.wait_lock, &l) || l.kind != LH_FUTEX)
			continue;
		uint64_t end = p->ledger->head.end_ns,
			 ns = end > live.wait_since_ns ? end - live.wait_since_ns : 0;
		add_futex(p, &(struct lh_lock_stats){
				     .contended = 1, .wait_ns = ns, .wait_max_ns = ns});
	}
}

static uint32_t refused(const struct lh_report_process *p, enum lh_table_name t, uint32_t dropped)
{
	uint32_t n = p->ledger->head.table[t].refused;

	return n > dropped ? n : dropped; /* both may have counted the same addition */
}

static void count(struct lh_report_process *p)
{
	const struct lh_ledger *h = &p->ledger->head;
	uint32_t threads = lh_read_used(p->ledger, LH_T_THREAD);

	p->threads = 0;
	for (uint32_t i = 1; i < threads; i++) {
		struct lh_thread t;
		p->threads += lh_read_thread(p->ledger, i, &t) &&
			      !(t.flags & (LH_THREAD_BARRIER_ROUND | LH_THREAD_FOREIGN));
	}
	count_locks(p);
	add_futex_waits_now(p);
	p->dropped_locks = refused(p, LH_T_LOCK, h->dropped_locks);
	p->dropped_stacks = refused(p, LH_T_STACK, h->dropped_stacks);
	p->dropped_chains = refused(p, LH_T_CHAIN, h->dropped_chains);
	p->dropped_findings = refused(p, LH_T_FINDING, 0);
	p->dropped_events = h->dropped_events;
	p->internal_lock_taken = h->internal_lock_taken;
	p->unrecorded = h->unrecorded;
	p->shake = h->shake;
	p->shakes = h->shakes;
	p->shaken_ns = h->shaken_ns;
	p->searches_cut = h->searches_cut;
	p->locations_unknown = h->locations_unknown;
	set_end(p, h);
}

/* ---- where it comes from, and when ---- */

static const char *known(struct lh_arena *arena, const char *text)
{
	return text[0] ? lh_arena_strdup(arena, text) : NULL;
}

/* PYTEST_CURRENT_TEST has the stage of the test behind its name: " (call)". */
static const char *test_name(struct lh_arena *arena, const char *text)
{
	static const char *const stages[] = {" (setup)", " (call)", " (teardown)"};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		size_t n = strlen(text), stage = strlen(stages[i]);

		if (n > stage && strcmp(text + n - stage, stages[i]) == 0)
			return lh_arena_printf(arena, "%.*s", (int)(n - stage), text);
	}
	return known(arena, text);
}

static void set_origin(struct lh_arena *arena, struct lh_report_process *p,
		       const struct lh_ledger *h)
{
	const struct lh_origin *o = &h->origin;

	p->host = known(arena, o->host);
	p->container = known(arena, o->container);
	p->commit = known(arena, o->commit);
	p->test = test_name(arena, o->test);
	p->rank = o->rank;
	p->shard = o->shard;
	p->shards = o->shards;
	p->start_wall_ns = h->start_wall_ns;
}

static bool is_elsewhere(const struct lh_report_process *a, const struct lh_report_process *b)
{
	return a->host && b->host && strcmp(a->host, b->host) != 0;
}

const char *lh_report_process_text(const struct lh_report *report,
				   const struct lh_report_process *p)
{
	struct lh_arena *arena = report->arena;
	const char *host = report->several_hosts && p->host ? p->host : NULL;
	const char *text = lh_arena_printf(arena, "%s[%d]", lh_path_base(p->exe), p->pid);

	if (p->rank)
		return lh_arena_printf(arena, "%s (rank %u%s%s)", text, p->rank - 1,
				       host ? " on " : "", host ? host : "");
	return host ? lh_arena_printf(arena, "%s (on %s)", text, host) : text;
}

uint64_t lh_report_wall(const struct lh_report_process *p, uint64_t ns)
{
	const struct lh_ledger *h = &p->ledger->head;
	uint64_t wall = h->start_wall_ns + ns - h->watched_from_ns;

	if (!h->start_wall_ns || (ns >= h->watched_from_ns) != (wall >= h->start_wall_ns))
		return 0; /* the numbers of a damaged file */
	return wall;
}

const char *lh_report_date(const struct lh_report *report, uint64_t wall_ns)
{
	enum { MS = 1000000 };
	time_t seconds = (time_t)(wall_ns / (1000u * MS));
	char text[32];
	struct tm t;

	if (!wall_ns || !gmtime_r(&seconds, &t) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t))
		return NULL;
	return lh_arena_printf(report->arena, "%s.%03uZ", text, (unsigned)(wall_ns / MS % 1000));
}

struct lh_report_process *lh_report_get_process(struct lh_report *report,
						const struct lh_ledger_view *r)
{
	struct lh_arena *arena = report->arena;
	void **memo = lh_report_memo(report, r, LH_MEMO_PROCESS, 0);
	struct lh_report_process *p = *memo;

	if (p)
		return p;
	*memo = p = lh_arena_alloc(arena, sizeof(*p));
	LH_PUSH(arena, report->process, report->processes, p);
	p->ledger = r;
	p->pid = r->head.outer_pid > 0 ? r->head.outer_pid : r->head.pid;
	p->parent = r->head.parent;
	p->exe = lh_arena_strdup(arena, r->head.exe);
	p->command = lh_arena_strdup(arena, r->head.command);
	p->comm = lh_arena_strdup(arena, r->head.comm);
	set_origin(arena, p, &r->head);
	report->several_hosts |= is_elsewhere(p, report->process[0]);
	p->problem = r->error[0] ? lh_arena_strdup(arena, r->error) : NULL;
	count(p);
	return p;
}
