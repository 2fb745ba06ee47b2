/* merge.c — lockhound merge: merges the recorded runs of many tests or shards into one file. */
#include "tools/cmd/commands.h"
#include "tools/util/output_file.h"
#include "tools/cmd/load_runs.h"
#include "tools/util/log.h"

#include <errno.h>
#include <string.h>

enum { OUTPUT = 'o', HELP = 'h' };

static const struct option options[] = {
	{"output", required_argument, NULL, OUTPUT},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound merge: merge recorded runs into one\n\n"
	     "Usage: lockhound merge -o OUT FILE...\n\n"
	     "Examples:\n"
	     "  lockhound merge -o all.lh shard-*.lh\n"
	     "  lockhound report --format=junit -o locks.xml all.lh\n\n"
	     "Options:\n"
	     "  -o, --output=OUT      the file to write; it may be one of the input files\n"
	     "  -h, --help            this\n\n"
	     "Reports of the merged file show each finding once, with the number of processes that "
	     "had it.\n\n"
	     "Status: 0 written, 2 error: OUT is unchanged.");
}

static int copy(const struct lh_ledger_file *s, struct lh_output *out)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < s->n; i++)
		rc = lh_read_pack(&s->view[i], fileno(out->file));
	if (s->error[0])
		lh_log("merge: %s", s->error);
	return rc;
}

/* Each file is closed before the next is opened: shards may be many and large. */
static int merge(char **file, int n, struct lh_output *out)
{
	int rc = 0;

	for (int i = 0; i < n && !rc; i++) {
		struct lh_ledger_file s;

		if (lh_read_open(&s, file[i])) {
			rc = copy(&s, out);
		} else {
			lh_log("merge: %s", s.error);
			rc = -1;
		}
		lh_read_close(&s);
	}
	return rc;
}

static int merge_into(const char *path, char **file, int n)
{
	struct lh_output out;
	char error[4400];
	int rc;

	if (!lh_output_open(&out, path, error, sizeof(error))) {
		lh_log("merge: %s", error);
		return LH_STATUS_REPORT_ERROR;
	}
	rc = merge(file, n, &out);
	if (rc)
		lh_output_drop(&out);
	else
		rc = lh_output_finish(&out, 0, "merged");
	if (rc > 0)
		lh_log("merge: %s: %s", path, strerror(rc));
	return rc ? LH_STATUS_REPORT_ERROR : 0;
}

int lh_cmd_merge(int argc, char **argv)
{
	const char *out = NULL;
	bool begun = false;
	int o;

	while ((o = lh_loaded_runs_option("merge", &begun, argc, argv, ":o:h", options)) != -1) {
		if (o == HELP) {
			help();
			return 0;
		}
		if (o == '?')
			return LH_STATUS_REPORT_ERROR;
		out = optarg;
	}
	if (out && optind < argc)
		return merge_into(out, argv + optind, argc - optind);
	lh_log("merge: %s See 'lockhound merge --help'",
	       out ? "no input file." : "the option -o OUT is missing.");
	return LH_STATUS_REPORT_ERROR;
}
