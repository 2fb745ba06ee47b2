/* settings.c — reads flags, lockhound.conf and LOCKHOUND_OPTIONS; writes the library's part. */
#include "tools/settings/settings.h"
#include "tools/settings/settings_internal.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/util/config_lines.h"
#include "tools/util/escape.h"
#include "tools/util/log.h"

#define LIMIT "long_hold."
/* Where an option came from, for the line that reports a problem with it. */
struct option_origin {
	enum lh_option_origin from;
	struct lh_config_lines *conf; /* LH_FROM_CONF: the file, at the option's line */
	const char *value;            /* LH_FROM_CONF: the value in that line */
	const char *found;            /* LH_FROM_CONF: the path of a file that nobody named */
	const struct lh_command *command;
};

/* Values point into these texts, so the arena is never freed. */
static struct lh_arena *texts(void)
{
	static struct lh_arena *arena;
	if (!arena)
		arena = lh_arena_new();
	return arena;
}

/*
 * Reports a problem with an option: "lockhound.conf:3:1: timeout: ...", "--timeout: ...". `at`: the
 * place in the line of lockhound.conf. Always returns false.
 */
static bool reject(const struct option_origin *o, const char *key, size_t n, const char *at,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
static bool reject(const struct option_origin *o, const char *key, size_t n, const char *at,
		   const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *problem = lh_arena_vprintf(texts(), format, args);
	va_end(args);
	if (o->from == LH_FROM_CONF)
		return lh_config_lines_error(o->conf, at, "%.*s: %s", (int)n, key, problem);
	lh_log("%s%.*s: %s",
	       o->from == LH_FROM_ENV ? "LOCKHOUND_OPTIONS: "
	       : n == 1               ? "-"
				      : "--",
	       (int)n, key, problem);
	return false;
}

/* The commands whose options `o` may name: lockhound.conf serves several commands. */
static unsigned allowed(const struct option_origin *o)
{
	return o->from == LH_FROM_FLAG ? o->command->where : LH_IN_LIBRARY;
}

/* Commands with a report take one --format; run, check and confirm take any number. */
static bool unknown(const struct option_origin *o, const char *key, size_t n, const char *text)
{
	const char *name = o->command->name, *near = lh_settings_nearest(key, n, allowed(o));
	if (n == strlen("format") && !strncmp(key, "format", n) && allowed(o) & LH_IN_PROGRAM)
		return reject(o, key, n, key,
			      "unknown option; write %s%s=FILE; see 'lockhound %s --help'",
			      o->from == LH_FROM_FLAG ? "--" : "",
			      lh_render_find(text) ? text : "json", name);
	if (lh_settings_find(key, n, ~0u) >= 0)
		return reject(o, key, n, key, "not an option of '%s'; see 'lockhound %s --help'",
			      name, name);
	if (!near)
		return reject(o, key, n, key, "unknown option; see 'lockhound %s --help'", name);
	return reject(o, key, n, key,
		      "unknown option, did you mean %s%s? see 'lockhound %s --help'",
		      o->from == LH_FROM_FLAG ? "--" : "", near, name);
}

static bool set_output(struct lh_settings *s, const struct option_origin *o, int format,
		       const char *path)
{
	int i = 0;
	while (i < s->outputs && s->output[i].format != format)
		i++;
	if (i == LH_OUTPUTS_MAX)
		return false;
	if (i == s->outputs)
		s->output[s->outputs++].format = format;
	if (s->output[i].from <= o->from) {
		s->output[i].path = path;
		s->output[i].from = o->from;
	}
	return true;
}

/* Sets one option from one source, unless a stronger source has set it already. */
static bool set(struct lh_settings *s, const struct option_origin *o, const char *key, size_t n,
		const char *text)
{
	int found = lh_settings_find(key, n, allowed(o));
	if (found < 0)
		return unknown(o, key, n, text);
	const struct lh_setting *row = lh_settings_row(found);
	int64_t number = 0;
	if (!lh_settings_value(row, text, &number))
		return reject(o, key, n, o->value, "bad value '%s'; accepted: %s", text,
			      lh_settings_accepted(row));
	bool written = found >= LH_OPTS || found == LH_OPT_output || found == LH_OPT_log_file;
	if (o->found && (row->type == LH_TYPE_file || row->type == LH_TYPE_files) &&
	    !lh_settings_conf_may_name(texts(), o->found, text, written))
		return reject(o, key, n, o->value,
			      "%s: is outside of the repository; name it on the command line, or "
			      "this file by --config",
			      text);
	if (found >= LH_OPTS)
		return set_output(s, o, found - LH_OPTS, text);
	struct lh_value *v = &s->value[found];
	if (row->type == LH_TYPE_files && v->from == o->from)
		text = lh_arena_printf(texts(), "%s\n%s", v->text, text);
	if (v->from <= o->from)
		*v = (struct lh_value){number, text, o->from};
	return true;
}

/*
 * LOCKHOUND_OPTIONS as the library reads it: pairs separated by colons, commas or spaces. A bare
 * value ends at a colon or space, a quoted value at its quote. `run` is ignored: only a front end
 * passes it, to the library.
 */
static bool read_environment(struct lh_settings *s, const struct lh_command *command)
{
	const char *options = getenv("LOCKHOUND_OPTIONS");
	struct option_origin o = {.from = LH_FROM_ENV, .command = command};
	char *at = options ? lh_arena_strdup(texts(), options) : NULL;
	while (at && *(at += strspn(at, ":, "))) {
		char *key = at, *value = (char *)"1";
		size_t n = strcspn(key, "=:, ");
		at += n;
		if (*at == '=') {
			char quote = at[1] == '\'' || at[1] == '"' ? at[1] : 0;
			value = at + 1 + !!quote;
			at = value +
			     (quote ? strcspn(value, (char[]){quote, 0}) : strcspn(value, ": "));
		}
		if (*at)
			*at++ = '\0';
		if ((n != 3 || strncmp(key, "run", 3)) && !set(s, &o, key, n, value))
			return false;
	}
	return true;
}

/* long_hold.accounts = 500ms */
static bool set_limit(struct lh_settings *s, const struct option_origin *o, const char *key)
{
	const struct lh_setting *row = &lh_settings_table[LH_OPT_long_hold];
	size_t n = strlen(key);
	int64_t ns;
	if (n == strlen(LIMIT))
		return reject(o, key, n, key, "the name of the lock is missing");
	if (s->limits == LH_LIMITS_MAX)
		return reject(o, key, n, key, "too many entries");
	if (!lh_settings_value(row, o->value, &ns))
		return reject(o, key, n, o->value, "bad value '%s'; accepted: %s", o->value,
			      lh_settings_accepted(row));
	s->limit[s->limits].name = key + strlen(LIMIT);
	s->limit[s->limits++].ns = (uint64_t)ns;
	return true;
}

static bool read_line(struct lh_settings *s, struct option_origin *o)
{
	char *key = o->conf->text, *equals;
	key[strcspn(key, "#")] = '\0'; /* here a # inside a word begins a comment, too */
	equals = strchr(key, '=');
	if (!*key)
		return true;
	if (!equals)
		return lh_config_lines_error(o->conf, key,
					     "'%s' is not an option; expected 'key = value'",
					     lh_config_lines_trim(key));
	*equals = '\0';
	o->value = lh_config_lines_trim(equals + 1);
	key = lh_config_lines_trim(key);
	if (!strncmp(key, LIMIT, strlen(LIMIT)))
		return set_limit(s, o, key);
	return set(s, o, key, strlen(key), o->value);
}

/* `found`: nobody named it. */
static bool read_conf(struct lh_settings *s, const char *path, const struct lh_command *command,
		      bool found)
{
	struct lh_config_lines conf;
	struct option_origin o = {.from = LH_FROM_CONF,
				  .conf = &conf,
				  .command = command,
				  .found = found ? path : NULL};
	bool good = lh_config_lines_open(&conf, texts(), path);
	s->conf = path;
	while (good && lh_config_lines_next(&conf))
		good = read_line(s, &o);
	lh_config_lines_close(&conf);
	return good && !conf.bad;
}

/*
 * The nearest lockhound.conf in the current directory or one above it, up to the top of the
 * repository; outside of a repository, only the current directory's. A file whose owner is neither
 * the user nor root is ignored: its output options could make us write files as the user.
 */
static const char *find_conf(void)
{
	static char found[PATH_MAX + 20];
	char dir[PATH_MAX], probe[PATH_MAX + 20], at[PATH_MAX + 20] = "";
	struct stat st;
	if (!getcwd(dir, sizeof(dir)))
		return NULL;
	for (bool here = true;; here = false) {
		snprintf(probe, sizeof(probe), "%s/lockhound.conf", dir);
		if (!*at && !stat(probe, &st) && (st.st_uid == geteuid() || st.st_uid == 0)) {
			strcpy(at, probe);
			if (here)
				strcpy(found, probe);
		}
		snprintf(probe, sizeof(probe), "%s/.git", dir);
		if (!access(probe, F_OK)) {
			strcpy(found, at);
			break;
		}
		char *slash = strrchr(dir, '/');
		if (!slash || !*dir)
			break;
		*slash = '\0';
	}
	return *found ? found : NULL;
}

/* A random seed, short enough to type again; never 0. */
static unsigned pick_seed(void)
{
	unsigned random = 0;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (unsigned)getpid() * 2654435761u;
	return random % 999999 + 1;
}

void lh_settings_set_seed(struct lh_settings *s, unsigned seed)
{
	s->seed_picked |= !seed;
	seed = seed ? seed : pick_seed();
	LH_OPTION(s, shake) =
		(struct lh_value){seed, lh_arena_printf(texts(), "%u", seed), LH_FROM_FLAG};
}

/* The option without its value: the default, or a seed for --shake. */
static int set_without_value(struct lh_settings *s, int found)
{
	const struct lh_setting *row = &lh_settings_table[found];
	s->value[found] = (struct lh_value){row->number, "", LH_FROM_FLAG};
	if (found == LH_OPT_shake)
		lh_settings_set_seed(s, 0);
	return 1;
}

static bool is_flag(int found)
{
	return found >= 0 && lh_settings_row(found)->type == LH_TYPE_flag;
}

/* --name=value, --name value, --name, --no-name. Returns the arguments used; 0: error. */
static int long_flag(struct lh_settings *s, const struct option_origin *o, char **argv)
{
	const char *key = argv[0] + 2;
	size_t n = strcspn(key, "=");
	int found = lh_settings_find(key, n, allowed(o));
	if (key[n])
		return set(s, o, key, n, key + n + 1);
	if (!strncmp(key, "no-", 3) && is_flag(lh_settings_find(key + 3, n - 3, allowed(o))))
		return set(s, o, key + 3, n - 3, "0");
	if (found < 0 || is_flag(found))
		return set(s, o, key, n, "1");
	if (lh_settings_row(found)->where & LH_VALUE_OPTIONAL)
		return set_without_value(s, found);
	if (argv[1])
		return set(s, o, key, n, argv[1]) ? 2 : 0;
	return reject(o, key, n, NULL, "no value; accepted: %s",
		      lh_settings_accepted(lh_settings_row(found)));
}

/* -q, -vq, -o FILE, -oFILE. Returns the arguments used; 0: error. */
static int short_flags(struct lh_settings *s, const struct option_origin *o, char **argv)
{
	for (const char *c = argv[0] + 1; *c; c++) {
		const struct lh_setting *row = lh_settings_table;
		while (row < lh_settings_table + LH_OPTS &&
		       !(row->letter == *c && row->where & allowed(o)))
			row++;
		if (row == lh_settings_table + LH_OPTS)
			return unknown(o, c, 1, "");
		if (row->type == LH_TYPE_flag) {
			set(s, o, row->name, strlen(row->name), "1");
			continue;
		}
		const char *text = c[1] ? c + 1 : argv[1];
		if (text)
			return !set(s, o, row->name, strlen(row->name), text) ? 0 : c[1] ? 1 : 2;
		return reject(o, c, 1, NULL, "no value; accepted: %s", lh_settings_accepted(row));
	}
	return 1;
}

/* True: help or the version was printed. */
static bool is_question(const struct lh_command *command, const char *argument)
{
	if (!strcmp(argument, "--help") || !strcmp(argument, "-h"))
		lh_settings_help(command);
	else if (!strcmp(argument, "--version"))
		printf("lockhound %s\n", LH_VERSION);
	else
		return false;
	return true;
}

/*
 * Moves the operands behind the options; those of a program begin with its name. Returns as
 * lh_settings_read.
 */
static int read_flags(struct lh_settings *s, const struct lh_command *command, int argc,
		      char **argv)
{
	struct option_origin o = {.from = LH_FROM_FLAG, .command = command};
	int i = 1, operands = 0;
	while (i < argc) {
		char *argument = argv[i];
		if (!strcmp(argument, "--")) {
			i++;
			break;
		}
		if (argument[0] != '-' || !argument[1]) {
			if (command->where & LH_IN_PROGRAM)
				break;
			argv[1 + operands++] = argv[i++];
			continue;
		}
		if (is_question(command, argument))
			return 0;
		int used = argument[1] == '-' ? long_flag(s, &o, argv + i)
					      : short_flags(s, &o, argv + i);
		if (!used)
			return -1;
		i += used;
	}
	memmove(argv + i - operands, argv + 1, (size_t)operands * sizeof(*argv));
	return i - operands;
}

int lh_settings_read(struct lh_settings *s, const struct lh_command *command, int argc, char **argv)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < LH_OPTS; i++) {
		s->value[i].number = lh_settings_table[i].number;
		s->value[i].text = lh_settings_table[i].preset ? lh_settings_table[i].preset : "";
	}
	int first = read_flags(s, command, argc, argv);
	if (first <= 0 || !(command->where & LH_IN_LIBRARY))
		return first;
	const char *conf = s->value[LH_OPT_config].text;
	bool found = !*conf;
	if (found)
		conf = find_conf();
	if ((conf && !read_conf(s, conf, command, found)) || !read_environment(s, command))
		return -1;
	if (!s->value[LH_OPT_help].number)
		return first;
	lh_settings_help(command);
	return 0;
}

static bool changes_findings(int i)
{
	return lh_settings_table[i].library || i == LH_OPT_wrappers || i == LH_OPT_source_root ||
	       i == LH_OPT_config || i == LH_OPT_timeout || i == LH_OPT_from;
}

const char *lh_settings_repeat(const struct lh_settings *s, struct lh_arena *arena)
{
	const char *text = "";
	for (int i = 0; i < LH_OPTS; i++) {
		const struct lh_value *v = &s->value[i];
		if (v->from != LH_FROM_FLAG || !changes_findings(i))
			continue;
		char *name = lh_arena_strdup(arena, lh_settings_table[i].name);
		for (char *c = name; *c; c++)
			*c = *c == '_' ? '-' : *c;
		text = lh_arena_printf(arena, "%s --%s=%s", text, name,
				       lh_shell_quote(arena, v->text));
	}
	return text;
}

struct lh_report_options lh_settings_report(const struct lh_settings *s)
{
	return (struct lh_report_options){.wrappers = LH_OPTION(s, wrappers).text,
					  .root = LH_OPTION(s, source_root).text};
}

struct lh_render_text_style lh_settings_style(const struct lh_settings *s)
{
	int64_t least =
		LH_OPTION(s, fail).from ? LH_OPTION(s, fail).number : LH_OPTION(s, fail_on).number;
	least = LH_OPTION(s, diff_fail_on).from ? LH_OPTION(s, diff_fail_on).number : least;
	return (struct lh_render_text_style){
		.brief = !LH_OPTION(s, verbose).number,
		.source = LH_OPTION(s, source).number,
		.filtered = LH_OPTION(s, show_filtered).number || LH_OPTION(s, all).number,
		.locks = LH_OPTION(s, locks).number,
		.variants = LH_OPTION(s, verbose).number,
		.least = LH_ERROR - (least < LH_FAIL_ON_CONFIRMED ? least : 0),
		.only_happened = LH_OPTION(s, fail_on).number == LH_FAIL_ON_CONFIRMED,
		.empty_fine = LH_OPTION(s, allow_empty).number,
		.suppressed = LH_OPTION(s, sarif_include_suppressed).number,
		.file_attribute = LH_OPTION(s, junit_file_attr).number,
		.cycles_only = LH_OPTION(s, cycles_only).number,
		.all_locks = LH_OPTION(s, all_locks).number,
	};
}

/* One pair for the library; times in ns, the unit of the value. */
static int pair(char *out, size_t capacity, const struct lh_setting *row, const struct lh_value *v)
{
	switch (row->type) {
	case LH_TYPE_time:
		return snprintf(out, capacity, "%s=%lldns", row->name, (long long)v->number);
	case LH_TYPE_flag:
	case LH_TYPE_number:
		return snprintf(out, capacity, "%s=%lld", row->name, (long long)v->number);
	default:
		return snprintf(out, capacity, strpbrk(v->text, ": ") ? "%s='%s'" : "%s=%s",
				row->name, v->text);
	}
}

bool lh_settings_for_library(const struct lh_settings *s, char *out, size_t capacity)
{
	size_t at = 0;
	*out = '\0';
	for (int i = 0; i < LH_OPTS; i++) {
		if (!lh_settings_table[i].library || s->value[i].from == LH_FROM_DEFAULT)
			continue;
		if (at && at + 1 < capacity)
			out[at++] = ':';
		int n = pair(out + at, capacity - at, &lh_settings_table[i], &s->value[i]);
		if (n < 0 || at + (size_t)n >= capacity)
			return false;
		at += (size_t)n;
	}
	return true;
}
