/*
 * merge.c — lockhound merge: merges the recorded runs of many tests or shards into one file.
 *
 * - One ledger is in memory at a time: it goes to a scratch file, and its place there into a list.
 *   The list is sorted and the scratch file copied in that order, so the result does not depend on
 *   the order of the files, nor on what was merged before.
 * - A ledger that two files have is one process and is written once.
 * - Every damaged file is named, and then nothing is written.
 */
#include "tools/cmd/commands.h"
#include "tools/ledger/order.h"
#include "tools/util/list.h"
#include "tools/util/output_file.h"
#include "tools/util/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMED_MAX = 10 }; /* damaged files that get a line each */

/* A ledger in the scratch file. */
struct part {
	struct lh_ledger_key key;
	uint64_t at, bytes;
};

struct merge {
	struct lh_output out;
	int scratch;
	uint64_t end; /* of the scratch file */
	struct part *part;
	uint32_t parts, capacity;
	int rc;                                            /* errno of a write, or ENOMEM */
	uint32_t damaged;                                  /* files */
	char damage[LH_ERROR_TEXT_MAX + LH_PATH_MAX + 80]; /* in a ledger of the present file */
};

static bool take(void *user, const struct lh_ledger_view *r)
{
	struct merge *m = user;
	struct part *p;
	off_t end;

	if (r->error[0] && !m->damage[0]) {
		char title[LH_PATH_MAX + 40];

		lh_read_title(r, title, sizeof(title));
		snprintf(m->damage, sizeof(m->damage), "%s: %s", title, r->error);
	}
	if (!lh_list_grow(&m->part, &m->capacity, m->parts + 1, sizeof(*m->part))) {
		m->rc = ENOMEM;
		return false;
	}
	m->rc = lh_read_pack(r, m->scratch);
	end = lseek(m->scratch, 0, SEEK_CUR);
	p = &m->part[m->parts++];
	*p = (struct part){lh_ledger_key(r), m->end, (uint64_t)end - m->end};
	m->end = (uint64_t)end;
	return !m->rc;
}

static void read_file(struct merge *m, const char *file)
{
	struct lh_ledger_file s;
	bool good;

	m->damage[0] = 0;
	good = lh_read_each(&s, file, take, m);
	if (m->rc || (good && !s.error[0] && !m->damage[0]))
		return;
	if (m->damaged++ >= NAMED_MAX)
		return;
	if (s.error[0])
		lh_log("merge: %s", s.error);
	else
		lh_log("merge: %s: %s", file, m->damage);
}

static int by_key(const void *a, const void *b)
{
	return lh_ledger_key_compare(&((const struct part *)a)->key,
				     &((const struct part *)b)->key);
}

/* Equal keys are not enough: the hash may be equal by chance. */
static bool is_same(const struct merge *m, const struct part *a, const struct part *b)
{
	struct lh_byte_source from = {.fd = m->scratch, .size = m->end};
	struct lh_ledger_view x, y;
	bool same = by_key(a, b) == 0 && lh_read_copy(&x, &from, a->at);

	if (!same)
		return false;
	same = lh_read_copy(&y, &from, b->at) && lh_ledger_same(&x, &y);
	lh_read_drop(&x);
	lh_read_drop(&y);
	return same;
}

static void write_parts(struct merge *m)
{
	if (m->parts > 1)
		qsort(m->part, m->parts, sizeof(*m->part), by_key);
	for (uint32_t i = 0; i < m->parts && !m->rc; i++) {
		lh_progress_step("writing process", i + 1, m->parts);
		if (!i || !is_same(m, &m->part[i - 1], &m->part[i]))
			m->rc = lh_copy_bytes(m->scratch, m->part[i].at, m->part[i].bytes,
					      fileno(m->out.file));
	}
}

/* Names every damaged file, so that they can all be removed at once. */
static bool merge(struct merge *m, char **file, int n)
{
	for (int i = 0; i < n && !m->rc; i++) {
		lh_progress_step("file", (uint64_t)i + 1, (uint64_t)n);
		read_file(m, file[i]);
	}
	if (m->damaged > NAMED_MAX)
		lh_log("merge: %u more files are damaged or no recorded runs",
		       m->damaged - NAMED_MAX);
	if (!m->damaged && !m->rc)
		write_parts(m);
	lh_progress_close();
	return !m->damaged && !m->rc;
}

static int merge_into(const char *path, char **file, int n)
{
	struct merge m = {.scratch = -1};
	char error[4400];
	bool good;

	if (!lh_output_open(&m.out, path, error, sizeof(error))) {
		lh_log("merge: %s", error);
		return LH_STATUS_REPORT_ERROR;
	}
	lh_output_drop_on_signal(&m.out);
	m.scratch = lh_output_scratch(&m.out);
	m.rc = m.scratch < 0 ? errno : 0;
	good = merge(&m, file, n);
	if (good)
		m.rc = lh_output_finish(&m.out, 0, "merged");
	else
		lh_output_drop(&m.out);
	if (m.rc)
		lh_log("merge: %s: %s", path, strerror(m.rc));
	if (m.scratch >= 0)
		close(m.scratch);
	free(m.part);
	return good && !m.rc ? 0 : LH_STATUS_REPORT_ERROR;
}

static int start(struct lh_settings *s, char **file, int files)
{
	const char *out = LH_OPTION(s, result).text;

	lh_progress_open("merge", LH_OPTION(s, no_progress).number);
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
	.notes = "OUT may be one of the input files, and the order of the files does not matter. A "
		 "process that is\n"
		 "in two files is written once. Reports of the merged file show each finding once, "
		 "with the\n"
		 "number of processes that had it.\n",
	.status = "  0 written, 2 error, also a damaged file: OUT is unchanged\n",
	.where = LH_IN_MERGE,
	.run = start,
};
