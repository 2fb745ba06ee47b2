/* memo.c — what a report remembers: the object that was made of each ledger row, and the notes for
 * the reader. */
#include "tools/report/report_internal.h"

#include <stdarg.h>
#include <string.h>
#include <uthash.h>

struct lh_memo {
	struct {
		const struct lh_ledger_view *ledger;
		uint32_t kind, row;
	} key;
	void *value;
	UT_hash_handle hh;
};

void lh_report_note(struct lh_report *report, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = lh_arena_vprintf(report->private_data->arena, format, args);
	va_end(args);
	for (uint32_t i = 0; i < report->notes; i++)
		if (strcmp(report->note[i], text) == 0)
			return;
	LH_PUSH(report->private_data->arena, report->note, report->notes, text);
}

void **lh_report_memo(struct lh_report *report, const struct lh_ledger_view *r,
		      enum lh_memo_kind kind, uint32_t row)
{
	struct lh_memo *memo, ask;

	memset(&ask, 0, sizeof(ask));
	ask.key.ledger = r;
	ask.key.kind = kind;
	ask.key.row = row;
	HASH_FIND(hh, report->private_data->memo, &ask.key, sizeof(ask.key), memo);
	if (!memo) {
		memo = lh_arena_alloc(report->private_data->arena, sizeof(*memo));
		memo->key = ask.key;
		HASH_ADD(hh, report->private_data->memo, key, sizeof(memo->key), memo);
	}
	return &memo->value;
}

void lh_report_memo_free(struct lh_report *report)
{
	HASH_CLEAR(hh, report->private_data->memo);
}
