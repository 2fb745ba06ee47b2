/* test_lanes.c — tests the picture of a schedule: the lanes of cycles, their text and their SVG,
 * with long and hostile names.
 * LINKS: tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/render/lanes.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/render/view.h"
#include "tools/util/text_width.h"

static char *output;
static size_t length;

struct scene {
	struct lh_ledger_view ledger;
	struct lh_report *report;
	struct lh_view view;
	struct lh_lanes lanes;
};

/* The lanes of the ledger's first finding. */
static struct scene open_scene(struct lh_ledger *l)
{
	static const struct lh_render_text_style style;
	struct scene s = {.report = lh_report_new((struct lh_report_options){.every_lock = true})};

	CHECK(lh_read_view(&s.ledger, l, l->total));
	lh_report_add_ledger(s.report, &s.ledger);
	lh_report_finish(s.report);
	free(output);
	s.view = lh_view_open(s.report, &style, open_memstream(&output, &length));
	s.lanes = lh_lanes_of_finding(&s.view, s.report->finding[0]);
	return s;
}

static void close_scene(struct scene *s)
{
	FILE *out = s->view.out;

	CHECK_EQ(lh_view_close(&s->view), 0);
	fclose(out);
	lh_report_free(s->report);
}

/* n threads, each of which holds lock i and wants the next one. */
static struct lh_ledger *ring(uint32_t n, const char *thread, const char *lock)
{
	struct lh_ledger *l = build_ledger(100, "/opt/ring");
	lh_lock_id id[32];

	build_thread(l, 100, "main");
	for (uint32_t i = 0; i < n; i++) {
		char name[LH_LOCK_NAME_MAX];

		snprintf(name, sizeof(name), "%s%u", lock, i);
		build_thread(l, 101 + (int)i, thread);
		id[i] = build_lock(l, LH_MUTEX, 0x4000 + 64ull * i, name);
	}
	build_finding(l, LH_RULE_LOCK_ORDER, LH_POTENTIAL, LH_ERROR);
	for (uint32_t i = 0; i < n; i++) {
		build_step(l, 2 + i, id[i], LH_SITE(0, LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
		build_step(l, 2 + i, id[(i + 1) % n], LH_SITE(0, LH_BLOCKING, LH_EXCLUSIVE),
			   LH_WANTS);
	}
	return l;
}

static bool contains(const char *what)
{
	if (strstr(output, what))
		return true;
	printf("no \"%s\" in:\n%s", what, output);
	return false;
}

static unsigned occurrences(const char *what)
{
	unsigned n = 0;

	for (const char *at = output; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void two_threads(void)
{
	struct scene s = open_scene(build_bank(100, 0x1000000));
	const struct lh_lane_step *a = s.lanes.step;

	CHECK_EQ(s.lanes.lanes, 2);
	CHECK_EQ(s.lanes.steps, 4);
	CHECK_STR(s.lanes.lane[0].head, "T2");
	CHECK_STR(s.lanes.lane[1].name, "T3 'worker-2'");
	CHECK_STR(a[0].text, "acquires 'accounts'");
	CHECK_STR(a[0].place, "bank+0x1100");
	CHECK_EQ(a[0].kind, LH_LANE_ACQUIRES);
	CHECK_STR(a[2].text, "waits for 'journal'");
	CHECK_EQ(a[2].lane, 0);
	CHECK_EQ(a[2].owner, 2);
	CHECK_EQ(a[3].owner, 1);
	CHECK_STR(s.lanes.end, "neither continues");
	lh_lanes_text(s.view.arena, s.view.out, &s.lanes, 80);
	close_scene(&s);
	CHECK_STR(output,
		  "    T2 'worker-1'                          T3 'worker-2'\n"
		  " 1  acquires 'accounts'  bank+0x1100       .\n"
		  " 2  |                                      acquires 'journal'  bank+0x1120\n"
		  " 3  waits for 'journal' (step 2)           |\n"
		  "    bank+0x1110                            |\n"
		  " 4  :                                      waits for 'accounts' (step 1)\n"
		  "    :                                      bank+0x1130\n"
		  "    neither continues\n");
}

static void no_cycle(void)
{
	struct lh_ledger *l = build_ledger(100, "/opt/one");
	struct scene s;

	build_thread(l, 100, "main");
	build_finding(l, LH_RULE_UNLOCK_NOT_HELD, LH_HAPPENED, LH_ERROR);
	build_step(l, 1, build_lock(l, LH_MUTEX, 0x4000, "m"), 0, LH_RELEASES);
	s = open_scene(l);
	CHECK_EQ(s.lanes.lanes, 0);
	lh_lanes_text(s.view.arena, s.view.out, &s.lanes, 80);
	lh_lanes_svg(&s.view, &s.lanes, true);
	close_scene(&s);
	CHECK_STR(output, "");
}

/* Six threads have a lane each; of eleven, the middle ones share a lane and a step each way. */
static void folded(void)
{
	struct scene s = open_scene(ring(6, "", "l"));

	CHECK_EQ(s.lanes.lanes, 6);
	CHECK_EQ(s.lanes.steps, 12);
	close_scene(&s);
	s = open_scene(ring(11, "", "l"));
	CHECK_EQ(s.lanes.lanes, 6);
	CHECK_EQ(s.lanes.steps, 12);
	CHECK_STR(s.lanes.lane[3].head, "+6");
	CHECK_STR(s.lanes.step[3].text, "each acquire a lock");
	CHECK_STR(s.lanes.step[8].text, "waits for 'l3'");
	CHECK_EQ(s.lanes.step[8].owner, 4);
	CHECK_STR(s.lanes.step[9].text, "each wait for the next of them");
	CHECK_EQ(s.lanes.step[9].owner, 5);
	CHECK_EQ(s.lanes.step[11].owner, 1);
	lh_lanes_text(s.view.arena, s.view.out, &s.lanes, 80); /* too narrow for six columns */
	close_scene(&s);
	CHECK(contains(" 4  6 more threads each acquire a lock\n"));
	CHECK(contains("12  T12 waits for 'l0' (step 1)\n"));
}

/* Threads that do the same, and no cycle: the folded ones do so, too. A signaller that is stuck
 * never signals; both of its parts are in one lane. */
static void no_ring(void)
{
	struct lh_ledger *l = build_ledger(100, "/opt/pool");
	lh_lock_id lock, cond;
	struct scene s;

	for (int i = 0; i < 10; i++)
		build_thread(l, 100 + i, "");
	lock = build_lock(l, LH_SEM, 0x4000, "permits");
	build_finding(l, LH_RULE_POOL_DEADLOCK, LH_HAPPENED, LH_ERROR);
	for (lh_thread_id i = 2; i < 11; i++) {
		build_step(l, i, lock, LH_SITE(0, LH_BLOCKING, LH_PERMIT), LH_HOLDS);
		build_step(l, i, lock, LH_SITE(0, LH_BLOCKING, LH_PERMIT), LH_WAITS_FOR);
	}
	s = open_scene(l);
	CHECK_EQ(s.lanes.lanes, 6);
	CHECK_STR(s.lanes.step[3].text, "acquire, too");
	CHECK_STR(s.lanes.step[9].text, "wait, too");
	CHECK_EQ(s.lanes.step[11].owner, 1);
	close_scene(&s);
	l = build_ledger(100, "/opt/wait");
	for (int i = 0; i < 3; i++)
		build_thread(l, 100 + i, "");
	lock = build_lock(l, LH_MUTEX, 0x4000, "m");
	cond = build_lock(l, LH_COND, 0x4040, "c");
	build_finding(l, LH_RULE_COND_WAIT_HOLDING, LH_POTENTIAL, LH_ERROR);
	build_step(l, 2, lock, 0, LH_HOLDS);
	build_step(l, 2, cond, 0, LH_WAITS_FOR);
	build_step(l, 3, lock, 0, LH_WANTS);
	build_step(l, 3, cond, 0, LH_CALLS);
	s = open_scene(l);
	CHECK_EQ(s.lanes.lanes, 2);
	CHECK_EQ(s.lanes.step[1].owner, 0);
	CHECK_EQ(s.lanes.step[2].owner, 1);
	CHECK_STR(s.lanes.step[3].text, "never signals 'c'");
	CHECK_EQ(s.lanes.step[3].kind, LH_LANE_OTHER);
	close_scene(&s);
}

/* An arrow that would meet a step of a lane between bends around it; another one is straight. */
static void bends(void)
{
	static const struct lh_lane lane[] = {{"1", "a", NULL}, {"2", "b", NULL}, {"3", "c", NULL}};
	struct lh_lane_step step[] = {{0, LH_LANE_ACQUIRES, "locks", NULL, 0},
				      {1, LH_LANE_OTHER, "forks", NULL, 0},
				      {2, LH_LANE_WAITS, "waits", NULL, 1}};
	struct lh_lanes lanes = {.title = "", .lane = lane, .lanes = 3, .step = step, .steps = 3};
	struct scene s;

	for (int met = 0; met < 2; met++) {
		step[1].lane = met ? 1 : 0;
		s = open_scene(build_bank(100, 0x1000000));
		lh_lanes_svg(&s.view, &lanes, false);
		close_scene(&s);
		CHECK_EQ(occurrences("Q"), met ? 2 : 0); /* the arrow and the gap around it */
	}
}

static void one_thread(void)
{
	struct lh_ledger *l = build_ledger(100, "/opt/one");
	lh_lock_id m;
	struct scene s;

	build_thread(l, 100, "main");
	m = build_lock(l, LH_MUTEX, 0x4000, "m");
	build_finding(l, LH_RULE_SELF_DEADLOCK, LH_HAPPENED, LH_ERROR);
	build_step(l, 1, m, 0, LH_HOLDS);
	build_step(l, 1, m, 0, LH_WAITS_FOR);
	s = open_scene(l);
	CHECK_EQ(s.lanes.lanes, 1);
	CHECK_EQ(s.lanes.steps, 2);
	CHECK_EQ(s.lanes.step[1].owner, 1);
	lh_lanes_svg(&s.view, &s.lanes, false);
	close_scene(&s);
	CHECK(contains("waits for &apos;m&apos;"));
	CHECK_EQ(occurrences("class=\"lp-gap\""), 1);
}

/* No line of a step is wider than the picture, and what was shortened is in a title. */
static void check_lines(void)
{
	for (const char *at = output; (at = strstr(at, "<tspan x=\"")) != NULL; at++) {
		uint32_t x = (uint32_t)strtoul(at + 10, NULL, 10), width;
		const char *text = strchr(at, '>') + 1;
		size_t n = strcspn(text, "<");
		char *line = strndup(text, n);

		width = lh_text_width(line);
		for (const char *e = line; (e = strchr(e, '&')) != NULL; e++)
			width -= (uint32_t)strcspn(e, ";"); /* an entity is one column */
		if (x + width * 732 / 100 > 340)
			printf("too wide at %u: %s\n", x, line);
		CHECK(x + width * 732 / 100 <= 340);
		free(line);
	}
}

static void long_names(void)
{
	static const char lock[] =
		"trading::Book<std::basic_string<char>,trading::Order>::mutex_of_all";
	struct scene s;

	for (uint32_t n = 2; n <= 8; n += 3) {
		s = open_scene(ring(n, "a-thread-of-fif", lock));
		lh_lanes_svg(&s.view, &s.lanes, n == 2);
		close_scene(&s);
		check_lines();
		CHECK(contains("…"));
		CHECK(contains("<title>T2 &apos;a-thread-of-fif&apos; acquires "
			       "&apos;trading::Book&lt;std::"));
		CHECK(contains("role=\"img\""));
		CHECK(contains("<desc>1: T2 "));
	}
}

static void hostile_names(void)
{
	struct scene s =
		open_scene(ring(2, "</text><script>", "]]>\33[31m\xff\"'&\n\xe2\x80\xae<b>"));

	lh_lanes_svg(&s.view, &s.lanes, true);
	fflush(s.view.out);
	CHECK(!strstr(output, "<script"));
	CHECK_EQ(occurrences("</svg>"), 1);
	lh_lanes_text(s.view.arena, s.view.out, &s.lanes, 100);
	close_scene(&s);
	CHECK(!strchr(output, '\33'));
	CHECK(!strchr(output, '\xff'));
	CHECK(!strstr(output, "\xe2\x80\xae"));
}

int main(void)
{
	two_threads();
	no_cycle();
	folded();
	no_ring();
	bends();
	one_thread();
	long_names();
	hostile_names();
	free(output);
	return unit_done();
}
