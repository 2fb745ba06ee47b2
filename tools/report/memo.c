/* memo.c — what a report remembers: the object that was made of each ledger row, and the notes for
 * the reader. */
#include "tools/report/report_internal.h"

#include <stdarg.h>
#include <string.h>

enum { NOTES_MAX = 1000 }; /* a damaged file gives a note for each row */

void lh_report_note(struct lh_report *report, const char *format, ...)
{
	va_list args;
	const char *text;

	if (report->notes >= NOTES_MAX) {
		report->note[NOTES_MAX - 1] = "further notes were left out";
		return;
	}
	va_start(args, format);
	text = lh_arena_vprintf(report->arena, format, args);
	va_end(args);
	for (uint32_t i = 0; i < report->notes; i++)
		if (strcmp(report->note[i], text) == 0)
			return;
	LH_PUSH(report->arena, report->note, report->notes, text);
}

void **lh_report_memo(struct lh_report *report, const struct lh_ledger_view *r,
		      enum lh_memo_kind kind, uint32_t row)
{
	const uint64_t key[] = {(uintptr_t)r, kind, row};

	return lh_map_get(&report->private_data->memo, report->arena, key, sizeof(key),
			  sizeof(void *));
}
