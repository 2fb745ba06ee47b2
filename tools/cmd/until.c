/* until.c — counts the runs and the time of --until, and changes the seed. */
#include "tools/cmd/until.h"

#include <unistd.h>

#include "tools/util/log.h"
#include "tools/util/time.h"

bool lh_until_is_wanted(const struct lh_settings *s)
{
	return LH_OPTION(s, until).number;
}

bool lh_until_options_are_good(const struct lh_command *command, const struct lh_settings *s)
{
	const char *alone =
		LH_OPTION(s, budget).from == LH_FROM_FLAG ? "budget"
		: LH_OPTION(s, runs).from == LH_FROM_FLAG &&
				!(command->where & LH_IN_CHECK && LH_OPTION(s, confirm).from)
			? "runs"
			: NULL;
	if (lh_until_is_wanted(s) || !alone || command->where & LH_IN_CONFIRM)
		return true;
	lh_log("--%s: the program is run once; --until=finding runs it again", alone);
	return false;
}

void lh_until_begin(struct lh_until *u, struct lh_settings *s)
{
	if (!LH_OPTION(s, shake).number)
		lh_settings_set_seed(s, 0);
	*u = (struct lh_until){.settings = s,
			       .runs = 1,
			       .first = (unsigned)LH_OPTION(s, shake).number,
			       .since_ns = lh_time_now(),
			       .input = lseek(STDIN_FILENO, 0, SEEK_CUR)};
}

static unsigned last_seed(const struct lh_until *u)
{
	return (unsigned)LH_OPTION(u->settings, shake).number;
}

bool lh_until_again(struct lh_until *u)
{
	const struct lh_value *runs = &LH_OPTION(u->settings, runs);
	uint64_t budget = (uint64_t)LH_OPTION(u->settings, budget).number;
	unsigned seed = last_seed(u) + 1;

	if ((runs->from != LH_FROM_DEFAULT && u->runs >= (uint64_t)runs->number) ||
	    (budget && lh_time_now() - u->since_ns >= budget))
		return false;
	u->runs++;
	lh_settings_set_seed(u->settings, seed ? seed : 1); /* 0 is no seed */
	if (u->input >= 0)
		lseek(STDIN_FILENO, u->input, SEEK_SET);
	if (!LH_OPTION(u->settings, quiet).number)
		lh_log("run %u, delay seed %u", u->runs, last_seed(u));
	return true;
}

void lh_until_end(const struct lh_until *u, const char *what, const char *command)
{
	if (what)
		lh_log("run %u %s, with delay seed %u; to repeat it: %s", u->runs, what,
		       last_seed(u), command);
	else
		lh_log("no new finding in %u run%s, delay seeds %u to %u", u->runs,
		       u->runs == 1 ? "" : "s", u->first, last_seed(u));
}
