/* views.c — renders an invented run in one format: views SCENARIO FORMAT. Only the symbols are not
 * real: they come from the tables below, so that the output is the same on every machine.
 * LINKS: tools/render/ tools/report/ tools/ledger/ tools/util/ tools/symbols/source_lines.c */
#include "tools/render/render.h"
#include "tools/symbols/symbols.h"

#define BUILD_ROWS 4096
#include "tests/unit/ledger_builder.h"

#define BASE 0x1000000u

/* ---- the symbols ---- */

struct name {
	uint64_t offset;
	struct lh_symbol line;
};

static const struct name plain[] = {
	{0x1100, {"transfer", "/src/bank/src/bank.c", 40, 9, false}},
	{0x1110, {"transfer", "/src/bank/src/bank.c", 41, 9, false}},
	{0x1120, {"audit", "/src/bank/src/audit.c", 17, 2, false}},
	{0x1130, {"audit", "/src/bank/src/audit.c", 18, 2, false}},
	{0x1200,
	 {"std::lock_guard<std::mutex>::lock_guard(std::mutex&)", "/usr/include/c++/12/mutex", 90,
	  0, false}},
	{0x1210, {"Pool::operator[](int)", "/src/bank/src/../lib/pool.cc", 7, 0, false}},
	{0x1800, {"worker", "/src/bank/src/bank.c", 80, 3, false}},
	{0x4000, {"accounts", NULL, 0, 0, false}},
	{0x4040, {"journal", NULL, 0, 0, false}},
	{0x4080, {"log_lock", NULL, 0, 0, false}},
	{0, {NULL, NULL, 0, 0, false}},
};

#define EVIL_FILE                                                                                  \
	"/src/bank/]]>\n::error file=a,line=1::x%0A<script>alert(1)</script>\33[2J\xff,:.c"
#define EVIL_NAME                                                                                  \
	"x]]></script><img src=a "                                                                 \
	"onerror=alert(1)>\n::error::y|`*[z](http://a)&\"'{0}\\\33]0;t\7\xfe@all"

static const struct name evil[] = {
	{0x1100, {EVIL_NAME, EVIL_FILE, 40, 9, false}},
	{0x1110, {EVIL_NAME, EVIL_FILE, 41, 9, false}},
	{0x1120, {EVIL_NAME "2", EVIL_FILE, 42, 0, false}},
	{0x1130, {EVIL_NAME "2", EVIL_FILE, 43, 0, false}},
	{0x1800, {EVIL_NAME, EVIL_FILE, 1, 0, false}},
	{0x4000, {EVIL_NAME "-a", NULL, 0, 0, false}},
	{0x4040, {EVIL_NAME "-b", NULL, 0, 0, false}},
	{0, {NULL, NULL, 0, 0, false}},
};

/* As `plain`, but a lock and a function have names of a megabyte. */
static struct name with_long[sizeof(plain) / sizeof(plain[0])];

static void make_long_names(void)
{
	enum { MEGABYTE = 1 << 20 };
	static char name[MEGABYTE + 1];

	memset(name, 'n', MEGABYTE);
	memcpy(with_long, plain, sizeof(plain));
	for (struct name *n = with_long; n->offset; n++)
		if (n->offset == 0x4000 || n->offset == 0x1100)
			n->line.function = name;
}

static const struct name *names = plain;

static const struct lh_symbol *find(uint64_t offset)
{
	for (const struct name *n = names; n->offset; n++)
		if (n->offset == offset)
			return &n->line;
	return NULL;
}

uint32_t lh_symbol_lines(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			 bool after, const struct lh_symbol **line)
{
	(void)s, (void)m, (void)after;
	*line = find(offset);
	return *line != NULL;
}

const char *lh_symbol_name(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			   bool after)
{
	const struct lh_symbol *l = find(offset);

	(void)s, (void)m, (void)after;
	return l ? l->function : NULL;
}

const char *lh_symbol_data(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			   uint64_t *into)
{
	const struct lh_symbol *l = find(offset);

	(void)s, (void)m;
	*into = 0;
	return l ? l->function : NULL;
}

const char *lh_symbol_member_path(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
				  uint64_t own)
{
	(void)s, (void)m, (void)offset, (void)own;
	return "";
}

uint32_t lh_symbol_call_number(struct lh_symbols *s, const struct lh_module *m, uint64_t offset)
{
	(void)s, (void)m, (void)offset;
	return 0;
}

const char *lh_symbol_variable(struct lh_symbols *s, const struct lh_module *m, uint64_t offset,
			       uint64_t own)
{
	uint64_t into;

	(void)own;
	return lh_symbol_data(s, m, offset, &into);
}

struct lh_lock_name lh_symbol_lock_of_call(struct lh_symbols *s, unsigned kind,
					   const struct lh_symbol_frame *frame, uint32_t n)
{
	(void)s, (void)kind, (void)frame, (void)n;
	return (struct lh_lock_name){0};
}

bool lh_symbol_signal(struct lh_symbols *s, const struct lh_module *m, uint64_t offset)
{
	(void)s, (void)m, (void)offset;
	return false;
}

uint32_t lh_symbols_problems(const struct lh_symbols *s)
{
	(void)s;
	return 0;
}

const char *lh_symbols_problem(const struct lh_symbols *s, uint32_t i)
{
	(void)s, (void)i;
	return NULL;
}

/* ---- the invented runs ---- */

static lh_stack_id two(struct lh_ledger *l, uint64_t inner, uint64_t outer)
{
	return build_stack(l, 2, LH_FRAME(1, BASE + inner), LH_FRAME(1, BASE + outer));
}

/* Thread T2 tried to acquire `wanted` while it held `held`. */
static void order(struct lh_ledger *l, lh_lock_id held, lh_lock_id wanted, lh_stack_id at)
{
	uint32_t parent, id, seen;
	struct lh_chain *n = build_row(l, LH_T_CHAIN, &parent);

	*n = (struct lh_chain){
		.lock = held, .site = LH_SITE(at, LH_BLOCKING, LH_EXCLUSIVE), .depth = 1};
	n = build_row(l, LH_T_CHAIN, &id);
	*n = (struct lh_chain){.parent = parent, .lock = wanted, .depth = 2};
	n->site = LH_SITE(at, LH_BLOCKING, LH_EXCLUSIVE);
	*(struct lh_chain_visit *)build_row(l, LH_T_VISIT, &seen) =
		(struct lh_chain_visit){.chain = id, .thread = 2};
	n->visit = seen;
}

/* Where the process comes from, and when. */
static void begin(struct lh_ledger *l)
{
	struct lh_origin *o = &l->origin;

	*o = (struct lh_origin){.rank = 1, .shard = 2, .shards = 4};
	snprintf(o->host, sizeof(o->host), "%s", names == plain ? "node7" : EVIL_NAME);
	snprintf(o->test, sizeof(o->test), "%s",
		 names == plain ? "tests/test_bank.py::test_pay (call)" : EVIL_NAME);
	snprintf(o->commit, sizeof(o->commit), "%s", names == plain ? "1234abcd" : EVIL_NAME);
	snprintf(o->container, sizeof(o->container), "%s",
		 names == plain ? "0123456789abcdef" : EVIL_NAME);
	l->start_wall_ns = 1700000000120000000;
}

/* The bank: a cycle, a long hold with C++ headers and `..` in its paths, and a suppressed finding.
 */
static struct lh_ledger *bank(const char *exe)
{
	struct lh_ledger *l = build_bank(100, BASE);
	lh_stack_id odd = build_stack(l, 3, LH_FRAME(1, BASE + 0x1200), LH_FRAME(1, BASE + 0x1210),
				      LH_FRAME(1, BASE + 0x1800));
	lh_lock_id a = LH_LOCK_ID(1, 1), b = LH_LOCK_ID(2, 1);
	lh_lock_id c = build_lock(l, LH_RWLOCK, BASE + 0x4080, NULL);
	struct lh_finding *f;

	snprintf(l->exe, sizeof(l->exe), "%s", exe);
	snprintf(l->command, sizeof(l->command), "%s --test", exe);
	begin(l);
	for (lh_lock_id i = 1; i <= 2; i++) {
		build_lock_row(l, i)->flags = 0; /* names from the symbols */
		build_lock_stats(l, build_lock_row(l, i))->wait_ns = 1500000 * i;
	}
	f = build_finding(l, LH_RULE_LONG_HOLD, LH_HAPPENED, LH_WARNING);
	f->duration_ns = 250000000;
	build_step(l, 2, c, LH_SITE(odd, LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	build_finding(l, LH_RULE_UNLOCK_NOT_HELD, LH_HAPPENED, LH_ERROR);
	build_step(l, 3, c, LH_SITE(two(l, 0x1120, 0x1800), LH_BLOCKING, LH_EXCLUSIVE),
		   LH_RELEASES);
	order(l, a, b, two(l, 0x1110, 0x1800));
	order(l, b, a, two(l, 0x1130, 0x1800));
	order(l, b, c, odd);
	return l;
}

/* What the monitor saw of waits and holds: each wait has an owner, once only by the hold; two waits
 * of one thread overlap, as only in a damaged file. */
static void contend(struct lh_ledger *l)
{
	const lh_lock_id a = LH_LOCK_ID(1, 1), b = LH_LOCK_ID(2, 1);
	const uint64_t waits[] = {6000000, 2000000};
	const uint64_t ms = 1000000;
	const struct lh_span spans[] = {
		{.thread = 3, .lock = a, .site = LH_SITE(3, 0, 0), .to_ns = 9 * ms},
		{.thread = 2,
		 .lock = a,
		 .site = LH_SITE(1, 0, 0),
		 .wait = LH_WAIT_LOCK,
		 .owner = 3,
		 .from_ns = ms,
		 .to_ns = 9 * ms},
		{.thread = 2, .lock = b, .wait = LH_WAIT_LOCK, .from_ns = 2 * ms, .to_ns = 12 * ms},
		{.thread = 1, .lock = b, .from_ns = 3 * ms, .to_ns = 11 * ms},
		{.thread = 1, .wait = LH_WAIT_JOIN, .from_ns = 3 * ms, .to_ns = 11 * ms},
	};
	const struct lh_wait_pair pairs[] = {
		{.lock = a,
		 .waiter = LH_SITE(1, 0, 0),
		 .holder = LH_SITE(3, 0, 0),
		 .thread = 2,
		 .ns = 20 * ms,
		 .worst_ns = 7 * ms,
		 .samples = 3},
		{.lock = a, .holder = LH_SITE(3, 0, 0), .thread = 3, .ns = 30 * ms, .samples = 6},
	};

	build_contention(l, a, 2, waits);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		*(struct lh_span *)build_row(l, LH_T_SPAN, NULL) = spans[i];
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		*(struct lh_wait_pair *)build_row(l, LH_T_WAIT_PAIR, NULL) = pairs[i];
}

/* A cycle of two locks with these names, with the stacks of the bank's cycle. */
static void cycle(struct lh_ledger *l, const char *a, const char *b)
{
	const lh_stack_id at[] = {1, 2, 3, 4};

	build_abba(l, build_lock(l, LH_MUTEX, BASE + 0x5000, a),
		   build_lock(l, LH_MUTEX, BASE + 0x5040, b), at);
}

/* What lockhound confirm would say of these cycles: each verdict once. */
static const struct {
	const char *lock; /* the first of the cycle */
	struct lh_proof proof;
} proofs[] = {
	{"accounts",
	 {.verdict = LH_VERDICT_CONFIRMED,
	  .runs = 4,
	  .hits = 4,
	  .reason = "the deadlock happened in 4 of 4 steered runs",
	  .replay = "lockhound confirm --replay=3:1:40 --id 0123456789abcdef -- ./bank 'two words' "
		    "--accounts=accounts.txt --journal=journal.txt --threads=12"}},
	{"config",
	 {.verdict = LH_VERDICT_CONTRADICTED,
	  .runs = 3,
	  .reason = "T3 reaches audit.c:18 only after T2 signals 'ready' at bank.c:50, and T2 does "
		    "that after it has acquired 'table' at bank.c:41"}},
	{"index",
	 {.verdict = LH_VERDICT_NOT_REACHED,
	  .runs = 10,
	  .reason = "no thread came to audit.c:17, where T3 acquires 'pages', in 10 attempts"}},
	{"queue",
	 {.verdict = LH_VERDICT_OPEN,
	  .runs = 10,
	  .reason = "its threads came to their places, but never at the same time, in 10 attempts; "
		    "T2 "
		    "was paused at bank.c:41 in vain"}},
};

/* 200 cycles among 500 locks, for half of which threads waited. */
static struct lh_ledger *large(void)
{
	enum { LOCKS = 500, CYCLES = 200 };
	struct lh_ledger *l = bank("/src/bank/build/bank");
	const lh_stack_id at[] = {1, 2, 3, 4};
	lh_lock_id lock[LOCKS];
	char name[64];

	for (unsigned i = 0; i < LOCKS; i++) {
		const uint64_t waits[] = {1000ull * (i + 1), 900000ull * (LOCKS - i)};

		snprintf(name, sizeof(name), "cache.shard[%u].lock", (i * 7919) % LOCKS);
		lock[i] = build_lock(l, i % 3 ? LH_MUTEX : LH_RWLOCK, BASE + 0x5000 + i * 64, name);
		build_lock_row(l, lock[i])->acquired = i * i;
		if (i % 2)
			build_contention(l, lock[i], 2, waits);
		if (i > CYCLES)
			order(l, lock[i / 2], lock[i], 1 + i % 4);
	}
	for (unsigned i = 0; i < CYCLES; i++) {
		build_abba(l, lock[i], lock[i + CYCLES], at);
		order(l, lock[i], lock[i + CYCLES], 2);
		order(l, lock[i + CYCLES], lock[i], 4);
	}
	return l;
}

static void prove(struct lh_report *m)
{
	static const struct lh_proof hostile = {
		.verdict = LH_VERDICT_CONTRADICTED, .reason = EVIL_NAME, .replay = EVIL_NAME};
	const uint32_t n = sizeof(proofs) / sizeof(proofs[0]);

	for (uint32_t i = 0; i < m->findings; i++) {
		struct lh_report_finding *f = m->finding[i];
		static struct lh_proof copy[8];

		if (!f->cycle)
			continue;
		if (names == evil)
			lh_report_set_proof(m, f, &hostile);
		for (uint32_t k = 0; k < n && names != evil; k++)
			if (strcmp(f->part[0].holds->lock->name, proofs[k].lock) == 0) {
				copy[k] = proofs[k].proof;
				if (copy[k].verdict == LH_VERDICT_NOT_REACHED)
					copy[k].before = f->part[1].holds->frame;
				if (copy[k].verdict == LH_VERDICT_CONTRADICTED)
					copy[k].before = f->part[0].does->frame,
					copy[k].after = f->part[1].does->frame;
				lh_report_set_proof(m, f, &copy[k]);
			}
	}
}

static void settle(void *with, const struct lh_report *m, struct lh_report_finding *f)
{
	(void)with, (void)m;
	if (f->rule != LH_RULE_UNLOCK_NOT_HELD)
		return;
	f->status = LH_SUPPRESSED;
	f->reason = names == plain ? "startup only" : EVIL_NAME;
}

static struct lh_ledger *scenario(const char *name)
{
	struct lh_ledger *l;

	if (strcmp(name, "bank") == 0)
		return bank("/src/bank/build/bank");
	if (strcmp(name, "contended") == 0) {
		l = bank("/src/bank/build/bank");
		contend(l);
		return l;
	}
	if (strcmp(name, "proved") == 0) {
		l = bank("/src/bank/build/bank");
		cycle(l, "config", "table");
		cycle(l, "index", "pages");
		cycle(l, "queue", "sizes");
		return l;
	}
	if (strcmp(name, "large") == 0)
		return large();
	if (strcmp(name, "long") == 0) {
		make_long_names();
		names = with_long;
		return bank("/src/bank/build/bank");
	}
	if (strncmp(name, "hostile", 7) == 0) {
		names = evil;
		l = bank("/src/bank/" EVIL_NAME);
		memcpy(((struct lh_thread *)build_at(l, LH_T_THREAD, 2))->name,
		       "]]>\n::error::\33\xff", 15);
		if (strcmp(name, "hostile-contended") == 0)
			contend(l);
		return l;
	}
	l = build_ledger(5, "/src/bank/build/true");
	build_lock_row(l, build_lock(l, LH_MUTEX, BASE, "quiet"))->acquired = 7;
	return l;
}

int main(int argc, char **argv)
{
	struct lh_render_text_style style = {.least = LH_ERROR, .locks = true};
	struct lh_ledger_view r;
	struct lh_report *m = lh_report_new((struct lh_report_options){
		.symbols = (struct lh_symbols *)&style, /* only passed on, never read */
		.every_lock = true,
		.orders = true,
		.root = "/src/bank",
		.classify = settle,
	});

	if (argc < 3 || !lh_render_find(argv[2]))
		return 2;
	if (argc > 3) {
		style.suppressed = strcmp(argv[3], "suppressed") == 0;
		style.file_attribute = strcmp(argv[3], "file") == 0;
		style.cycles_only = strcmp(argv[3], "cycles") == 0;
		style.brief = strcmp(argv[3], "short") == 0 || strcmp(argv[3], "narrow") == 0;
		style.width = strcmp(argv[3], "narrow") == 0 ? LH_TEXT_WIDTH_LEAST : 0;
	}
	if (strcmp(argv[1], "nothing") != 0) {
		struct lh_ledger *l = scenario(argv[1]);

		if (!lh_read_view(&r, l, l->total))
			return 2;
		lh_report_add_ledger(m, &r);
	}
	lh_report_note(m, names == evil ? EVIL_NAME : "a note");
	lh_report_finish(m);
	if (strstr(argv[1], "proved")) {
		prove(m);
		lh_report_finish(m);
	}
	if (lh_render(lh_render_find(argv[2])->render, m, &style, stdout) != 0)
		return 1;
	lh_report_free(m);
	return 0;
}
