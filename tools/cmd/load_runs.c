/* load_runs.c — opens recorded runs, builds their report and writes it. */
#include "tools/cmd/load_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/ledger/order.h"
#include "tools/lock_order/cross_run.h"
#include "tools/lock_order/by_class.h"
#include "tools/util/output_file.h"
#include "tools/util/progress.h"
#include "tools/util/arena.h"
#include "tools/util/log.h"
#include "tools/symbols/symbols.h"
#include "tools/lock_order/cross_process.h"

bool lh_is_recorded_run(const char *path)
{
	char magic[sizeof(LH_LEDGER_MAGIC)] = "";
	struct stat st;
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(magic, 1, sizeof(magic), f) : 0;
	if (f)
		fclose(f);
	return n == sizeof(magic) && !memcmp(magic, LH_LEDGER_MAGIC, sizeof(magic));
}

static bool read_files(struct lh_loaded_runs *r, char **file, int n)
{
	r->file = calloc((size_t)n + 1, sizeof(*r->file));
	for (; r->file && r->files < n; r->files++) {
		struct lh_ledger_file *s = &r->file[r->files];

		lh_progress_step("file", (uint64_t)r->files + 1, (uint64_t)n);
		if (!lh_read_open(s, file[r->files])) {
			lh_log("%s", s->error);
			lh_read_close(s);
			return false;
		}
		r->incomplete |= s->error[0] != 0;
	}
	return r->file != NULL;
}

struct keyed {
	struct lh_ledger_key key;
	const struct lh_ledger_view *ledger;
};

static int by_key(const void *a, const void *b)
{
	return lh_ledger_key_compare(&((const struct keyed *)a)->key,
				     &((const struct keyed *)b)->key);
}

/* As merge does it: the report of several files is that of the merged file. */
static void sort_ledgers(struct lh_loaded_runs *r)
{
	struct keyed *list = calloc(r->ledgers + 1, sizeof(*list));
	uint32_t n = r->ledgers;

	if (!list)
		return;
	for (uint32_t i = 0; i < n; i++)
		list[i] = (struct keyed){lh_ledger_key(r->ledger[i]), r->ledger[i]};
	if (n > 1)
		qsort(list, n, sizeof(*list), by_key);
	r->ledgers = 0;
	for (uint32_t i = 0; i < n; i++)
		if (!i || by_key(&list[i - 1], &list[i]) ||
		    !lh_ledger_same(list[i - 1].ledger, list[i].ledger))
			r->ledger[r->ledgers++] = list[i].ledger;
	free(list);
}

static bool list_ledgers(struct lh_loaded_runs *r)
{
	uint32_t n = 0;

	for (int i = 0; i < r->files; i++)
		n += r->file[i].n;
	r->ledger = calloc(n + 1, sizeof(*r->ledger));
	for (int i = 0; r->ledger && i < r->files; i++)
		for (uint32_t k = 0; k < r->file[i].n; k++)
			r->ledger[r->ledgers++] = &r->file[i].view[k];
	if (r->ledger && r->files > 1)
		sort_ledgers(r);
	return r->ledger != NULL;
}

/* What is missing from a process that ran without the monitor. */
static void note_unwatched(struct lh_report *report)
{
	uint32_t alone = 0;

	for (uint32_t i = 0; i < report->processes; i++)
		alone += !report->process[i]->ledger->head.monitor;
	if (alone)
		lh_report_note(report,
			       "%u of %u process%s ran without 'lockhound run': unfinished long "
			       "holds, blocking calls and waits are not recorded",
			       alone, report->processes, report->processes == 1 ? "" : "es");
}

void lh_loaded_runs_finish(struct lh_report *report, struct lh_report_options options,
			   struct lh_project *project)
{
	lh_cross_process_check(report, options.filtered);
	lh_cross_run_check(report);
	if (options.by_class)
		lh_by_class_check(report, &(struct lh_class_options){.symbols = options.symbols,
								     .filtered = options.filtered});
	if (project)
		lh_project_finish(project, report);
	lh_report_finish(report);
}

bool lh_loaded_runs_open(struct lh_loaded_runs *r, char **file, int n,
			 struct lh_report_options options, struct lh_project *project,
			 bool debuginfod)
{
	memset(r, 0, sizeof(*r));
	if (!read_files(r, file, n) || !list_ledgers(r))
		return false;
	options.symbols = r->symbols = lh_symbols_new(debuginfod);
	if (project)
		lh_project_attach(project, &options);
	r->report = lh_report_new(options);
	for (int i = 0; i < r->files; i++)
		lh_report_add_file_notes(r->report, &r->file[i]);
	for (uint32_t i = 0; i < r->ledgers; i++) {
		lh_progress_step("process", i + 1, r->ledgers);
		lh_report_add_ledger(r->report, r->ledger[i]);
	}
	lh_progress_phase("processes together");
	note_unwatched(r->report);
	lh_loaded_runs_finish(r->report, options, project);
	return true;
}

void lh_loaded_runs_close(struct lh_loaded_runs *r)
{
	lh_report_free(r->report);
	if (r->symbols)
		lh_symbols_free(r->symbols);
	while (r->files--)
		lh_read_close(&r->file[r->files]);
	free(r->file);
	free(r->ledger);
	memset(r, 0, sizeof(*r));
}

static int render_to(const char *file, const struct lh_report *report,
		     struct lh_render_text_style *style, lh_renderer *render)
{
	struct lh_output out;
	char error[4400];
	int rc;

	if (!lh_output_open(&out, file, error, sizeof(error))) {
		lh_log("%s", error);
		return -1;
	}
	lh_output_drop_on_signal(&out);
	rc = lh_render(render, report, style, out.file);
	if (rc)
		lh_output_drop(&out);
	else
		rc = lh_output_finish(&out, report->processes ? report->process[0]->pid : 0,
				      report->processes ? report->process[0]->exe : "");
	return rc;
}

bool lh_loaded_runs_write(const char *command, const char *file, const struct lh_report *report,
			  struct lh_render_text_style *style, lh_renderer *render)
{
	lh_progress_phase("writing");
	if (!*file)
		lh_progress_close(); /* stdout may be the same terminal */
	int rc = *file ? render_to(file, report, style, render)
		       : lh_render(render, report, style, stdout);

	if (rc > 0)
		lh_log("%s: %s%scannot write: %s", command, file, *file ? ": " : "", strerror(rc));
	return rc == 0;
}
