/* options.c — parses LOCKHOUND_OPTIONS by the rows of options.def. */
#include "libcheck/base/options.h"
#include "libcheck/base/duration.h"
#include "libcheck/base/sys.h"
#include "libcheck/base/text.h"
#include "libcheck/ledger.h"

enum type { T_flag, T_number, T_time, T_choice, T_text };

struct row {
	const char *name;
	enum type type;
	void *at;
	const char *accepted, *help;
};

struct lh_options lh_options = {
#define OPTION(name, type, value, accepted, where, help) .name = value,
#include "libcheck/options.def"
};

static const struct row rows[] = {
#define OPTION(name, type, value, accepted, where, help)                                           \
	{#name, T_##type, &lh_options.name, accepted, help},
#include "libcheck/options.def"
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool read_number(const char **s, uint64_t *v)
{
	const char *p = *s;

	for (*v = 0; *p >= '0' && *p <= '9'; p++) {
		if (*v > (UINT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (uint64_t)(*p - '0');
	}
	bool any = p != *s;
	*s = p;
	return any;
}

static bool read_choice(const char *s, const char *accepted, unsigned *v)
{
	size_t n = lh_text_length(s);

	for (*v = 0; *accepted; ++*v) {
		size_t i = 0;
		while (i < n && accepted[i] == s[i])
			i++;
		if (n && i == n && (accepted[n] == '|' || !accepted[n]))
			return true;
		while (*accepted && *accepted != '|')
			accepted++;
		if (*accepted)
			accepted++;
	}
	return false;
}

/* Changes the option only if the whole value is valid. */
static bool set(const struct row *r, const char *s)
{
	uint64_t v;
	unsigned c;

	switch (r->type) {
	case T_flag:
		if ((*s != '0' && *s != '1') || s[1])
			return false;
		*(bool *)r->at = *s == '1';
		return true;
	case T_number:
	case T_time:
		if (r->type == T_time ? !lh_duration_read(s, &v) : !read_number(&s, &v) || *s)
			return false;
		*(uint64_t *)r->at = v;
		return true;
	case T_choice:
		if (!read_choice(s, r->accepted, &c))
			return false;
		*(unsigned *)r->at = c;
		return true;
	case T_text:
		if (lh_text_length(s) >= LH_OPTION_TEXT)
			return false;
		lh_text_copy(r->at, LH_OPTION_TEXT, s);
		return true;
	}
	return false;
}

static void report_wrong(const char *name, const char *value, const char *accepted,
			 const char *forms)
{
	char buffer[512];
	struct lh_text t = LH_TEXT(buffer);

	lh_text_add(&t, "lockhound: LOCKHOUND_OPTIONS: ");
	lh_text_safe(&t, name);
	if (accepted) {
		lh_text_add(&t, "=");
		lh_text_safe(&t, value);
		lh_text_add(&t, " is not understood (accepted: ");
		lh_text_add(&t, accepted);
		lh_text_add(&t, forms);
		lh_text_add(&t, "); the default is used\n");
	} else {
		lh_text_add(&t, " is not an option of the library; LOCKHOUND_OPTIONS=help=1 lists "
				"them\n");
	}
	lh_sys_write(2, buffer, t.n);
}

static void apply(const char *name, const char *value)
{
	if (lh_text_equal(name, "run")) {
		lh_text_copy(lh_options.run, sizeof(lh_options.run), value);
		return;
	}
	for (int i = 0; i < ROWS; i++) {
		if (!lh_text_equal(name, rows[i].name))
			continue;
		if (!set(&rows[i], value))
			report_wrong(name, value, rows[i].accepted,
				     rows[i].type == T_time ? "; " LH_DURATION_FORMS : "");
		return;
	}
	report_wrong(name, value, NULL, "");
}

static void help(void)
{
	for (int i = 0; i < ROWS; i++) {
		char buffer[256];
		struct lh_text t = LH_TEXT(buffer);

		lh_text_add(&t, "  ");
		lh_text_add(&t, rows[i].name);
		lh_text_add(&t, "=");
		lh_text_add(&t, rows[i].accepted);
		lh_text_add(&t, "  ");
		lh_text_add(&t, rows[i].help);
		lh_text_add(&t, "\n");
		lh_sys_write(2, buffer, t.n);
	}
}

static bool separates(char c)
{
	return c == ':' || c == ',' || c == ' ';
}

/* Reads a pair key=value from `s`, where the value may be quoted; returns what follows the pair. */
static const char *read_pair(const char *s)
{
	char name[32] = "", value[LH_OPTION_TEXT] = "";
	struct lh_text n = LH_TEXT(name), v = LH_TEXT(value);

	while (*s && *s != '=' && !separates(*s))
		lh_text_char(&n, *s++);
	if (*s == '=') {
		s++;
		char quote = *s == '\'' || *s == '"' ? *s++ : '\0';
		/* a comma may be part of a value that is a list of patterns */
		while (*s && (quote ? *s != quote : *s != ':' && *s != ' '))
			lh_text_char(&v, *s++);
		if (quote && *s)
			s++;
	}
	if (n.n)
		apply(name, value);
	return s;
}

void lh_options_read(char **environment)
{
	static const char key[] = "LOCKHOUND_OPTIONS=";

	for (; environment && *environment; environment++) {
		if (!lh_text_begins(*environment, key))
			continue;
		const char *s = *environment + sizeof(key) - 1;
		while (*s)
			s = separates(*s) ? s + 1 : read_pair(s);
	}
	if (lh_options.stack_depth < 1 || lh_options.stack_depth > LH_FRAMES_MAX) {
		report_wrong("stack_depth", "", "1 to 256", "");
		lh_options.stack_depth = 32;
	}
	if (lh_options.help)
		help();
}
