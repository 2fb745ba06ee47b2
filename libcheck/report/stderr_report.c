/*
 * stderr_report.c — writes each finding to stderr, and at the end the command that prints all.
 *
 * The form is that of tools/render/text_short.c, with what is known here: objects and offsets, no
 * functions and no lines.
 *
 * Not every call path of a finding: one with the same locks, acquired at the same places, is only
 * counted. A place is the innermost frame, and further ones while two locks of the finding have the
 * same: then a function acquires whatever lock it is given.
 */
#include "libcheck/report/stderr_report.h"
#include "libcheck/kinds.h"
#include "libcheck/base/text.h"

static uint64_t err_dev, err_ino;

void lh_stderr_report_init(void)
{
	lh_sys_identify(2, &err_dev, &err_ino);
}

static const char *const action_names[] = {"holds",    "wants", "waits for", "calls",
					   "releases", "joins", "uses",      "destroys"};

static const char *const severity_names[] = {
	[LH_NOTE] = "note", [LH_WARNING] = "warning", [LH_ERROR] = "error"};

static const struct {
	const char *id, *title, *help;
	unsigned properties;
} rules[] = {
	[LH_NO_RULE] = {"", "", "", 0},
#define RULE(constant, id, severity, properties, title, meaning, help, ...)                        \
	[LH_RULE_##constant] = {id, title, help, properties},
#include "libcheck/rules.def"
};

enum { LINE_MAX = 120, PLACE_COLUMN = 40 };

static void print(const struct lh_text *t)
{
	if (err_ino && !lh_sys_seccomp_seen() && lh_sys_same_file(2, err_dev, err_ino) &&
	    lh_sys_can_write(2))
		lh_sys_write(2, t->at, t->n);
}

void lh_stderr_report_no_room(const char *program)
{
	char line[200];
	struct lh_text t = LH_TEXT(line);

	lh_text_add(&t, "lockhound: ");
	lh_text_safe(&t, program);
	lh_text_add(&t, "[");
	lh_text_number(&t, (unsigned)lh_sys_pid());
	lh_text_add(&t, "]: not watched: the limit on address space (ulimit -v, -d) leaves too "
			"little room\n");
	print(&t);
}

/* What a script calls the lock that it initialized; "" not known, NULL: there is no script. */
static const char *script_name(const struct lh_lock *l)
{
	const struct lh_stack *s = &LH_STACKS[l->init_stack];
	uint32_t row = l->init_stack && s->n ? LH_FRAME_MODULE(LH_FRAMES[s->frame]) : 0;

	return row && (LH_MODULES[row].flags & LH_MODULE_LOCK_NAME) ? LH_MODULES[row].path : NULL;
}

static const char *kind_of(const struct lh_lock *l, const char *script)
{
	const char *kind = script                 ? script + lh_text_length(script) + 1
			   : l->kind == LH_CUSTOM ? "lock"
						  : lh_kind_row(l->kind)->name;

	return kind[0] ? kind : "lock";
}

static void add_lock(struct lh_text *t, lh_lock_id id)
{
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];
	const char *name = LH_LOCK_STATS[l->stats].name; /* row 0 has an empty name */

	const char *script = script_name(l);

	if (!name[0] && script)
		name = script;
	if (l->kind == LH_THREAD_END && l->initial < lh_rows_used(LH_T_THREAD))
		name = LH_THREADS[l->initial].name;
	lh_text_add(t, kind_of(l, script));
	if (name[0] || lh_lock_address(l))
		lh_text_add(t, " ");
	if (name[0])
		lh_text_safe(t, name);
	else if (lh_lock_address(l))
		lh_text_hex(t, lh_lock_address(l));
}

/* "bank+0x11d2"; of a script "app.py:12 worker". */
static void add_frame(struct lh_text *t, uint64_t frame)
{
	const struct lh_module *m = &LH_MODULES[LH_FRAME_MODULE(frame)];

	if (LH_FRAME_MODULE(frame) && (m->flags & LH_MODULE_SCRIPT)) {
		lh_text_safe(t, lh_text_base(m->path));
		lh_text_add(t, ":");
		lh_text_number(t, LH_SCRIPT_LINE(LH_FRAME_PC(frame)));
		lh_text_add(t, " ");
		lh_text_safe(t, m->path + lh_text_length(m->path) + 1);
		return;
	}
	if (LH_FRAME_MODULE(frame)) {
		lh_text_safe(t, lh_text_base(m->path));
		lh_text_add(t, "+");
	}
	lh_text_hex(t, LH_FRAME_PC(frame) - (LH_FRAME_MODULE(frame) ? m->base : 0));
}

/* Threads start in the library; no stack shows that. */
static bool is_of_library(uint64_t frame)
{
	const struct lh_module *m = &LH_MODULES[LH_FRAME_MODULE(frame)];
	uint64_t here = (uint64_t)(uintptr_t)lh_stderr_report;

	return LH_FRAME_MODULE(frame) && !(m->flags & LH_MODULE_SCRIPT) && here >= m->start &&
	       here < m->end;
}

static void go_back(struct lh_text *t, size_t n)
{
	t->n = n;
	t->at[n] = '\0';
}

/* As many frames as fit into the line that began at `line`. */
static void add_stack(struct lh_text *t, lh_stack_id id, size_t line)
{
	static const char more[] = " < …";
	const struct lh_stack *s = &LH_STACKS[id];
	bool shown = false;

	for (int i = 0; id && i < s->n; i++) {
		uint64_t f = LH_FRAMES[s->frame + (uint32_t)i];
		const struct lh_module *m = &LH_MODULES[LH_FRAME_MODULE(f)];
		size_t before = t->n, room = i + 1 < s->n ? sizeof(more) : 0;

		if (is_of_library(f) || (LH_FRAME_MODULE(f) && (m->flags & LH_MODULE_LOCK_NAME)))
			continue;
		lh_text_add(t, shown ? " < " : "  ");
		add_frame(t, f);
		if (t->n - line + room <= LINE_MAX) {
			shown = true;
			continue;
		}
		if (shown)
			go_back(t, before);
		else if (t->n - line > LINE_MAX - room)
			go_back(t, line + LINE_MAX - sizeof(more));
		lh_text_add(t, more);
		return;
	}
}

static void add_thread(struct lh_text *t, lh_thread_id id)
{
	const struct lh_thread *thread = &LH_THREADS[id];

	lh_text_add(t, id ? "  T" : "  a thread");
	if (id)
		lh_text_number(t, id);
	/* A thread that got no name has that of the program. */
	if (thread->name[0] &&
	    !lh_text_begins(lh_text_base(lh_own_ledger.ledger->exe), thread->name)) {
		lh_text_add(t, " '");
		lh_text_safe(t, thread->name);
		lh_text_add(t, "'");
	}
	lh_text_add(t, "\n");
}

/* Consecutive steps of a thread stand below its name. */
static void add_step(struct lh_text *t, const struct lh_step *s, bool first)
{
	size_t line;

	if (first || s->thread != s[-1].thread)
		add_thread(t, s->thread);
	line = t->n;
	lh_text_add(t, "    ");
	lh_text_add(t, s->action <= LH_DESTROYS ? action_names[s->action] : "?");
	lh_text_add(t, " ");
	add_lock(t, s->lock);
	while (LH_SITE_STACK(s->site) && !t->cut && t->n - line < PLACE_COLUMN)
		lh_text_add(t, " ");
	add_stack(t, LH_SITE_STACK(s->site), line);
	lh_text_add(t, "\n");
}

/* What the last lines say of the finding: whether it happened. */
static const char *consequence(const struct lh_finding *f)
{
	unsigned properties = rules[f->rule].properties;

	if (f->flags & LH_FINDING_ENDED)
		return "  It happened in this run, but it did not last.\n";
	if (f->level == LH_POTENTIAL && properties & LH_IS_WAITING)
		return "  It did not happen in this run.\n";
	return properties & LH_IS_DEADLOCK && f->level > LH_POTENTIAL ? "  It happens now.\n" : "";
}

static void head(struct lh_text *t)
{
	lh_text_add(t, "lockhound: ");
	lh_text_safe(t, lh_text_base(lh_own_ledger.ledger->exe));
	lh_text_add(t, "[");
	lh_text_number(t, (uint64_t)lh_own_ledger.ledger->pid);
	lh_text_add(t, "]: ");
}

/* ---- findings that differ only in outer frames ---- */

static uint32_t call_paths; /* findings that were counted and not written; atomic */

void lh_stderr_report_forked(void)
{
	call_paths = 0;
}

/* Are the innermost n frames the same? */
static bool same_inner(lh_stack_id a, lh_stack_id b, uint32_t n)
{
	const struct lh_stack *s = &LH_STACKS[a], *t = &LH_STACKS[b];

	for (uint32_t i = 0; i < n; i++) {
		if (i >= s->n || i >= t->n)
			return s->n == t->n;
		if (LH_FRAMES[s->frame + i] != LH_FRAMES[t->frame + i])
			return false;
	}
	return true;
}

/* How many of the innermost frames are the place of each lock of the finding. */
static uint32_t place_frames(const struct lh_finding *f)
{
	const struct lh_step *s = &LH_STEPS[f->step];
	uint32_t n = 1;

	for (uint32_t i = 0; i < f->steps; i++)
		for (uint32_t k = 0; k < i; k++)
			while (s[i].lock != s[k].lock && n < LH_FRAMES_MAX &&
			       same_inner(LH_SITE_STACK(s[i].site), LH_SITE_STACK(s[k].site), n))
				n++;
	return n;
}

static bool has_step(const struct lh_finding *f, const struct lh_step *s, uint32_t frames)
{
	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_step *t = &LH_STEPS[f->step + i];
		if (t->lock == s->lock && t->action == s->action &&
		    same_inner(LH_SITE_STACK(t->site), LH_SITE_STACK(s->site), frames))
			return true;
	}
	return false;
}

static bool is_other_call_path(uint32_t finding)
{
	const struct lh_finding *f = &LH_FINDINGS[finding];
	uint32_t frames = f->rule == LH_RULE_LOCK_ORDER ? place_frames(f) : 0;

	for (uint32_t i = 1; frames && i < finding; i++) {
		const struct lh_finding *g = &LH_FINDINGS[i];
		uint32_t same = 0;
		if (g->rule != f->rule || g->filter || g->steps != f->steps)
			continue;
		while (same < f->steps && has_step(g, &LH_STEPS[f->step + same], frames))
			same++;
		if (same == f->steps)
			return true;
	}
	return false;
}

/* ---- the report ---- */

/* Written in pieces that a pipe takes whole, so that no other output comes in the middle of one. */
void lh_stderr_report(uint32_t finding, char *buffer)
{
	const struct lh_finding *f = &LH_FINDINGS[finding];
	struct lh_text t = {buffer, 0, LH_STDERR_REPORT_BYTES, false};

	if (f->filter || (f->flags & LH_FINDING_UNSURE) || !f->rule || f->rule >= LH_RULES)
		return;
	if (is_other_call_path(finding)) {
		__atomic_fetch_add(&call_paths, 1, __ATOMIC_RELAXED);
		return;
	}
	head(&t);
	lh_text_add(&t, severity_names[f->severity <= LH_ERROR ? f->severity : LH_ERROR]);
	lh_text_add(&t, ": ");
	lh_text_add(&t, rules[f->rule].title);
	lh_text_add(&t, " [");
	lh_text_add(&t, rules[f->rule].id);
	lh_text_add(&t, "]");
	if (f->duration_ns) {
		lh_text_add(&t, " for ");
		lh_text_number(&t, f->duration_ns / 1000000u);
		lh_text_add(&t, " ms");
	}
	lh_text_add(&t, "\n");
	for (uint32_t i = 0; i < f->steps; i++) {
		if (t.n > LH_STDERR_REPORT_BYTES / 2) {
			print(&t);
			t.n = 0;
		}
		add_step(&t, &LH_STEPS[f->step + i], i == 0);
	}
	lh_text_add(&t, consequence(f));
	lh_text_add(&t, "  help: ");
	lh_text_add(&t, rules[f->rule].help);
	lh_text_add(&t, "\n");
	print(&t);
}

void lh_stderr_report_end(void)
{
	char buffer[1024];
	struct lh_text t = LH_TEXT(buffer);
	uint32_t n = lh_rows_used(LH_T_FINDING) - 1, others = call_paths;

	if (!n)
		return;
	head(&t);
	lh_text_number(&t, n - others);
	lh_text_add(&t, n - others == 1 ? " finding" : " findings");
	if (others) {
		lh_text_add(&t, " and ");
		lh_text_number(&t, others);
		lh_text_add(&t, others == 1 ? " other call path" : " other call paths");
	}
	lh_text_add(&t, "; with names and source: lockhound report ");
	lh_text_safe(&t, lh_own_ledger.path);
	lh_text_add(&t, "\n");
	print(&t);
}
