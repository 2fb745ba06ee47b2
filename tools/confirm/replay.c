/* replay.c — writes and reads the settings of an attempt. */
#include "tools/confirm/replay.h"

#include "libcheck/base/hash.h"

#include <stdio.h>
#include <string.h>

static const char *const modes[LH_STEER_MODES] = {"every", "outer", "inner", "last", "same"};

enum { PAUSE_MAX = 60000 };

const char *lh_replay_mode(enum lh_steer_mode mode)
{
	return mode < LH_STEER_MODES ? modes[mode] : modes[0];
}

static unsigned check_of(const char *text, size_t n, const char *fingerprint)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
	for (const char *c = fingerprint; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ull;
	return (unsigned)(lh_hash_mix(hash, n) >> 48) & 0xff;
}

void lh_replay_write(const struct lh_steer_settings *s, uint64_t cycle, const char *fingerprint,
		     char text[LH_REPLAY_TEXT])
{
	int n = snprintf(text, LH_REPLAY_TEXT, "%s-%u-%u-", lh_replay_mode(s->mode), s->pause_ms,
			 s->seed);

	if (s->late.thread)
		n += snprintf(text + n, (size_t)(LH_REPLAY_TEXT - n), "%u.%u.%u-", s->late.thread,
			      s->late.before, s->late.after);
	n += snprintf(text + n, (size_t)(LH_REPLAY_TEXT - n), "%04x",
		      (unsigned)(cycle & LH_REPLAY_CYCLE));
	snprintf(text + n, (size_t)(LH_REPLAY_TEXT - n), "%02x",
		 check_of(text, (size_t)n, fingerprint));
}

static bool read_mode(const char *word, enum lh_steer_mode *mode)
{
	for (unsigned i = 0; i < LH_STEER_MODES; i++)
		if (!strcmp(word, modes[i])) {
			*mode = (enum lh_steer_mode)i;
			return true;
		}
	return false;
}

/* False: the text has another form. */
static bool read_settings(const char *text, struct lh_steer_settings *s, uint32_t *cycle)
{
	char word[8];
	unsigned check;
	int n = 0, m = 0;

	*s = (struct lh_steer_settings){0};
	if (strlen(text) >= LH_REPLAY_TEXT ||
	    sscanf(text, "%7[a-z]-%u-%u-%n", word, &s->pause_ms, &s->seed, &n) != 3 || !n)
		return false;
	if (strchr(text + n, '.')) {
		if (sscanf(text + n, "%u.%hhu.%hhu-%n", &s->late.thread, &s->late.before,
			   &s->late.after, &m) != 3)
			return false;
		n += m;
	}
	m = 0;
	return sscanf(text + n, "%4x%2x%n", cycle, &check, &m) == 2 && m && !text[n + m] &&
	       read_mode(word, &s->mode) && s->pause_ms <= PAUSE_MAX;
}

const char *lh_replay_read(const char *text, const char *fingerprint, struct lh_steer_settings *s,
			   uint32_t *cycle)
{
	char again[LH_REPLAY_TEXT];

	if (!read_settings(text, s, cycle))
		return "accepted: the settings that a confirmed finding names, such as "
		       "every-250-0-9c1f5a";
	lh_replay_write(s, *cycle, fingerprint, again);
	return strcmp(text, again) ? "these settings are not of this finding, or mistyped" : NULL;
}
