/* merge.c — lockhound merge: merges the recorded runs of many tests or shards into one file. */
#include "tools/cmd/commands.h"
#include "tools/util/output_file.h"
#include "tools/ledger/reader.h"

#include <errno.h>
#include <string.h>

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

static int start(struct lh_settings *s, char **file, int files)
{
	const char *out = LH_OPTION(s, result).text;

	if (*out && files)
		return merge_into(out, file, files);
	return lh_bad_operands(&lh_cmd_merge,
			       *out ? "no input file" : "the option -o OUT is missing");
}

const struct lh_command lh_cmd_merge = {
	.name = "merge",
	.purpose = "merge recorded runs into one",
	.synopsis = "-o OUT FILE...\n",
	.examples = "  lockhound merge -o all.lh shard-*.lh\n"
		    "  lockhound report --format=junit -o locks.xml all.lh\n",
	.notes = "OUT may be one of the input files. Reports of the merged file show each finding "
		 "once, with the\n"
		 "number of processes that had it.\n",
	.status = "  0 written, 2 error: OUT is unchanged\n",
	.where = LH_IN_MERGE,
	.run = start,
};
