/*
 * html.c — the hang report as an HTML page: the findings with the pictures of their schedules, the
 * chains of waits, the locks, and every thread with its locks, its wait and its stack. Parts and
 * style are those of the page of a run (render/html.h).
 */
#include "tools/hang/writer.h"
#include "tools/render/html.h"
#include "tools/render/lanes.h"

#include <time.h>

enum { CHAINS_MAX = 20, LOCKS_MAX = 500, THREADS_MAX = 1000 };

struct page {
	struct lh_html html;
	struct lh_hang_writer g;
};

static const char *text(struct page *p, const char *raw)
{
	return lh_html_text(&p->html, raw);
}

/* ---- the head ---- */

static void fact(struct page *p, const char *name, const char *value)
{
	if (value)
		fprintf(p->g.out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, text(p, value));
}

/* Of a live process; a core does not say when it was written. */
static const char *now(struct page *p)
{
	char date[40];
	time_t t = time(NULL);
	struct tm tm;

	if (p->g.hang->peek->core || !gmtime_r(&t, &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm))
		return NULL;
	return lh_arena_printf(p->g.arena, "%s", date);
}

static void show_head(struct page *p)
{
	const struct lh_hang *h = p->g.hang;

	lh_html_begin(&p->html, lh_hang_result(&p->g));
	fputs("<dl>\n", p->g.out);
	fact(p, "Process",
	     lh_arena_printf(p->g.arena, "%s%d (%s)", h->peek->core ? "core of " : "", h->peek->pid,
			     h->peek->comm));
	fact(p, "Command", p->g.process->command[0] ? p->g.process->command : NULL);
	fact(p, "Inspected", now(p));
	fact(p, "Owners",
	     h->ledger ? "from the library, which was loaded"
		       : "from the bytes of the locks: the library was not loaded");
	fact(p, "Made by", "lockhound " LH_VERSION);
	fputs("</dl>\n", p->g.out);
	if (p->g.report->notes)
		fputs("<ul class=\"notes\">\n", p->g.out);
	for (uint32_t i = 0; i < p->g.report->notes; i++)
		fprintf(p->g.out, "<li>note: %s</li>\n", text(p, p->g.report->note[i]));
	fputs(p->g.report->notes ? "</ul>\n</header>\n" : "</header>\n", p->g.out);
}

static void show_findings(struct page *p)
{
	if (!p->g.report->findings) {
		fputs("<p>No deadlock: the chains of waits end with threads that can continue, or "
		      "with waits that no lock explains.</p>\n",
		      p->g.out);
		return;
	}
	lh_html_list(&p->html);
	for (uint32_t i = 0; i < p->g.report->findings && i < LH_HTML_FINDINGS; i++)
		lh_html_finding(&p->html, p->g.report->finding[i]);
}

/* ---- chains of waits ---- */

/* A thread, the one that it waits for, and so on: each thread once. */
struct chain {
	uint32_t thread[LH_LANES_MAX], n;
	bool closed; /* the last one waits for a thread of the chain */
	bool cut;    /* the last one waits for one more thread */
};

static bool has_thread(const struct chain *c, uint32_t thread)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->thread[i] == thread)
			return true;
	return false;
}

static struct chain follow(const struct lh_hang *h, uint32_t thread)
{
	struct chain c = {.thread = {thread}, .n = 1};

	while (h->thread[thread].waiting && h->thread[thread].n_blockers) {
		thread = h->thread[thread].blockers[0];
		c.closed = has_thread(&c, thread);
		c.cut = !c.closed && c.n == LH_LANES_MAX;
		if (c.closed || c.cut)
			break;
		c.thread[c.n++] = thread;
	}
	return c;
}

static const char *place_of(struct page *p, lh_stack_id stack)
{
	return lh_view_at(p->html.v,
			  lh_report_place(lh_report_get_stack(p->g.report, p->g.process, stack)));
}

/* What the next thread of the chain waits for is what this one holds. */
static void add_hold(struct page *p, struct lh_lane_step **step, uint32_t *n, uint32_t lane,
		     uint32_t thread, lh_lock_id lock)
{
	const struct lh_hang_hold *hold = lh_hang_hold_of(p->g.hang, thread, lock);
	struct lh_lane_step a = {.lane = lane, .kind = LH_LANE_ACQUIRES};

	a.text = lh_hang_is_lock(&p->g, lock) ? lh_arena_printf(p->g.arena, "acquires %s",
								lh_hang_lock_text(&p->g, lock))
					      : "is still running";
	a.place = hold ? place_of(p, LH_SITE_STACK(hold->site)) : NULL;
	LH_PUSH(p->g.arena, *step, *n, a);
}

static const char *wait_text(struct page *p, uint32_t thread)
{
	const struct lh_hang_thread *t = &p->g.hang->thread[thread];
	const char *target = lh_kind_acts(t->wait.kind) == LH_COND ? "on" : "for";

	if (!t->waiting)
		return lh_hang_activity_text(&p->g, t);
	return t->lock ? lh_arena_printf(p->g.arena, "waits %s %s", target,
					 lh_hang_lock_text(&p->g, t->lock))
		       : lh_arena_printf(p->g.arena, "waits %s", lh_hang_wait_target(&p->g, t));
}

/* Only threads of the inspected process have a number in it. */
static struct lh_lane head_of(struct page *p, uint32_t thread)
{
	const struct lh_hang_thread *t = &p->g.hang->thread[thread];
	const struct lh_report_thread *r = lh_report_get_thread(p->g.report, p->g.process, t->id);
	const char *label = r && !r->foreign_tid ? lh_arena_printf(p->g.arena, "T%u", r->id)
						 : lh_arena_printf(p->g.arena, "%d", t->tid);

	return (struct lh_lane){
		.head = label, .label = label, .name = lh_hang_thread_text(&p->g, thread)};
}

/* First what each thread holds, the last thread of the chain first, then what each does. */
static void draw_chain(struct page *p, const struct chain *c)
{
	const struct lh_hang *h = p->g.hang;
	struct lh_lanes s = {.title = "A chain of waits", .lanes = c->n};
	struct lh_lane lane[LH_LANES_MAX];
	struct lh_lane_step *step = NULL;

	for (uint32_t i = 0; i < c->n; i++)
		lane[i] = head_of(p, c->thread[i]);
	for (uint32_t i = c->n; i-- > 1;)
		add_hold(p, &step, &s.steps, i, c->thread[i], h->thread[c->thread[i - 1]].lock);
	for (uint32_t i = c->n; i-- > 0;) {
		struct lh_lane_step a = {
			.lane = i,
			.kind = h->thread[c->thread[i]].waiting ? LH_LANE_WAITS : LH_LANE_OTHER,
			.text = wait_text(p, c->thread[i]),
			.place = place_of(p, h->thread[c->thread[i]].stack),
			.owner = i + 1 < c->n ? c->n - 1 - i : 0,
		};

		LH_PUSH(p->g.arena, step, s.steps, a);
	}
	s.lane = lane;
	s.step = step;
	fputs("<figure><div class=\"scroll\" role=\"group\" tabindex=\"0\" "
	      "aria-label=\"picture of the chain\">\n",
	      p->g.out);
	lh_lanes_svg(p->html.v, &s, false);
	fputs("</div></figure>\n", p->g.out);
}

static void link_thread(struct page *p, uint32_t thread)
{
	fprintf(p->g.out, "<a href=\"#t%u\">%s</a>", thread,
		text(p, lh_hang_thread_text(&p->g, thread)));
}

/* "T1 waits for 'a', held by T2; T2 sleeps": each thread with its wait. */
static void show_chain(struct page *p, const struct chain *c, const uint32_t *same, uint32_t n)
{
	const struct lh_hang *h = p->g.hang;
	bool held = false; /* what the thread before waits for is a lock */

	fputs("<li>\n<p>", p->g.out);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct lh_hang_thread *t = &h->thread[c->thread[i]];

		fputs(!i ? "" : held ? ", held by " : "; ", p->g.out);
		link_thread(p, c->thread[i]);
		fprintf(p->g.out, "%s %s", i && held ? ", which" : "",
			text(p, wait_text(p, c->thread[i])));
		held = lh_hang_is_lock(&p->g, t->lock);
		if (i + 1 == c->n && t->waiting)
			fputs(text(p, lh_hang_wait_reason(t, h->node[c->thread[i]].deadlocked)),
			      p->g.out);
	}
	fputs(c->closed ? ": a cycle</p>\n" : c->cut ? ", and so on</p>\n" : "</p>\n", p->g.out);
	if (n)
		fprintf(p->g.out, "<p class=\"dim\">The same wait: %s</p>\n",
			text(p, lh_hang_thread_list(&p->g, same, n)));
	if (c->n > 1 && !c->closed)
		draw_chain(p, c);
	fputs("</li>\n", p->g.out);
}

/* Threads that wait, and for whose sake no other thread waits: the chains begin there. */
static bool begins_chain(const struct lh_hang *h, const bool *waited_for, uint32_t i)
{
	const struct lh_hang_thread *t = &h->thread[i];

	return t->waiting && t->unchanged && !waited_for[i] &&
	       (t->n_blockers || h->node[i].deadlocked || lh_hang_may_be_lost(h, i));
}

/* Threads with the same wait as the first of them; that one begins the chain. */
static uint32_t same_waits(const struct lh_hang *h, const bool *waited_for, bool *done, uint32_t i,
			   uint32_t *list)
{
	uint32_t n = 0;

	if (!begins_chain(h, waited_for, i))
		return 0;
	for (uint32_t k = i; k < h->threads; k++)
		if (!done[k] && begins_chain(h, waited_for, k) &&
		    lh_hang_same_wait(&h->thread[i], &h->thread[k])) {
			done[k] = true;
			list[n++] = k;
		}
	return n;
}

static void show_chains(struct page *p)
{
	const struct lh_hang *h = p->g.hang;
	bool *waited_for = lh_arena_alloc(p->g.arena, h->threads + 1);
	bool *done = lh_arena_alloc(p->g.arena, h->threads + 1);
	uint32_t *list = lh_arena_alloc(p->g.arena, (h->threads + 1) * sizeof(*list)), shown = 0;

	for (uint32_t i = 0; i < h->threads; i++)
		for (uint32_t k = 0; k < h->thread[i].n_blockers; k++)
			waited_for[h->thread[i].blockers[k]] = true;
	fputs("<ol class=\"list\">\n", p->g.out);
	for (uint32_t i = 0; i < h->threads; i++) {
		uint32_t n = same_waits(h, waited_for, done, i, list);

		if (n && shown++ < CHAINS_MAX) {
			struct chain c = follow(h, i);

			show_chain(p, &c, list + 1, n - 1);
		}
	}
	fputs("</ol>\n", p->g.out);
	if (!shown)
		fputs("<p>No thread outside of the findings waits for another one.</p>\n",
		      p->g.out);
	else if (shown > CHAINS_MAX)
		fprintf(p->g.out,
			"<p>%u more waits are not listed here; the threads are below.</p>\n",
			shown - CHAINS_MAX);
}

/* ---- locks ---- */

static void show_lock(struct page *p, lh_lock_id id)
{
	const struct lh_hang *h = p->g.hang;
	const struct lh_report_lock *lock = lh_report_get_lock(p->g.report, p->g.process, id);
	uint64_t address = lh_lock_address(&lock->row);
	uint32_t waiters = 0, holders = 0;

	fprintf(p->g.out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>",
		text(p, lh_hang_lock_text(&p->g, id)), text(p, lock->kind_text));
	for (uint32_t i = 0; i < h->holds; i++)
		if (h->hold[i].lock == id) {
			fputs(holders++ ? ", " : "", p->g.out);
			link_thread(p, h->hold[i].thread);
		}
	for (uint32_t i = 0; i < h->threads; i++)
		waiters += h->thread[i].waiting && h->thread[i].lock == id;
	fputs("</td>", p->g.out);
	lh_html_cell_number(&p->html, waiters);
	lh_html_cell(&p->html, address ? lh_hang_address_text(h, p->g.arena, address) : NULL);
	fputs("</tr>\n", p->g.out);
}

/* Every lock that a thread holds or waits for, once. */
static void show_locks(struct page *p)
{
	static const char *const columns[] = {"lock",    "kind", "held by", "#waiting threads",
					      "address", NULL};
	const struct lh_hang *h = p->g.hang;
	struct lh_map seen = {0};
	uint32_t n = 0;

	lh_html_search(&p->html, "locks", h->holds);
	lh_html_table_begin(&p->html, "Locks that a thread holds or waits for.", columns);
	for (uint32_t i = 0; i < h->holds + h->threads; i++) {
		lh_lock_id id = i < h->holds ? h->hold[i].lock : h->thread[i - h->holds].lock;
		bool *known;

		if ((i >= h->holds && !h->thread[i - h->holds].waiting) ||
		    !lh_hang_is_lock(&p->g, id))
			continue;
		known = lh_map_get(&seen, p->g.arena, &id, sizeof(id), sizeof(*known));
		if (!*known && n++ < LOCKS_MAX)
			show_lock(p, id);
		*known = true;
	}
	lh_html_table_end(&p->html);
	if (n > LOCKS_MAX)
		fprintf(p->g.out, "<p>%u more locks are not listed.</p>\n", n - LOCKS_MAX);
}

/* ---- threads ---- */

static const char *state_of(const struct lh_hang *h, uint32_t i)
{
	return !h->thread[i].waiting ? "runs" : h->node[i].deadlocked ? "waits forever" : "waits";
}

static void show_stack(struct page *p, lh_stack_id id, const char *label)
{
	const struct lh_report_stack *stack = lh_report_get_stack(p->g.report, p->g.process, id);

	lh_html_source(&p->html, lh_report_place(stack), label);
	lh_html_stack(&p->html, stack);
}

static void show_holds(struct page *p, uint32_t thread)
{
	const struct lh_hang *h = p->g.hang;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->holds; i++) {
		const struct lh_hang_hold *a = &h->hold[i];
		const char *at, *what;

		if (a->thread != thread || !lh_hang_is_lock(&p->g, a->lock) ||
		    n++ >= LH_HOLDS_SHOWN)
			continue;
		what = lh_arena_printf(p->g.arena, "holds %s%s", lh_hang_mode_text(&p->g, a),
				       lh_hang_lock_text(&p->g, a->lock));
		at = lh_hang_at(&p->g, LH_SITE_STACK(a->site));
		fprintf(p->g.out, "<li><p>%s%s%s%s%s</p>\n", text(p, what), a->ns ? " for " : "",
			a->ns ? lh_report_time(p->g.report, a->ns) : "", at[0] ? ", acquired" : "",
			at[0] ? text(p, at + 1) : "");
		show_stack(p, LH_SITE_STACK(a->site), "acquired here");
		fputs("</li>\n", p->g.out);
	}
	if (n > LH_HOLDS_SHOWN)
		fprintf(p->g.out, "<li><p>holds %s</p>\n</li>\n",
			lh_hang_plural(&p->g, n - LH_HOLDS_SHOWN, "more lock", "more locks"));
}

/* What the thread waits for or does, with its place and its stack. */
static void show_wait(struct page *p, uint32_t i)
{
	const struct lh_hang_thread *t = &p->g.hang->thread[i];
	const char *what =
		t->waiting
			? lh_arena_printf(p->g.arena, "waits %s%s%s", lh_hang_wait_target(&p->g, t),
					  lh_hang_wait_reason(t, p->g.hang->node[i].deadlocked),
					  t->wait.timed ? ", with a time limit" : "")
			: lh_hang_activity_text(&p->g, t);

	fprintf(p->g.out, "<li><p>%s%s%s%s</p>\n", text(p, what),
		t->waiting && t->ns ? ", for " : "",
		t->waiting && t->ns ? lh_report_time(p->g.report, t->ns) : "",
		text(p, lh_hang_at(&p->g, t->stack)));
	show_stack(p, t->stack, t->waiting ? "waits here" : "is here");
	fputs("</li>\n", p->g.out);
}

static void show_threads_of(struct page *p, const uint32_t *list, uint32_t n)
{
	const struct lh_hang *h = p->g.hang;
	uint32_t i = list[0];

	fprintf(p->g.out,
		"<article class=\"finding%s\" id=\"t%u\" aria-labelledby=\"ht%u\">\n<h3 "
		"id=\"ht%u\">%s</h3>\n<p class=\"facts\"><b class=\"tag\">%s</b></p>\n",
		h->node[i].deadlocked ? " error" : "", i, i, i,
		n == 1 ? text(p, lh_hang_thread_text(&p->g, i))
		       : lh_hang_plural(&p->g, n, "thread", "threads"),
		n > 1 ? lh_arena_printf(p->g.arena, "each %s", state_of(h, i)) : state_of(h, i));
	if (n > 1) {
		fputs("<p>", p->g.out);
		for (uint32_t k = 0; k < n && k < THREADS_MAX; k++) {
			if (k)
				fprintf(p->g.out, ", <span id=\"t%u\">", list[k]);
			fprintf(p->g.out, "%s%s", text(p, lh_hang_thread_text(&p->g, list[k])),
				k ? "</span>" : "");
		}
		fputs("</p>\n", p->g.out);
	}
	fputs("<ul>\n", p->g.out);
	if (n == 1)
		show_holds(p, i);
	show_wait(p, i);
	fputs("</ul></article>\n", p->g.out);
}

/* Deadlocked threads, then those that wait, then the others. */
static void show_threads(struct page *p)
{
	const struct lh_hang *h = p->g.hang;
	bool *done = lh_arena_alloc(p->g.arena, h->threads + 1);
	uint32_t *list = lh_arena_alloc(p->g.arena, (h->threads + 1) * sizeof(*list)), shown = 0,
		 left = 0;

	for (int rank = 0; rank < 3; rank++)
		for (uint32_t i = 0; i < h->threads; i++) {
			int own = h->node[i].deadlocked ? 0 : h->thread[i].waiting ? 1 : 2;
			uint32_t n;

			if (done[i] || h->thread[i].ended || own != rank)
				continue;
			n = lh_hang_gather(&p->g, i, done, list, true);
			if (shown++ < THREADS_MAX)
				show_threads_of(p, list, n);
			else
				left += n;
		}
	if (left)
		fprintf(p->g.out, "<p>%u more threads are not shown.</p>\n", left);
}

/* ---- the page ---- */

static void show_rules(struct page *p)
{
	lh_html_rules(&p->html);
}

static const struct {
	const char *id, *title;
	void (*show)(struct page *);
} parts[] = {
	{"findings", "Findings", show_findings}, {"waits", "Chains of waits", show_chains},
	{"locks", "Locks", show_locks},          {"threads", "Threads", show_threads},
	{"rules", "Rules", show_rules},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* Without findings there are no rules to explain. */
static int parts_of(const struct page *p)
{
	return p->g.report->findings ? PARTS : PARTS - 1;
}

void lh_hang_html(struct lh_view *v)
{
	const struct lh_hang_page *page = v->style->with;
	struct page p = {.html = {.v = v},
			 .g = {.hang = page->hang,
			       .report = page->report,
			       .process = lh_report_get_process(page->report, page->ledger),
			       .style = *v->style,
			       .arena = v->arena,
			       .out = v->out}};

	show_head(&p);
	fputs("<nav aria-label=\"parts of the page\">\n", v->out);
	for (int i = 0; i < parts_of(&p); i++)
		fprintf(v->out, "<a href=\"#%s\">%s</a>\n", parts[i].id, parts[i].title);
	fputs("<button type=\"button\" id=\"all\" hidden=\"\">Open all stacks</button>\n</nav>\n"
	      "<main>\n",
	      v->out);
	for (int i = 0; i < parts_of(&p); i++) {
		fprintf(v->out,
			"<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 "
			"id=\"%s-title\">%s</h2>\n",
			parts[i].id, parts[i].id, parts[i].id, parts[i].title);
		parts[i].show(&p);
		fputs("</section>\n", v->out);
	}
	lh_html_end(&p.html);
}
