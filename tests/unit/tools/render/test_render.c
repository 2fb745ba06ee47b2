/* test_render.c — tests the formats text and JSON: their contents, that they are well-formed, and
 * that text of the checked process is escaped.
 * LINKS: tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/render/render.h"
#include "tests/unit/ledger_builder.h"
#include "tools/symbols/source_lines.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *output;
static size_t length;

/* Renders these ledgers into `output`. */
static void render(const char *format, struct lh_ledger **l, unsigned n,
		   struct lh_render_text_style style)
{
	struct lh_report *report = lh_report_new((struct lh_report_options){.every_lock = true});
	struct lh_ledger_view r[4];
	FILE *out;

	free(output);
	out = open_memstream(&output, &length);
	for (unsigned i = 0; i < n; i++) {
		CHECK(lh_read_view(&r[i], l[i], l[i]->total));
		lh_report_add_ledger(report, &r[i]);
	}
	lh_report_finish(report);
	CHECK_EQ(lh_render(lh_render_find(format)->render, report, &style, out), 0);
	fclose(out);
	lh_report_free(report);
}

static void text(struct lh_ledger *l, struct lh_render_text_style style)
{
	render("text", &l, 1, style);
}

static bool contains(const char *what)
{
	if (strstr(output, what))
		return true;
	printf("no \"%s\" in:\n%s", what, output);
	return false;
}

static void plain_text(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);

	text(l, (struct lh_render_text_style){0});
	CHECK(strncmp(output, "bank+0x1110: error: ", 20) == 0);
	CHECK(contains(
		"'accounts' and 'journal' are acquired in conflicting orders: this can deadlock "
		"[lock-order]\n"));
	CHECK(contains("\n  accounts -> journal -> accounts\n"));
	CHECK(contains("(did not happen, but can)"));
	CHECK(contains("\n  T2 'worker-1' (101)\n    acquired 'accounts'\n"));
	CHECK(contains("    tried to acquire 'journal'\n"));
	CHECK(contains("      #0  ??  (bank+0x1110)\n      #1  ??  (bank+0x1800)\n"));
	CHECK(contains("how it can hang: T2 holds 'accounts'; T3 holds 'journal';"));
	CHECK(contains("  help: Choose one order"));
	CHECK(contains("lockhound explain lock-order\n"));
	CHECK(contains(
		"\nlockhound: 1 process, 2 locks, 8 operations, 3 threads: 1 finding (1 new)\n"));
	CHECK(!strstr(output, "\33"));
	CHECK(!strstr(output, "dropped"));
}

/* Both stacks of every step: four steps of two frames each. */
static void stacks(void)
{
	unsigned n = 0;

	text(build_bank(100, 0x1000000), (struct lh_render_text_style){0});
	for (const char *at = output; (at = strstr(at, "      #")) != NULL; at++)
		n++;
	CHECK_EQ(n, 8);
}

static void summary(void)
{
	struct lh_ledger *l[2] = {build_bank(100, 0x1000000), build_bank(200, 0x5000000)};

	l[0]->dropped_locks = 3;
	l[1]->table[LH_T_STACK].refused = 2;
	l[1]->searches_cut = 1;
	render("text", l, 2, (struct lh_render_text_style){.next = "lockhound report x.lh"});
	CHECK(contains("seen 2 times in 2 processes"));
	CHECK(contains("\n  in bank[100]\n"));
	CHECK(contains("lockhound: dropped: 3 locks, 2 stacks, 1 cycle search; results may be "
		       "incomplete\n"));
	CHECK(contains(
		"lockhound: 2 processes, 4 locks, 16 operations, 6 threads: 1 finding (1 new) -- "
		"next: lockhound report x.lh\n"));
	render("html", l, 2, (struct lh_render_text_style){0});
	CHECK(contains("<b>dropped: 3 locks, 2 stacks, 1 cycle search; results may be incomplete"));
	CHECK(contains("<th scope=\"row\">accounts <span class=\"dim\">in bank[200]</span></th>"));
	CHECK(contains(
		"seen 2 times in 2 processes</span> <span class=\"dim\">in bank[100]</span>"));
	render("html", l, 1, (struct lh_render_text_style){0});
	CHECK(contains("<th scope=\"row\">accounts</th>"));
	text(build_ledger(5, "/bin/true"), (struct lh_render_text_style){0});
	CHECK_STR(output, "lockhound: 1 process, 0 locks, 0 operations, 0 threads: 0 findings\n");
}

static void filtered(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);

	((struct lh_finding *)build_at(l, LH_T_FINDING, 1))->filter = LH_F_GATE;
	text(l, (struct lh_render_text_style){0});
	CHECK_STR(
		output,
		"lockhound: 1 process, 2 locks, 8 operations, 3 threads: 0 findings, 1 filtered\n");
	text(l, (struct lh_render_text_style){.filtered = true, .locks = true});
	CHECK(contains(
		"filtered (gate): 'accounts' and 'journal' are acquired in conflicting orders"));
	CHECK(contains(
		"because two of the paths hold a common lock and so never run at the same time"));
	CHECK(contains("  T2 'worker-1' acquired 'accounts'\n"));
	CHECK(contains("           5          0         0        0"));
	render("html", &l, 1, (struct lh_render_text_style){.filtered = true});
	CHECK(contains("<summary>1 filtered finding: not in the counts above</summary>"));
	CHECK(contains("filtered (gate) because two of the paths hold a common lock"));
	CHECK(contains(": no findings - lockhound</title>"));
	render("html", &l, 1, (struct lh_render_text_style){0});
	CHECK(!strstr(output, "filtered finding"));
}

/* The five properties of a contended lock, in text and as numbers. */
static void properties(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	const uint64_t waits[] = {2000000, 40000000};
	const lh_lock_id accounts = LH_LOCK_ID(1, 1);
	struct lh_contention *contention = build_contention(l, accounts, 2, waits);
	json_t *o, *lock;

	text(l, (struct lh_render_text_style){.locks = true});
	CHECK(contains("    mutual exclusion  no misuse was seen\n"));
	CHECK(contains("    progress          lock-order "));
	CHECK(contains("the longest wait was 40 ms, 21 ms on average, 99 of 100 below 40 ms; no "
		       "other thread acquired the lock during a wait\n"));
	CHECK(contains("    no busy waiting   no try-lock failed\n"));
	contention->queue = 3;
	contention->bypassed = contention->bypassed_max = 12;
	contention->bypassed_thread = 3;
	contention->overtaken = contention->overtaken_max = 9;
	contention->busy = 1;
	contention->busy_tries = 4096;
	contention->busy_ns = 31000000;
	contention->busy_thread = 2;
	contention->busy_site = LH_SITE(1, LH_TRY, LH_EXCLUSIVE);
	contention->share[0] = (struct lh_thread_share){.thread = 2, .taken = 90};
	contention->share[1] =
		(struct lh_thread_share){.thread = 3, .taken = 10, .waits = 2, .wait_ns = 42000000};
	build_lock_stats(l, build_lock_row(l, accounts))->tries_failed = 5000;
	text(l, (struct lh_render_text_style){.locks = true});
	CHECK(contains(
		"; up to 3 waited at once; other threads acquired the lock up to 12 times "
		"during one wait of T3 'worker-2'; up to 9 times by threads that came later\n"));
	CHECK(contains("5000 try-locks failed, 1 time 100 or more in a row, at most 4096 in 31 ms, "
		       "by T2 'worker-1' at bank+0x1100\n"));
	CHECK(contains("acquired by T2 'worker-1' 90 %, T3 'worker-2' 10 %; T3 'worker-2' waited "
		       "longest in total: 42 ms, for 10 % of the acquisitions\n"));
	render("html", &l, 1, (struct lh_render_text_style){0});
	CHECK(contains("<dt>fairness</dt><dd>acquired by T2 "));
	render("json", &l, 1, (struct lh_render_text_style){0});
	o = json_loads(output, 0, NULL);
	lock = json_array_get(json_object_get(o, "locks"), 0);
	CHECK_EQ(json_integer_value(
			 json_object_get(json_object_get(lock, "passed"), "overtaken_max")),
		 9);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(lock, "busy"), "tries_max")),
		 4096);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(lock, "wait_ns"), "p99")),
		 40000000);
	CHECK_EQ(json_integer_value(json_object_get(lock, "starved")), 3);
	CHECK_EQ(json_array_size(json_object_get(lock, "shares")), 2);
	json_decref(o);
}

/* A thread that waits when the process is recorded: still, or until the process ended. */
static void waiting(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);

	live->state = LH_LIVE_ATTACHED;
	live->thread = 2;
	live->wait_on = LH_WAIT_LOCK;
	live->wait_lock = LH_LOCK_ID(1, 1);
	live->wait_since_ns = 1000000000;
	l->end_ns = 4000000000;
	l->end = LH_END_RUNNING;
	render("html", &l, 1, (struct lh_render_text_style){0});
	CHECK(contains("no wait ended; T2 &#39;worker-1&#39; is still waiting, for 3.0 s so far"));
	l->end = LH_END_EXIT;
	render("html", &l, 1, (struct lh_render_text_style){0});
	CHECK(contains("; T2 &#39;worker-1&#39; was still waiting at the end, for 3.0 s"));
	CHECK(contains("<summary>1 lock for which no thread waited</summary>"));
	CHECK(contains("<th scope=\"row\">accounts</th><td>mutex</td><td class=\"n\">5</td>"
		       "<td class=\"n\">1</td><td class=\"n\" data-n=\"3000000000\">3.0 s</td>"));
	CHECK(contains("<td class=\"n\">1</td><td class=\"n\" data-n=\"3000000000\">3.0 s</td>"
		       "<td class=\"n\" data-n=\"3000000000\">3.0 s</td><td><a href=\"#f"));
	CHECK(!strstr(output, "so far"));
}

/* One wait and one hold that the monitor sampled, for flame graphs and for Perfetto. */
static void folded_and_trace(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	const lh_lock_id accounts = LH_LOCK_ID(1, 1);
	const uint64_t waits[] = {8000000};
	json_t *o, *list, *e;
	size_t at, begun = 0, ended = 0, waited = 0;

	build_contention(l, accounts, 1, waits);
	*(struct lh_wait_pair *)build_row(l, LH_T_WAIT_PAIR, NULL) =
		(struct lh_wait_pair){.lock = accounts,
				      .waiter = LH_SITE(1, 0, 0),
				      .holder = LH_SITE(2, 0, 0),
				      .ns = 20000000};
	*(struct lh_wait_pair *)build_row(l, LH_T_WAIT_PAIR, NULL) =
		(struct lh_wait_pair){.lock = accounts, .holder = LH_SITE(2, 0, 0), .ns = 30000000};
	*(struct lh_span *)build_row(l, LH_T_SPAN, NULL) =
		(struct lh_span){.thread = 2,
				 .lock = accounts,
				 .site = LH_SITE(1, 0, 0),
				 .wait = LH_WAIT_LOCK,
				 .from_ns = 1000000,
				 .to_ns = 9000000};
	*(struct lh_span *)build_row(l, LH_T_SPAN, NULL) = (struct lh_span){
		.thread = 3, .lock = accounts, .from_ns = 500000, .to_ns = 9000000};
	render("folded", &l, 1, (struct lh_render_text_style){0});
	/* the sampled 20 ms of wait are scaled to the exact 8 ms; holds are not scaled */
	CHECK_STR(output,
		  "holding;bank+0x1800;bank+0x1110;[accounts] 30000\n"
		  "waiting;bank+0x1800;bank+0x1100;[accounts];held since bank+0x1110 8000\n");
	render("trace", &l, 1, (struct lh_render_text_style){0});
	o = json_loads(output, 0, NULL);
	list = json_object_get(o, "traceEvents");
	json_array_foreach(list, at, e)
	{
		const char *ph = json_string_value(json_object_get(e, "ph"));
		CHECK(ph && json_is_integer(json_object_get(e, "pid")));
		if (ph && *ph == 'X' &&
		    strcmp(json_string_value(json_object_get(e, "cat")), "wait") == 0) {
			waited++;
			CHECK_STR(json_string_value(json_object_get(e, "name")),
				  "Lock contention on a accounts lock (owner tid: 102)");
			CHECK_EQ(json_integer_value(json_object_get(e, "tid")), 101);
			CHECK_EQ((uint64_t)json_real_value(json_object_get(e, "ts")), 1000);
			CHECK_EQ((uint64_t)json_real_value(json_object_get(e, "dur")), 8000);
		}
		begun += ph && *ph == 'b';
		ended += ph && *ph == 'e';
	}
	CHECK(waited == 1 && begun == 1 && ended == 1);
	json_decref(o);
}

static json_int_t pid_at(json_t *events, const char *name, size_t number)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		json_t *e = json_array_get(events, i);

		if (strcmp(json_string_value(json_object_get(e, "name")), name) == 0 &&
		    number-- == 0)
			return json_integer_value(json_object_get(e, "pid"));
	}
	return -1;
}

/* Two machines have a process 100 each; their clocks have nothing to do with each other. */
static void trace_of_two_machines(void)
{
	struct lh_ledger *l[2];
	const char *const wait = "Lock contention on a accounts lock (owner tid: 102)";
	json_t *o, *events, *e;
	size_t at;
	double first = 0, second = 0;

	for (int i = 0; i < 2; i++) {
		l[i] = build_bank(100, 0x1000000);
		l[i]->start_ns = i ? 5 : 7000000000000;
		l[i]->watched_from_ns = 2000;
		l[i]->start_wall_ns = 1700000000000000000 + 50000000ull * (unsigned)i;
		l[i]->origin.rank = 1 + (unsigned)i;
		*(struct lh_span *)build_row(l[i], LH_T_SPAN, NULL) =
			(struct lh_span){.thread = 2,
					 .lock = LH_LOCK_ID(1, 1),
					 .wait = LH_WAIT_LOCK,
					 .owner = 3,
					 .from_ns = 1002000,
					 .to_ns = 9000000};
	}
	render("trace", l, 2, (struct lh_render_text_style){0});
	o = json_loads(output, 0, NULL);
	events = json_object_get(o, "traceEvents");
	CHECK_EQ(pid_at(events, wait, 0), 100);
	CHECK(pid_at(events, wait, 1) > 4194304);
	CHECK_EQ(pid_at(events, wait, 1), pid_at(events, "process_name", 1));
	CHECK(contains("\"bank, rank 1\""));
	json_array_foreach(events, at, e)
	{
		if (strcmp(json_string_value(json_object_get(e, "name")), wait) != 0)
			continue;
		first = first ? first : json_real_value(json_object_get(e, "ts"));
		second = json_real_value(json_object_get(e, "ts"));
	}
	CHECK_EQ((uint64_t)first, 1002);
	CHECK_EQ((uint64_t)second, 51002);
	json_decref(o);
}

/* Escape sequences in names of threads and locks do not reach the terminal. */
static void hostile(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_thread *t = build_at(l, LH_T_THREAD, 2);

	memcpy(t->name, "\33]0;x\7\n::error\xff", 15);
	memcpy(build_lock_stats(l, build_lock_row(l, LH_LOCK_ID(1, 1)))->name, "\33[2J%s%n</scrip",
	       15);
	text(l, (struct lh_render_text_style){.locks = true});
	CHECK(!strpbrk(output, "\33\7\xff"));
	CHECK(contains("T2 '\\x1b]0;x\\x07\\n::error\\xff'"));
	CHECK(contains("\\x1b[2J%s%n</scrip"));
	CHECK(!strstr(output, "\n::error"));
	render("json", &l, 1, (struct lh_render_text_style){0});
	CHECK(!strpbrk(output, "\33\7\xff"));
	CHECK(contains("\\u001B[2J%s%n</scrip"));
}

static void colours(void)
{
	text(build_bank(100, 0x1000000), (struct lh_render_text_style){.color = true});
	CHECK(contains("\33[1;31merror: \33[0m"));
	unsetenv("CLICOLOR_FORCE");
	unsetenv("FORCE_COLOR");
	setenv("NO_COLOR", "1", 1);
	CHECK(lh_render_text_color("always", stdout) && !lh_render_text_color("never", stdout));
	setenv("CLICOLOR_FORCE", "1", 1);
	CHECK(!lh_render_text_color("auto", stdout)); /* NO_COLOR is checked first */
	setenv("NO_COLOR", "", 1);
	CHECK(lh_render_text_color("", stdout));
	unsetenv("CLICOLOR_FORCE");
	FILE *f = tmpfile();
	CHECK(!lh_render_text_color("auto", f));
	fclose(f);
}

static const char *string_at(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static void check_finding(json_t *f)
{
	json_t *steps = json_object_get(f, "steps"), *frame;

	CHECK_STR(string_at(f, "rule"), "lock-order");
	CHECK_STR(string_at(f, "level"), "potential");
	CHECK_STR(string_at(f, "severity"), "error");
	CHECK_STR(string_at(f, "status"), "new");
	CHECK_EQ(strlen(string_at(f, "fingerprint")), 16);
	CHECK_EQ(json_integer_value(json_object_get(f, "count")), 1);
	CHECK_EQ(json_integer_value(json_object_get(f, "pid")), 100);
	CHECK_EQ(json_array_size(json_object_get(f, "locks")), 2);
	CHECK_EQ(json_array_size(json_object_get(f, "threads")), 2);
	CHECK_EQ(json_array_size(steps), 4);
	CHECK_STR(string_at(json_array_get(steps, 0), "action"), "holds");
	CHECK_STR(string_at(json_array_get(steps, 1), "action"), "wants");
	CHECK_STR(string_at(json_array_get(steps, 1), "mode"), "exclusive");
	frame = json_array_get(json_object_get(json_array_get(steps, 0), "stack"), 0);
	CHECK_STR(string_at(frame, "module"), "/opt/bank");
	CHECK_STR(string_at(frame, "offset"), "0x1100");
	CHECK(!json_object_get(frame, "function") && !json_object_get(frame, "line") &&
	      !json_object_get(frame, "build_id")); /* unknown, so absent */
}

static void json(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	json_t *o, *process, *lock;

	l->end = LH_END_SIGNAL;
	l->end_code = 9;
	struct lh_lock_stats *stats = build_lock_stats(l, build_lock_row(l, LH_LOCK_ID(2, 1)));
	stats->hold_samples = 4;
	stats->hold_ns = 400;
	render("json", &l, 1, (struct lh_render_text_style){0});
	o = json_loads(output, 0, NULL);
	CHECK(o != NULL);
	CHECK_STR(string_at(o, "schema"), "lockhound/1");
	CHECK_STR(string_at(json_object_get(o, "tool"), "name"), "lockhound");
	CHECK_EQ(json_array_size(json_object_get(o, "command")), 2);
	process = json_array_get(json_object_get(o, "processes"), 0);
	CHECK_STR(string_at(process, "end"), "signal 9");
	CHECK_EQ(json_integer_value(json_object_get(process, "acquisitions")), 8);
	CHECK_EQ(json_array_size(json_object_get(o, "findings")), 1);
	check_finding(json_array_get(json_object_get(o, "findings"), 0));
	CHECK_EQ(json_array_size(json_object_get(o, "filtered")), 0);
	CHECK_EQ(json_array_size(json_object_get(o, "locks")), 2);
	lock = json_array_get(json_object_get(o, "locks"), 1);
	CHECK_STR(string_at(lock, "name"), "journal");
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(lock, "hold_ns"), "mean")),
		 100);
	json_decref(o);
}

/* A level and whether it lasts are two fields. */
static void levels(void)
{
	static const struct {
		enum lh_level level;
		const char *name;
		bool lasting;
	} rows[] = {{LH_POTENTIAL, "potential", false},
		    {LH_HAPPENED, "happened", false},
		    {LH_LASTING, "happened", true}};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lh_ledger *l = build_bank(100, 0x1000000);
		json_t *o, *f;

		((struct lh_finding *)build_at(l, LH_T_FINDING, 1))->level = (uint8_t)rows[i].level;
		render("json", &l, 1, (struct lh_render_text_style){0});
		o = json_loads(output, 0, NULL);
		f = json_array_get(json_object_get(o, "findings"), 0);
		CHECK_STR(string_at(f, "level"), rows[i].name);
		CHECK_EQ(json_is_true(json_object_get(f, "lasting")), rows[i].lasting);
		CHECK_EQ(json_object_get(f, "lasting") != NULL, rows[i].lasting);
		CHECK(!json_object_get(f, "proof"));
		json_decref(o);
	}
}

/* A write error (full disk) is returned. */
static void full(void)
{
	struct lh_ledger *l = build_bank(100, 0x1000000);
	struct lh_report *report = lh_report_new((struct lh_report_options){.every_lock = true});
	struct lh_render_text_style style = {0};
	struct lh_ledger_view r;

	build_lock_stats(l, build_lock_row(l, LH_LOCK_ID(1, 1)))->wait_ns =
		1000000; /* something for each format */
	CHECK(lh_read_view(&r, l, l->total));
	lh_report_add_ledger(report, &r);
	lh_report_finish(report);
	for (const struct lh_format *f = lh_render_formats; f->name; f++) {
		FILE *out = fopen("/dev/full", "w");

		CHECK(out && lh_render(f->render, report, &style, out) != 0);
		fclose(out);
	}
	lh_report_free(report);
	CHECK(!lh_render_find("nonsense"));
}

static void snippets(void)
{
	struct lh_arena *p = lh_arena_new();
	struct lh_source_lines s;
	char path[] = "/tmp/test_render.XXXXXX", cwd[4096], inside[4200];
	int fd = mkstemp(path);

	CHECK(write(fd, "one\n\ttwo(x)\r\nthree", 18) == 18);
	lh_source_set_root("/usr");
	CHECK(!lh_source_read(p, path, 2, 5, &s)); /* only its owner may read it */
	CHECK(!fchmod(fd, 0644) && lh_source_read(p, path, 2, 5, &s) && !fchmod(fd, 0600));
	lh_source_set_root("/tmp");
	CHECK(lh_source_read(p, path, 2, 5, &s));
	CHECK(s.first == 1 && s.n == 3 && s.mark == 11);
	CHECK_STR(s.line[0], "one");
	CHECK_STR(s.line[1], "        two(x)");
	CHECK_STR(s.line[2], "three");
	CHECK(lh_source_read(p, path, 1, 0, &s) && s.first == 1 && s.n == 2);
	CHECK(lh_source_read(p, path, 3, 0, &s) && s.first == 2 && s.n == 2);
	CHECK(!lh_source_read(p, path, 4, 0, &s) && !lh_source_read(p, path, 0, 0, &s));
	CHECK(!lh_source_read(p, "/dev/zero", 1, 0, &s) && !lh_source_read(p, "/", 1, 0, &s));
	close(fd);
	unlink(path);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(inside, sizeof(inside), "%s/src/a.c", cwd);
	CHECK_STR(lh_path_last_parts(inside), "src/a.c");
	CHECK_STR(lh_path_last_parts("/elsewhere/a.c"), "/elsewhere/a.c");
	lh_arena_free(p);
}

int main(void)
{
	plain_text();
	stacks();
	summary();
	filtered();
	properties();
	waiting();
	folded_and_trace();
	trace_of_two_machines();
	hostile();
	colours();
	json();
	levels();
	full();
	snippets();
	free(output);
	return unit_done();
}
