#include "tools/cmd/load_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lock_order/by_class.h"
#include "tools/util/output_file.h"
#include "tools/util/arena.h"
#include "tools/util/log.h"
#include "tools/symbols/symbols.h"
#include "tools/lock_order/cross_process.h"

static bool read_files(struct lh_recorded *r, char **file, int n)
{
	r->shelf = calloc((size_t)n + 1, sizeof(*r->shelf));
	for (; r->shelf && r->shelves < n; r->shelves++) {
		struct lh_shelf *s = &r->shelf[r->shelves];

		if (!lh_read_open(s, file[r->shelves])) {
			lh_say("%s", s->trouble);
			lh_read_close(s);
			return false;
		}
		r->incomplete |= s->trouble[0] != 0;
	}
	return r->shelf != NULL;
}

/* What a process without the command cannot know of itself. */
static void note_unwatched(struct lh_model *m)
{
	uint32_t alone = 0;

	for (uint32_t i = 0; i < m->processes; i++)
		alone += !m->process[i]->record->head.monitor && !m->process[i]->blind;
	if (alone)
		lh_model_note(
			m,
			"%u of %u process%s ran without 'lockhound run': of long holds only those "
			"are "
			"known that are over, and not what the holder did nor who waited; blocking "
			"calls and the profile of waits are missing",
			alone, m->processes, m->processes == 1 ? "" : "es");
}

bool lh_recorded_open(struct lh_recorded *r, char **file, int n, struct lh_model_wants wants,
		      struct lh_gate *gate, bool debuginfod)
{
	memset(r, 0, sizeof(*r));
	if (!read_files(r, file, n))
		return false;
	wants.symbols = r->symbols = lh_symbols_new(debuginfod);
	if (gate)
		lh_gate_join(gate, &wants);
	r->model = lh_model_new(wants);
	for (int i = 0; i < r->shelves; i++)
		lh_model_add_shelf(r->model, &r->shelf[i]);
	note_unwatched(r->model);
	lh_whole_judge(r->model, wants.filtered);
	lh_model_find_across(r->model);
	if (wants.by_class)
		lh_birth_judge(r->model, &(struct lh_birth_wants){.symbols = wants.symbols,
								  .wrappers = wants.wrappers,
								  .filtered = wants.filtered});
	if (gate)
		lh_gate_finish(gate, r->model);
	lh_model_finish(r->model);
	return true;
}

void lh_recorded_close(struct lh_recorded *r)
{
	lh_model_free(r->model);
	if (r->symbols)
		lh_symbols_free(r->symbols);
	while (r->shelves--)
		lh_read_close(&r->shelf[r->shelves]);
	free(r->shelf);
	memset(r, 0, sizeof(*r));
}

/* getopt's own message names the program as argv[0]; ours names the command. */
int lh_recorded_option(const char *command, bool *begun, int argc, char **argv, const char *letters,
		       const struct option *options)
{
	int option;

	opterr = 0;
	if (!*begun)
		optind = 0;
	*begun = true;
	option = getopt_long(argc, argv, letters, options, NULL);
	if (option == '?')
		lh_say("%s: option '%s' is not known; see 'lockhound %s --help'", command,
		       argv[optind - 1], command);
	else if (option == ':')
		lh_say("%s: option '%s' wants a value; see 'lockhound %s --help'", command,
		       argv[optind - 1], command);
	return option == ':' ? '?' : option;
}

const char *lh_recorded_join(const char *list, const char *file)
{
	static struct lh_pool *pool;

	if (!pool)
		pool = lh_pool_new();
	return lh_pool_print(pool, "%s%s%s", list ? list : "", list ? "\n" : "", file);
}

static int render_to(const char *file, const struct lh_model *m, struct lh_text_style *style,
		     lh_renderer *render)
{
	struct lh_output out;
	char why[4400];
	int rc;

	if (!lh_output_open(&out, file, why, sizeof(why))) {
		lh_say("%s", why);
		return -1;
	}
	rc = render(m, style, out.file);
	if (rc)
		lh_output_drop(&out);
	else
		rc = lh_output_finish(&out, m->processes ? m->process[0]->pid : 0,
				      m->processes ? m->process[0]->exe : "");
	return rc;
}

bool lh_recorded_write(const char *command, const char *file, const struct lh_model *m,
		       struct lh_text_style *style, lh_renderer *render)
{
	int rc = file ? render_to(file, m, style, render) : render(m, style, stdout);

	if (rc > 0)
		lh_say("%s: %s%scannot write it: %s", command, file ? file : "", file ? ": " : "",
		       strerror(rc));
	return rc == 0;
}
