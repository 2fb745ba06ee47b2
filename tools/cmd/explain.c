/* explain.c — lockhound explain: prints a rule's meaning, a wrong example and a right one, with the
 * schedule by which threads get stuck; or what a verdict of lockhound confirm means. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/cmd/schedules.h"
#include "tools/render/html.h"
#include "tools/util/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Shortened C: declarations and error checks are left out. Without a wrong program, the schedule
 * (schedules.c) shows it. */
/* Each line is one printed line. */
/* clang-format off */
static const struct {
	const char *wrong, *right;
} lessons[LH_RULES] = {
	[LH_RULE_LOCK_ORDER] = {
		NULL,
		"both threads:\n"
		"  lock(&accounts);               /* always first */\n"
		"  lock(&journal);\n"
		"for two locks of the same kind, use a fixed order, such as their addresses:\n"
		"  lock(from < to ? &from->m : &to->m);\n"
		"  lock(from < to ? &to->m : &from->m);\n"
		"an extension module of Python, which is called with the GIL:\n"
		"  Py_BEGIN_ALLOW_THREADS lock(&table); ... unlock(&table); Py_END_ALLOW_THREADS\n" },
	[LH_RULE_DEADLOCK] = {
		NULL,
		"as for lock-order: one order everywhere. End the deadlocked program; the report\n"
		"shows which acquisitions to reorder.\n" },
	[LH_RULE_SELF_DEADLOCK] = {
		"void add(int n)  { lock(&m); total += n; unlock(&m); }\n"
		"void twice(int n) { lock(&m); add(n); add(n); unlock(&m); }   /* add waits for this thread */\n",
		"static void add_locked(int n) { total += n; }       /* the caller holds m */\n"
		"void add(int n)  { lock(&m); add_locked(n); unlock(&m); }\n"
		"void twice(int n) { lock(&m); add_locked(n); add_locked(n); unlock(&m); }\n" },
	[LH_RULE_POOL_DEADLOCK] = {
		"sem_init(&pool, 0, 3);\n"
		"void task(void) { sem_wait(&pool); sem_wait(&pool); work(); ... }   /* two permits each */\n"
		"three tasks take one permit each; all three wait for a second one\n",
		"lock(&take_two); sem_wait(&pool); sem_wait(&pool); unlock(&take_two);\n"
		"   /* only one task at a time holds a permit and acquires another */\n"
		"or a task that needs two permits acquires one pair: sem_init(&pairs, 0, 1);\n" },
	[LH_RULE_COND_WAIT_HOLDING] = {
		NULL,
		"waiter:\n"
		"  unlock(&config);               /* before the wait, not after it */\n"
		"  while (!ready) wait(&c, &m);\n" },
	[LH_RULE_COND_WAIT_UNLOCKED] = {
		"if (!ready)\n"
		"  pthread_cond_wait(&c, &m);     /* m is not held: the signal can come just before */\n",
		"pthread_mutex_lock(&m);\n"
		"while (!ready)\n"
		"  pthread_cond_wait(&c, &m);\n"
		"pthread_mutex_unlock(&m);\n" },
	[LH_RULE_UNLOCK_NOT_OWNER] = {
		NULL,
		"thread 1:                      thread 2:\n"
		"  start_work();                  ...\n"
		"  sem_wait(&done);               sem_post(&done);\n" },
	[LH_RULE_UNLOCK_NOT_HELD] = {
		"lock(&m);\n"
		"if (empty()) { unlock(&m); report(); }   /* no return here */\n"
		"unlock(&m);                              /* a second time */\n",
		"lock(&m);\n"
		"bool none = empty();\n"
		"unlock(&m);\n"
		"if (none) report();\n" },
	[LH_RULE_DESTROY_HELD] = {
		"void session_free(struct session *s)\n"
		"{\n"
		"  pthread_mutex_destroy(&s->m);   /* a worker is still inside */\n"
		"  free(s);\n"
		"}\n",
		"remove the session from every list, wait until its last user has finished\n"
		"(count users, or join the workers), then destroy and free the session\n" },
	[LH_RULE_EXIT_HOLDING] = {
		"void *worker(void *arg)\n"
		"{\n"
		"  lock(&m);\n"
		"  if (stop) return NULL;          /* or pthread_exit, or a cancelled read() */\n"
		"  ...\n",
		"  lock(&m);\n"
		"  if (stop) { unlock(&m); return NULL; }\n"
		"and where the thread can be cancelled:\n"
		"  pthread_cleanup_push(unlock, &m); ... pthread_cleanup_pop(1);\n" },
	[LH_RULE_FORK_HOLDING] = {
		"if (fork() == 0)\n"
		"  log_line(\"child\");               /* locks log, which another thread holds at that moment */\n",
		"exec at once in the child (posix_spawn does), or fork before threads start, or\n"
		"  pthread_atfork(lock_log, unlock_log, unlock_log);\n" },
	[LH_RULE_ORDER_POLICY] = {
		"declared: accounts before journal\n"
		"  lock(&journal);\n"
		"  lock(&accounts);               /* breaks the declared order, even if this is the only place */\n",
		"  lock(&accounts);\n"
		"  lock(&journal);\n" },
	[LH_RULE_LONG_HOLD] = {
		"lock(&cache);\n"
		"value = ask_the_server(key);     /* a second */\n"
		"put(key, value);\n"
		"unlock(&cache);\n",
		"value = ask_the_server(key);     /* no thread waits for this */\n"
		"lock(&cache);\n"
		"put(key, value);\n"
		"unlock(&cache);\n" },
	[LH_RULE_BLOCKING_CALL] = {
		"lock(&queue);\n"
		"read(fd, buffer, sizeof(buffer));   /* until another process sends data */\n"
		"unlock(&queue);\n",
		"read(fd, buffer, sizeof(buffer));\n"
		"lock(&queue);\n"
		"append(buffer);\n"
		"unlock(&queue);\n" },
	[LH_RULE_LOST_SIGNAL] = {
		NULL,
		"waiter:                        signaller:\n"
		"  lock(&m);                      lock(&m);\n"
		"  while (!ready)                 ready = 1;\n"
		"    wait(&c, &m);                signal(&c);\n"
		"  unlock(&m);                    unlock(&m);\n" },
	[LH_RULE_SIGNAL_LOCK] = {
		"void on_signal(int n) { lock(&m); count++; unlock(&m); }\n"
		"main: lock(&m); ... unlock(&m);  /* a signal here: the handler waits for this thread */\n",
		"volatile sig_atomic_t flag;\n"
		"void on_signal(int n) { flag = 1; }   /* test the flag outside, or use signalfd */\n"
		"or block the signal while m is held\n" },
	[LH_RULE_INVALID_LOCK] = {
		"pthread_mutex_destroy(&q->m);\n"
		"...\n"
		"lock(&q->m);                     /* a late user: fails with EINVAL */\n"
		"push(q, job);                    /* unprotected */\n",
		"join the users, or count them; the last one destroys the lock and frees q\n"
		"initialise: pthread_mutex_init, PTHREAD_MUTEX_INITIALIZER or zeroed memory for\n"
		"a mutex, rwlock or condition; always an init call for a barrier or spinlock\n" },
	[LH_RULE_LIVELOCK] = {
		"lock(&a);                        /* and the other thread: b, then a */\n"
		"while (trylock(&b) != 0)\n"
		"  sched_yield();\n",
		"thread 1:\n"
		"  lock(&a);\n"
		"  while (trylock(&b) != 0) { unlock(&a); sched_yield(); lock(&a); }\n"
		"or one order for both threads, as std::scoped_lock needs none\n" },
	[LH_RULE_COND_TWO_MUTEXES] = {
		NULL,
		"both threads, and the one that signals:\n"
		"  lock(&a);\n"
		"  while (!ready) wait(&c, &a);\n" },
};
static const struct {
	const char *title, *meaning, *help;
} verdicts[LH_VERDICTS] = {
	[LH_VERDICT_CONFIRMED] = {
		"the predicted deadlock happened",
		"lockhound confirm paused the threads of the cycle so that they met, and they deadlocked.\n"
		"Nothing else counts as a confirmation.",
		"The command after 'again:' shows it again; with --on-deadlock=stop it leaves the deadlocked\n"
		"process for a debugger." },
	[LH_VERDICT_CONTRADICTED] = {
		"the threads of the cycle exclude each other",
		"In at least three attempts, and in every one that reached both places, a thread came to its\n"
		"place only after another one had left its own. The reason names both places, and what orders\n"
		"them where that is known. The finding is a note.",
		"Keep that order: if what orders the threads changes, the deadlock may become possible. This\n"
		"was seen on the paths that the program took in these attempts." },
	[LH_VERDICT_NOT_REACHED] = {
		"no thread came to a place of the cycle again",
		"The run that predicted the cycle reached the place that the reason names, and no attempt did.\n"
		"The finding is as certain as before.",
		"Run the program with an input that reaches the place, or with more --runs." },
	[LH_VERDICT_OPEN] = {
		"the attempts tell nothing certain",
		"The deadlock did not happen, and nothing shows that it cannot. The finding is as certain as\n"
		"before; the reason says what happened.",
		"Allow more attempts (--runs) and more time (--budget)." },
};
/* clang-format on */

static enum lh_verdict find_verdict(const char *name)
{
	for (enum lh_verdict v = LH_VERDICT_CONFIRMED; v < LH_VERDICTS; v++)
		if (strcmp(lh_name_verdict(v), name) == 0)
			return v;
	return LH_VERDICT_NONE;
}

/* ---- text ---- */

enum { SCHEDULE_WIDTH = 92 };

static void indent(FILE *out, const char *text)
{
	while (*text) {
		int n = (int)strcspn(text, "\n");

		fprintf(out, n ? "    %.*s\n" : "%.*s\n", n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_schedule(struct lh_view *v, const struct lh_lanes *s)
{
	char *text = NULL;
	size_t n;
	FILE *lines = open_memstream(&text, &n);

	if (!lines)
		return;
	lh_lanes_text(v->arena, lines, s, SCHEDULE_WIDTH);
	fclose(lines);
	indent(v->out, text);
	free(text);
}

static void print_rule(struct lh_view *v, enum lh_rule r)
{
	const struct lh_rule_row *row = lh_rule_row(r);
	struct lh_lanes schedule = lh_schedule_of_rule(r);

	fprintf(v->out, "%s: %s\n\n%s\n", row->name, row->title, row->meaning);
	if (lessons[r].wrong || schedule.lanes)
		fputs(schedule.steps ? "\nWrong (time goes down; in brackets, the step that keeps "
				       "it waiting):\n\n"
				     : "\nWrong:\n\n",
		      v->out);
	if (lessons[r].wrong)
		indent(v->out, lessons[r].wrong);
	if (lessons[r].wrong && schedule.lanes)
		fputs("\n", v->out);
	print_schedule(v, &schedule);
	if (lessons[r].right) {
		fputs("\nRight:\n\n", v->out);
		indent(v->out, lessons[r].right);
	}
	fprintf(v->out, "\n%s\n", row->help);
}

static void list(FILE *out)
{
	for (enum lh_rule r = 1; r < LH_RULES; r++)
		fprintf(out, "  %-20s %s\n", lh_name_rule(r), lh_rule_row(r)->title);
	fputs("verdicts of lockhound confirm:\n", out);
	for (enum lh_verdict x = LH_VERDICT_CONFIRMED; x < LH_VERDICTS; x++)
		fprintf(out, "  %-20s %s\n", lh_name_verdict(x), verdicts[x].title);
}

/* What the command was asked to explain: rules and verdicts, in this order. */
struct request {
	char **name;
	int names;
};

static void print_text(struct lh_view *v)
{
	const struct request *q = v->style->with;

	if (!q->names)
		list(v->out);
	for (int i = 0; i < q->names; i++) {
		enum lh_verdict x = find_verdict(q->name[i]);

		if (i)
			fputs("\n\n", v->out);
		if (x != LH_VERDICT_NONE)
			fprintf(v->out, "%s: %s\n\n%s\n\n%s\n", q->name[i], verdicts[x].title,
				verdicts[x].meaning, verdicts[x].help);
		else
			print_rule(v, lh_name_find_rule(q->name[i]));
	}
}

/* ---- svg and html ---- */

static void print_svg(struct lh_view *v)
{
	const struct request *q = v->style->with;
	struct lh_lanes s = lh_schedule_of_rule(lh_name_find_rule(q->name[0]));

	lh_lanes_svg(v, &s, true);
}

static void page_text(struct lh_html *h, const char *tag, const char *text)
{
	const char *more = strcmp(tag, "pre") == 0
				   ? " role=\"group\" tabindex=\"0\" aria-label=\"program\""
				   : "";

	if (!text)
		return;
	fprintf(h->v->out, "<%s%s>", tag, more);
	lh_view_lines(h->v, LH_ESCAPE_HTML, text);
	fprintf(h->v->out, "</%s>\n", tag);
}

static void page_example(struct lh_html *h, const char *title, const char *code,
			 const struct lh_lanes *s)
{
	if (!code && !s->lanes)
		return;
	page_text(h, "h3", title);
	page_text(h, "pre", code);
	if (s->lanes) {
		fputs("<figure><div class=\"scroll\" role=\"group\" tabindex=\"0\" "
		      "aria-label=\"picture of the schedule\">\n",
		      h->v->out);
		lh_lanes_svg(h->v, s, false);
		fputs("</div></figure>\n", h->v->out);
	}
}

static void page_section(struct lh_html *h, const char *name)
{
	static const struct lh_lanes none;
	enum lh_verdict x = find_verdict(name);
	enum lh_rule r = lh_name_find_rule(name);
	struct lh_lanes s = x == LH_VERDICT_NONE ? lh_schedule_of_rule(r) : none;
	const struct lh_rule_row *row = x == LH_VERDICT_NONE ? lh_rule_row(r) : NULL;

	fprintf(h->v->out, "<section id=\"%s\">\n<h2><code>%s</code>: %s</h2>\n", name, name,
		lh_html_text(h, row ? row->title : verdicts[x].title));
	page_text(h, "p", row ? row->meaning : verdicts[x].meaning);
	if (row) {
		page_example(h, "Wrong", lessons[r].wrong, &s);
		page_example(h, "Right", lessons[r].right, &none);
	}
	page_text(h, "p", row ? row->help : verdicts[x].help);
	fputs("</section>\n", h->v->out);
}

static void print_html(struct lh_view *v)
{
	const struct request *q = v->style->with;
	struct lh_html h = {.v = v};

	lh_html_begin(&h, q->names == 1 ? q->name[0] : "rules and verdicts");
	fputs("</header>\n<nav aria-label=\"parts of the page\">\n", v->out);
	for (int i = 0; i < q->names; i++)
		fprintf(v->out, "<a href=\"#%s\">%s</a>\n", q->name[i], q->name[i]);
	fputs("<button type=\"button\" id=\"all\" hidden=\"\">Open all stacks</button>\n</nav>\n"
	      "<main id=\"findings\">\n",
	      v->out);
	for (int i = 0; i < q->names; i++)
		page_section(&h, q->name[i]);
	lh_html_end(&h);
}

/* ---- the command ---- */

static bool is_known(const char *name)
{
	const char *near = lh_name_nearest_rule(name);

	if (find_verdict(name) != LH_VERDICT_NONE || lh_name_find_rule(name) != LH_NO_RULE)
		return true;
	lh_log("explain: rule '%s' is not known%s%s%s 'lockhound explain' lists them", name,
	       near ? ", did you mean " : "", near ? near : "", near ? "?" : ";");
	return false;
}

/* A name given twice would be two sections with one id. */
static int without_repeats(char **name, int names)
{
	int n = 0;

	for (int i = 0; i < names; i++) {
		int k = 0;

		while (k < n && strcmp(name[k], name[i]) != 0)
			k++;
		if (k == n)
			name[n++] = name[i];
	}
	return n;
}

enum { TEXT, SVG, HTML };

static bool can_draw(const struct request *q, int format)
{
	if (format == TEXT)
		return true;
	if (!q->names || (format == SVG && q->names > 1)) {
		lh_log("explain: --format=%s needs %s", format == SVG ? "svg" : "html",
		       format == SVG ? "one rule" : "a rule or a verdict");
		return false;
	}
	if (format == HTML || (find_verdict(q->name[0]) == LH_VERDICT_NONE &&
			       lh_schedule_of_rule(lh_name_find_rule(q->name[0])).lanes))
		return true;
	lh_log("explain: %s has no schedule, so --format=svg has nothing to draw", q->name[0]);
	return false;
}

static int explain(struct lh_settings *s, char **name, int names)
{
	static lh_renderer *const forms[] = {print_text, print_svg, print_html};
	struct request q = {name, names};
	struct lh_render_text_style style = {.with = &q};
	int format = (int)LH_OPTION(s, explain_format).number;
	struct lh_report *none;
	bool good;

	for (int i = 0; i < names; i++)
		if (!is_known(name[i]))
			return LH_STATUS_REPORT_ERROR;
	q.names = without_repeats(name, names);
	if (!can_draw(&q, format))
		return LH_STATUS_REPORT_ERROR;
	none = lh_report_new((struct lh_report_options){0});
	good = lh_loaded_runs_write("explain", LH_OPTION(s, result).text, none, &style,
				    forms[format]);
	lh_report_free(none);
	return good ? 0 : LH_STATUS_REPORT_ERROR;
}

const struct lh_command lh_cmd_explain = {
	.name = "explain",
	.purpose = "explain a rule and its fix, or a verdict of confirm",
	.synopsis = "[OPTION...] [RULE|VERDICT...]\n",
	.examples = "  lockhound explain lock-order\n"
		    "  lockhound explain --format=svg -o lock-order.svg lock-order\n"
		    "  lockhound explain contradicted\n"
		    "  lockhound explain               the list of rules and verdicts\n",
	.status = "  0, or 2 if a name is not known\n",
	.where = LH_IN_EXPLAIN,
	.run = explain,
};
