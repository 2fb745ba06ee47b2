/*
 * hang_of_several.c — hang of several processes, such as the ranks of a job: one report, in which
 * processes that do the same share their lines.
 *
 * Each process takes the time between two scans, so worker processes inspect them side by side. A
 * worker writes a record for each process into its own memory file: the snapshot as a packed
 * ledger, and the text of its threads. The command makes one report of all snapshots. What ends a
 * worker costs only the processes that it had left.
 */
#include "tools/cmd/commands.h"
#include "tools/cmd/hang.h"
#include "tools/cmd/load_runs.h"
#include "tools/hang/text.h"
#include "tools/process/proc.h"
#include "tools/symbols/symbols.h"
#include "tools/util/escape.h"
#include "tools/util/map.h"
#include "tools/util/path.h"
#include "tools/util/progress.h"
#include "tools/util/time.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 48, DESCENDANTS_MAX = 1 << 16, SHOWN = 8 /* ids of a group */ };

/* The texts follow: error, threads, notes, messages, each with its final zero; then the ledger. */
struct record {
	uint64_t bytes, ledger; /* of the record; offset of its ledger, 0: none */
	int32_t pid, status;
	uint32_t notes, messages;
	uint32_t watched, pad;
};

/* One process, in the order of the command line. */
struct one {
	pid_t pid;
	const struct record *record; /* NULL: its worker ended */
	const char *error, *threads;
	struct lh_ledger_view ledger;
	const struct lh_report_process *process;
};

struct group {
	const struct one **one;
	uint32_t n;
};

struct several {
	const struct lh_settings *settings;
	struct lh_arena *arena;
	struct one *one;
	uint32_t n;
	struct worker {
		pid_t pid;
		int fd;
		void *memory;
		size_t size;
	} worker[WORKERS];
	uint32_t workers;
	uint32_t *done; /* processes; shared with the workers, atomic */
	struct lh_report *report;
	struct group *group;
	uint32_t groups;
	uint32_t deadlocked, unread;
};

/* ---- which processes ---- */

static void add_process(struct several *all, pid_t pid)
{
	struct one one = {.pid = pid};

	for (uint32_t i = 0; i < all->n; i++)
		if (all->one[i].pid == pid)
			return;
	LH_PUSH(all->arena, all->one, all->n, one);
}

/* lockhound itself, around a rank, is no part of the job. */
static bool is_lockhound(pid_t pid)
{
	char own[LH_PATH_MAX] = "", exe[LH_PATH_MAX] = "";

	return lh_proc_exe(getpid(), own, sizeof(own)) && lh_proc_exe(pid, exe, sizeof(exe)) &&
	       strcmp(own, exe) == 0;
}

static void add_children(struct several *all, pid_t root)
{
	pid_t *list = lh_arena_alloc(all->arena, DESCENDANTS_MAX * sizeof(*list));
	size_t n = lh_proc_descendants(root, list, DESCENDANTS_MAX);

	for (size_t i = 0; i < n; i++)
		if (!is_lockhound(list[i]))
			add_process(all, list[i]);
	if (!n)
		lh_log("hang: process %d has no child that can be seen", root);
}

static bool add_named(struct several *all, const char *name)
{
	pid_t pid;

	if (!lh_hang_read_pid(name, &pid))
		return false;
	if (LH_OPTION(all->settings, hang_children).number)
		add_children(all, pid);
	else
		add_process(all, pid);
	return true;
}

/* ---- in a worker ---- */

static void put_text(FILE *f, const char *text)
{
	fwrite(text ? text : "", 1, text ? strlen(text) + 1 : 1, f);
}

static void put_texts(FILE *f, const struct several *all, struct lh_hang_target *t)
{
	put_text(f, t->error);
	if (t->report)
		lh_hang_text_folded(&t->hang, t->report, &t->ledger,
				    LH_OPTION(all->settings, all).number, f);
	put_text(f, NULL);
	for (uint32_t i = 0; t->report && i < t->report->notes; i++)
		put_text(f, t->report->note[i]);
	for (uint32_t i = 0; t->report && i < t->hang.messages; i++)
		put_text(f, t->hang.message[i]);
	while (ftell(f) % 8)
		fputc(0, f);
	fflush(f);
}

static void put_record(FILE *f, const struct several *all, struct lh_hang_target *t, pid_t pid)
{
	long begin = ftell(f);
	struct record r = {.pid = pid, .status = t->status};

	if (t->report) {
		r.notes = t->report->notes;
		r.messages = t->hang.messages;
		r.watched = t->hang.ledger != NULL;
	}
	fwrite(&r, sizeof(r), 1, f);
	put_texts(f, all, t);
	if (t->report) {
		r.ledger = (uint64_t)(ftell(f) - begin);
		if (lh_read_pack(&t->ledger, fileno(f)))
			_exit(1);
		fseek(f, 0, SEEK_END);
	}
	r.bytes = (uint64_t)(ftell(f) - begin);
	if (pwrite(fileno(f), &r, sizeof(r), begin) != sizeof(r))
		_exit(1);
}

/* So many inspections at once make other threads wait for a processor, which looks like a thread
 * that moved. */
static bool has_moved(const struct lh_hang_target *t)
{
	for (uint32_t i = 0; t->report && i < t->hang.threads; i++)
		if (t->hang.thread[i].waiting && !t->hang.thread[i].unchanged)
			return t->status == LH_HANG_NO_DEADLOCK;
	return false;
}

static void work(const struct several *all, uint32_t number)
{
	struct lh_symbols *symbols = lh_symbols_new(LH_OPTION(all->settings, debuginfod).number);
	FILE *f = fdopen(all->worker[number].fd, "r+");

	for (uint32_t i = number; f && i < all->n; i += all->workers) {
		const char *pid = lh_arena_printf(all->arena, "%d", all->one[i].pid);
		struct lh_hang_target t;

		lh_hang_target_open(&t, all->settings, "", pid, symbols);
		if (has_moved(&t)) {
			lh_hang_target_close(&t);
			lh_hang_target_open(&t, all->settings, "", pid, symbols);
		}
		put_record(f, all, &t, all->one[i].pid);
		lh_hang_target_close(&t);
		__atomic_add_fetch(all->done, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

static bool start_workers(struct several *all)
{
	all->done = mmap(NULL, sizeof(*all->done), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all->done == MAP_FAILED) {
		lh_log("hang: not enough memory");
		return false;
	}
	all->workers = all->n < WORKERS ? all->n : WORKERS;
	for (uint32_t i = 0; i < all->workers; i++) {
		struct worker *w = &all->worker[i];
		pid_t parent = getpid();

		w->fd = memfd_create("lockhound-hang", MFD_CLOEXEC);
		w->pid = w->fd < 0 ? -1 : fork();
		if (w->pid == 0) {
			lh_progress_open("hang", true);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				work(all, i);
			_exit(1);
		}
		if (w->pid < 0) {
			lh_log("hang: cannot start a worker: %s", strerror(errno));
			all->workers = i + 1; /* the others have no descriptor */
			return false;
		}
	}
	return true;
}

/* ---- what the workers found ---- */

static const char *next_text(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

static struct one *find(struct several *all, pid_t pid)
{
	for (uint32_t i = 0; i < all->n; i++)
		if (all->one[i].pid == pid)
			return &all->one[i];
	return NULL;
}

static void read_record(struct several *all, const struct record *r)
{
	struct one *one = find(all, r->pid);
	const char *at = (const char *)(r + 1);

	if (!one)
		return;
	one->record = r;
	one->error = next_text(&at);
	one->threads = next_text(&at);
	if (!r->ledger ||
	    !lh_read_view(&one->ledger, (const char *)r + r->ledger, r->bytes - r->ledger))
		return;
	struct lh_hang_messages m = {
		lh_arena_alloc(all->arena, (r->messages + 1) * sizeof(*m.message)), r->messages,
		r->watched};

	for (uint32_t i = 0; i < r->notes; i++)
		lh_report_note(all->report, "%s", next_text(&at));
	for (uint32_t i = 0; i < r->messages; i++)
		m.message[i] = next_text(&at);
	lh_hang_add_findings(all->report, &one->ledger, &m);
	one->process = lh_report_get_process(all->report, &one->ledger);
}

/* A record is complete when its number of bytes is set. */
static void read_worker(struct several *all, struct worker *w)
{
	struct stat st;
	size_t at = 0;

	w->size = fstat(w->fd, &st) == 0 ? (size_t)st.st_size : 0;
	w->memory = w->size ? mmap(NULL, w->size, PROT_READ, MAP_PRIVATE, w->fd, 0) : NULL;
	if (w->memory == MAP_FAILED)
		w->memory = NULL;
	while (w->memory && at + sizeof(struct record) <= w->size) {
		const struct record *r = (const struct record *)((char *)w->memory + at);

		if (r->bytes < sizeof(*r) || r->bytes > w->size - at)
			break;
		read_record(all, r);
		at += r->bytes;
	}
}

static bool is_running(struct worker *w)
{
	if (w->pid > 0 && waitpid(w->pid, NULL, WNOHANG) == 0)
		return true;
	w->pid = 0;
	return false;
}

static void wait_for_workers(struct several *all)
{
	const struct timespec pause = {.tv_nsec = 5 * LH_MS};
	uint32_t running;

	do {
		running = 0;
		for (uint32_t i = 0; i < all->workers; i++)
			running += is_running(&all->worker[i]);
		lh_progress_step("process", *all->done, all->n);
		if (running)
			nanosleep(&pause, NULL);
	} while (running);
	lh_progress_phase("one report of all");
}

static void count(struct several *all)
{
	for (uint32_t i = 0; i < all->n; i++) {
		const struct one *one = &all->one[i];

		all->deadlocked += one->record && one->record->status == LH_HANG_DEADLOCK;
		if (one->record && one->record->status != LH_STATUS_REPORT_ERROR)
			continue;
		all->unread++;
		lh_log("%d: %s", one->pid,
		       !one->record   ? "the inspection ended before its time"
		       : *one->error  ? one->error
		       : one->process ? "what a thread waits for could not be read"
				      : "it could not be read");
	}
}

/* ---- text ---- */

/* The same program, in which all threads do the same. */
static void make_groups(struct several *all)
{
	struct lh_map known = {0};

	for (uint32_t i = 0; i < all->n; i++) {
		const struct one *one = &all->one[i];
		const char *key;
		uint32_t *number;

		if (!one->process)
			continue;
		key = lh_arena_printf(all->arena, "%d %s\n%s", one->record->status,
				      one->process->comm, one->threads);
		number = lh_map_get(&known, all->arena, key, strlen(key), sizeof(*number));
		if (!*number) {
			LH_PUSH(all->arena, all->group, all->groups, (struct group){0});
			*number = all->groups;
		}
		LH_PUSH(all->arena, all->group[*number - 1].one, all->group[*number - 1].n, one);
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct one *x = *(const struct one *const *)a, *y = *(const struct one *const *)b;

	return x->process->rank < y->process->rank ? -1 : x->process->rank > y->process->rank;
}

/* The last of the ranks from number `i` on that follow each other. */
static uint32_t last_in_row(const struct group *g, uint32_t i)
{
	while (i + 1 < g->n && g->one[i + 1]->process->rank <= g->one[i]->process->rank + 1)
		i++;
	return i;
}

/* "ranks 0 to 62, 64"; NULL: a process without a rank. */
static const char *ranks_text(const struct several *all, const struct group *g)
{
	const char *text = g->n == 1 ? "rank" : "ranks";
	uint32_t shown = 0, last;

	qsort(g->one, g->n, sizeof(*g->one), by_rank);
	if (!g->one[0]->process->rank)
		return NULL;
	for (uint32_t i = 0; i < g->n; i = last + 1) {
		last = last_in_row(g, i);
		if (shown++ == SHOWN)
			return lh_arena_printf(all->arena, "%s and %u more", text, g->n - i);
		text = lh_arena_printf(all->arena, "%s%s %u", text, i ? "," : "",
				       g->one[i]->process->rank - 1);
		if (last > i)
			text = lh_arena_printf(all->arena, "%s to %u", text,
					       g->one[last]->process->rank - 1);
	}
	return text;
}

static const char *pids_text(const struct several *all, const struct group *g)
{
	const char *text = "";

	for (uint32_t i = 0; i < g->n && i < SHOWN; i++)
		text = lh_arena_printf(all->arena, "%s%s%d", text, i ? ", " : "", g->one[i]->pid);
	if (g->n > SHOWN)
		text = lh_arena_printf(all->arena, "%s and %u more", text, g->n - SHOWN);
	return text;
}

static void show_group(const struct several *all, const struct group *g)
{
	const char *ranks = ranks_text(all, g);
	const char *what = g->one[0]->record->status == LH_HANG_DEADLOCK ? "deadlocked"
			   : g->one[0]->record->status == LH_HANG_NO_DEADLOCK
				   ? "no deadlock"
				   : "not all could be read";

	if (!ranks)
		ranks = g->n == 1 ? "process" : lh_arena_printf(all->arena, "%u processes", g->n);
	printf("lockhound: %s (%s, %s): %s\n", ranks,
	       lh_escape(all->arena, LH_ESCAPE_TEXT, g->one[0]->process->comm), pids_text(all, g),
	       what);
	fputs(g->one[0]->threads, stdout);
}

static void show_text(struct several *all)
{
	struct lh_render_text_style style = lh_settings_style(all->settings);
	const struct lh_report *report = all->report;

	style.width = lh_render_text_width(stdout);
	style.color = lh_render_text_color(LH_OPTION(all->settings, color).text, stdout);
	for (uint32_t i = 0; i < report->findings; i++)
		lh_render_text_finding(report, report->finding[i], style, stdout);
	make_groups(all);
	for (uint32_t i = 0; i < all->groups; i++)
		show_group(all, &all->group[i]);
	for (uint32_t i = 0; i < report->notes; i++)
		printf("lockhound: note: %s\n",
		       lh_escape(all->arena, LH_ESCAPE_TEXT, report->note[i]));
	printf("lockhound: %u process%s: %u deadlocked, %u not, %u could not be read\n", all->n,
	       all->n == 1 ? "" : "es", all->deadlocked, all->n - all->deadlocked - all->unread,
	       all->unread);
}

static bool write_form(const struct several *all, const struct lh_value *option,
		       lh_renderer *render)
{
	struct lh_render_text_style style = lh_settings_style(all->settings);

	return !option->from ||
	       lh_loaded_runs_write("hang", option->text, all->report, &style, render);
}

/* The page of a hang shows one process; that of a run shows the findings of all. */
static bool show(struct several *all)
{
	const struct lh_value *json = &LH_OPTION(all->settings, hang_json);
	const struct lh_value *html = &LH_OPTION(all->settings, hang_html);

	if ((!json->from || *json->text) && (!html->from || *html->text))
		show_text(all);
	return write_form(all, json, lh_render_json) && write_form(all, html, lh_render_html) &&
	       fflush(stdout) == 0 && !ferror(stdout);
}

/* ---- the whole ---- */

static int inspect(struct several *all)
{
	struct lh_report_options options = lh_settings_report(all->settings);
	struct lh_symbols *symbols = lh_symbols_new(LH_OPTION(all->settings, debuginfod).number);
	bool good = start_workers(all);

	options.symbols = symbols;
	all->report = lh_report_new(options);
	if (all->done != MAP_FAILED)
		wait_for_workers(all);
	for (uint32_t i = 0; good && i < all->workers; i++)
		read_worker(all, &all->worker[i]);
	if (good) {
		lh_report_finish(all->report);
		lh_progress_close();
		count(all);
		good = show(all);
	}
	lh_report_free(all->report);
	lh_symbols_free(symbols);
	for (uint32_t i = 0; i < all->workers; i++) {
		if (all->worker[i].memory)
			munmap(all->worker[i].memory, all->worker[i].size);
		close(all->worker[i].fd);
	}
	if (!good)
		return LH_STATUS_REPORT_ERROR;
	return all->deadlocked ? LH_HANG_DEADLOCK
	       : all->unread   ? LH_STATUS_REPORT_ERROR
			       : LH_HANG_NO_DEADLOCK;
}

int lh_hang_of_several(const struct lh_settings *s, char **operand, int operands)
{
	struct several all = {.settings = s, .arena = lh_arena_new()};
	const char *pid = LH_OPTION(s, pid).text;
	bool good = !*pid || add_named(&all, pid);
	int status = LH_STATUS_REPORT_ERROR;

	for (int i = 0; i < operands && good; i++)
		good = add_named(&all, operand[i]);
	if (good && all.n)
		status = inspect(&all);
	lh_arena_free(all.arena);
	return status;
}
