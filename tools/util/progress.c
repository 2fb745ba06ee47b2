/* progress.c — decides when the line of progress is shown, and shows it. */
#include "tools/util/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/util/arena.h"
#include "tools/util/escape.h"
#include "tools/util/log.h"
#include "tools/util/shorten.h"
#include "tools/util/time.h"

#define DELAY_NS (1000 * LH_MS)
#define BETWEEN_NS (100 * LH_MS)

static struct {
	bool shows, visible;
	uint64_t next; /* time of the next line */
	const char *command;
	char step[80];
} progress;

/* A terminal that cannot erase a line would keep them all. */
static bool can_erase(void)
{
	const char *kind = getenv("TERM");

	return kind && *kind && strcmp(kind, "dumb") != 0 && isatty(fileno(lh_log_stream()));
}

void lh_progress_open(const char *command, bool quiet)
{
	progress.shows = !quiet && can_erase();
	progress.next = lh_time_now() + DELAY_NS;
	progress.command = command;
	progress.step[0] = 0;
	progress.visible = false;
}

void lh_progress_close(void)
{
	if (progress.shows)
		lh_log_passing("");
	progress.shows = false;
}

bool lh_progress_is_due(void)
{
	uint64_t now;

	if (!progress.shows)
		return false;
	now = lh_time_now();
	if (now < progress.next)
		return false;
	progress.next = now + BETWEEN_NS;
	return true;
}

static uint32_t columns(void)
{
	struct winsize size;

	return ioctl(fileno(lh_log_stream()), TIOCGWINSZ, &size) == 0 && size.ws_col > 1
		       ? size.ws_col
		       : 80;
}

void lh_progress_show(const char *text)
{
	struct lh_arena *arena = lh_arena_new();

	text = lh_arena_printf(arena, "lockhound: %s: %s", progress.command, text);
	text = lh_escape(arena, LH_ESCAPE_TEXT, text);
	lh_log_passing(lh_shorten_end(arena, text, columns() - 1));
	progress.visible = true;
	lh_arena_free(arena);
}

void lh_progress_step(const char *what, uint64_t number, uint64_t of)
{
	if (!progress.shows)
		return;
	snprintf(progress.step, sizeof(progress.step), "%s %llu of %llu", what,
		 (unsigned long long)number, (unsigned long long)of);
	if (lh_progress_is_due())
		lh_progress_show(progress.step);
}

void lh_progress_phase(const char *what)
{
	if (!progress.shows)
		return;
	snprintf(progress.step, sizeof(progress.step), "%s", what);
	if (progress.visible || lh_progress_is_due())
		lh_progress_show(progress.step);
}

void lh_progress_part(uint64_t done, uint64_t of, const char *what)
{
	char text[160];

	if (!lh_progress_is_due() || !of)
		return;
	snprintf(text, sizeof(text), "%s%s%llu %% %s", progress.step, *progress.step ? ", " : "",
		 (unsigned long long)(100 * (done < of ? done : of) / of), what);
	lh_progress_show(text);
}
