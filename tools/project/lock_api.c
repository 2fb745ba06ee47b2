/* lock_api.c — checks the file of --lock-api, and says what became of its rows. */
#include "tools/project/lock_api.h"

#include <string.h>

#include "libcheck/lock_api/redirect.h"
#include "tools/util/config_lines.h"
#include "tools/util/log.h"

static bool read_line(struct lh_lock_api *a, struct lh_config_lines *l)
{
	struct lh_api_error e;

	if (lh_api_read_line(&a->rows, l->text, strlen(l->text), l->number, &e))
		return true;
	return e.length
		       ? lh_config_lines_error(l, e.word, "'%.*s' %s; expected %s", (int)e.length,
					       e.word, e.problem, e.expected)
		       : lh_config_lines_error(l, e.word, "%s; expected %s", e.problem, e.expected);
}

/* A lock that is acquired and never released, or the reverse, would make every report wrong. */
static bool check_kinds(const struct lh_lock_api *a)
{
	for (uint32_t i = 0; i < a->rows.rows; i++) {
		const struct lh_api_row *r = &a->rows.row[i];
		bool acquires = false, releases = false;

		for (uint32_t k = 0; k < a->rows.rows; k++) {
			const struct lh_api_row *other = &a->rows.row[k];
			acquires |= other->kind == r->kind && other->action <= LH_API_TIMED;
			releases |= other->kind == r->kind && other->action == LH_API_RELEASE;
		}
		if (acquires && releases)
			continue;
		lh_log("%s:%u:1: kind '%s' has no row that %s; expected a row with %s", a->path,
		       r->line, a->rows.kind[r->kind].name,
		       acquires ? "releases a lock" : "acquires one",
		       acquires ? "release" : "acquire, try or timed");
		return false;
	}
	return a->rows.rows || (lh_log("%s: no row; expected FUNCTION ACTION", a->path), false);
}

bool lh_lock_api_read(struct lh_lock_api *a, struct lh_arena *arena, const char *path)
{
	struct lh_config_lines l;
	size_t n = 0;

	*a = (struct lh_lock_api){.path = path, .text = lh_arena_alloc(arena, LH_RUN_API_BYTES)};
	lh_api_begin(&a->rows);
#if !defined(__x86_64__)
	lh_log("--lock-api: only code of x86-64 can be redirected");
	return false;
#endif
	if (!lh_config_lines_open(&l, arena, path))
		return false;
	while (lh_config_lines_next(&l)) {
		if (!read_line(a, &l))
			break;
		n += strlen(l.text) + 1;
		if (n >= LH_RUN_API_BYTES) {
			lh_config_lines_error(&l, l.text,
					      "the file is too long; expected at most %u bytes",
					      LH_RUN_API_BYTES - 1);
			break;
		}
		strcat(strcat(a->text, l.text), "\n");
	}
	lh_config_lines_close(&l);
	return !l.bad && check_kinds(a);
}

static const char *problem(uint8_t bits)
{
	return bits & LH_API_CHANGED_COPY ? "the compiler changed its parameters, or it does not "
					    "use the one with the lock"
	       : bits & LH_API_NO_SIZE    ? "its symbol has no size"
	       : bits & LH_API_TOO_SHORT  ? "it is too short for a jump"
	       : bits & LH_API_CODE       ? "its first instructions cannot be moved"
	       : bits & LH_API_NO_ROOM    ? "there is no free memory near it"
	       : bits & LH_API_FORBIDDEN  ? "the kernel refused to change its code"
					  : NULL;
}

/* One note for all functions that are nowhere: a file may serve several programs. */
static void note_missing(const struct lh_lock_api *a, struct lh_report *report,
			 const uint8_t *result)
{
	enum { NAMED_MAX = 8 };
	char text[4096] = "";
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->rows.rows; i++) {
		const struct lh_api_row *r = &a->rows.row[i];
		size_t at = strlen(text);

		if (!(result[i] & LH_API_FOUND) && !problem(result[i]) && n++ < NAMED_MAX)
			snprintf(text + at, sizeof(text) - at, "%s%.*s (line %u)", at ? ", " : "",
				 (int)(r->length < 400 ? r->length : 400), r->function, r->line);
	}
	if (n)
		lh_report_note(report,
			       "%s: %u of %u functions are in no program or library of the run, or "
			       "were inlined everywhere: %s%s",
			       a->path, n, a->rows.rows, text, n > NAMED_MAX ? " ..." : "");
}

void lh_lock_api_note(const struct lh_lock_api *a, struct lh_report *report, const uint8_t *result)
{
	if (!a->path)
		return;
	for (uint32_t i = 0; i < a->rows.rows; i++) {
		const struct lh_api_row *r = &a->rows.row[i];
		const char *why = problem(result[i]), *kind = a->rows.kind[r->kind].name;

		if (why)
			lh_report_note(report,
				       "%s:%u: '%.*s' cannot be watched: %s; in such a program no "
				       "lock of kind '%s' is watched",
				       a->path, r->line, (int)r->length, r->function, why, kind);
	}
	note_missing(a, report, result);
}
