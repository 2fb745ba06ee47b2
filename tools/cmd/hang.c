/* hang.c — lockhound hang: reports who waits for whom in a process that hangs, or in its core. */
#include "tools/cmd/commands.h"
#include "tools/cmd/hang.h"
#include "tools/cmd/load_runs.h"
#include "tools/hang/text.h"
#include "tools/symbols/symbols.h"
#include "tools/util/progress.h"

/* A form of the report that is no text: instead of the text, or in a file. */
static bool write_form(const struct lh_value *option, const struct lh_report *report,
		       struct lh_render_text_style *style, lh_renderer *render)
{
	return !option->from || lh_loaded_runs_write("hang", option->text, report, style, render);
}

static bool write_report(const struct lh_settings *s, struct lh_hang_target *t)
{
	struct lh_render_text_style style = lh_settings_style(s);
	const struct lh_value *json = &LH_OPTION(s, hang_json), *html = &LH_OPTION(s, hang_html);
	struct lh_hang_page page = {&t->hang, t->report, &t->ledger};

	style.width = lh_render_text_width(stdout);
	style.color = lh_render_text_color(LH_OPTION(s, color).text, stdout);
	style.with = &page;
	lh_progress_close();
	if ((!json->from || *json->text) && (!html->from || *html->text))
		lh_hang_text(&t->hang, t->report, &t->ledger, &style, stdout);
	return write_form(json, t->report, &style, lh_render_json) &&
	       write_form(html, t->report, &style, lh_hang_html) && fflush(stdout) == 0 &&
	       !ferror(stdout);
}

static int hang_of_one(const struct lh_settings *s, const char *core, const char *pid)
{
	struct lh_symbols *symbols = lh_symbols_new(LH_OPTION(s, debuginfod).number);
	struct lh_hang_target t;
	int status;

	lh_hang_target_open(&t, s, core, pid, symbols);
	status = t.status;
	if (t.report && !write_report(s, &t))
		status = LH_STATUS_REPORT_ERROR;
	lh_progress_close();
	if (t.error)
		lh_log("%s", t.error);
	lh_hang_target_close(&t);
	lh_symbols_free(symbols);
	return status;
}

static int hang(struct lh_settings *s, char **operand, int operands)
{
	const char *core = LH_OPTION(s, core).text, *pid = LH_OPTION(s, pid).text;
	int named = operands + !!*pid;

	if (*core ? named || LH_OPTION(s, hang_children).number : !named)
		return lh_bad_operands(&lh_cmd_hang, "name a process or one core dump");
	lh_progress_open("hang", LH_OPTION(s, no_progress).number);
	if (named > 1 || LH_OPTION(s, hang_children).number)
		return lh_hang_of_several(s, operand, operands);
	return hang_of_one(s, core, operands ? *operand : pid);
}

const struct lh_command lh_cmd_hang = {
	.name = "hang",
	.purpose = "show why a process hangs: owners and waiters of locks (also: lockhound -p PID)",
	.synopsis = "[OPTION...] PID...     (or: lockhound -p PID)\n"
		    "       lockhound hang [OPTION...] --children PID...\n"
		    "       lockhound hang [OPTION...] --core FILE\n",
	.examples = "  lockhound -p $(pidof app)\n"
		    "  lockhound hang --json 4711 | jq '.findings[].message'\n"
		    "  lockhound hang --html=hang.html 4711\n"
		    "  lockhound hang --core core.4711\n"
		    "  lockhound hang --children $(pidof mpirun)\n",
	.notes = "A thread id stands for its process. The process need not run under lockhound. If "
		 "it does, the\n"
		 "report also shows readers, holders of semaphores, stacks of acquisitions and "
		 "times.\n",
	.status = "  0 no deadlock, 1 deadlock (of several processes: of one of them), 2 error\n",
	.where = LH_IN_HANG,
	.run = hang,
};
