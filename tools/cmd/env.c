/*
 * env.c — lockhound env: prints the environment that preloads the library, for a shell, systemd or
 * Docker.
 */
#include "tools/cmd/commands.h"

#include <stdlib.h>
#include <string.h>

#include "tools/project/project.h"
#include "tools/run/preload.h"

enum { FOR_SHELL, FOR_SYSTEMD, FOR_DOCKER };

/* In single quotes, for a shell. */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static void print_shell(const char *library, const char *options, bool itt)
{
	printf("export LD_PRELOAD=");
	print_quoted(library);
	printf("${LD_PRELOAD:+:$LD_PRELOAD}\n");
	if (itt) {
		printf("export " LH_ITT_VARIABLE "=");
		print_quoted(library);
		putchar('\n');
	}
	if (!*options)
		return;
	printf("export LOCKHOUND_OPTIONS=");
	print_quoted(options);
	putchar('\n');
}

/* % and $ are special in a unit file, and \ and " inside quotes. */
static void print_unit_line(const char *name, const char *value)
{
	printf("Environment=\"%s=", name);
	for (; *value; value++) {
		if (*value == '%' || *value == '$')
			putchar(*value);
		else if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
	printf("\"\n");
}

static void print_systemd(const char *library, const char *options, bool itt)
{
	printf("[Service]\n");
	print_unit_line("LD_PRELOAD", library);
	if (itt)
		print_unit_line(LH_ITT_VARIABLE, library);
	if (*options)
		print_unit_line("LOCKHOUND_OPTIONS", options);
}

/* Unquoted: $(...) splits at blanks and does not interpret quotes. */
static void print_docker(const char *library, const char *options, bool itt)
{
	printf("-v %s:%s:ro -e LD_PRELOAD=%s", library, library, library);
	if (itt)
		printf(" -e " LH_ITT_VARIABLE "=%s", library);
	if (*options)
		printf(" -e LOCKHOUND_OPTIONS=%s", options);
	putchar('\n');
}

/* The process may start in another folder. */
static bool find_lock_api(struct lh_settings *s)
{
	static char path[PATH_MAX];
	struct lh_value *v = &LH_OPTION(s, lock_api);
	const char *given =
		v->from == LH_FROM_CONF ? lh_project_default_file(s->conf, v->text) : v->text;
	struct lh_arena *arena = lh_arena_new();
	struct lh_lock_api *rows = lh_arena_alloc(arena, sizeof(*rows));
	bool good = !*given || lh_lock_api_read(rows, arena, given);
	if (*given && good && realpath(given, path))
		v->text = path;
	lh_arena_free(arena);
	return good;
}

static int print(struct lh_settings *s, char **operand, int operands)
{
	static void (*const forms[])(const char *, const char *,
				     bool) = {print_shell, print_systemd, print_docker};
	struct lh_preload p;
	char options[4096], error[PATH_MAX + 400];
	(void)operand;
	if (operands)
		return lh_bad_operands(&lh_cmd_env, "env takes options only");
	if (!find_lock_api(s))
		return LH_STATUS_ERROR;
	if (!lh_preload_find(&p, error, sizeof(error)) ||
	    !lh_settings_for_library(s, options, sizeof(options))) {
		lh_log("%s", *p.library ? "the options are too long" : error);
		return LH_STATUS_ERROR;
	}
	if (*p.link_directory) {
		lh_preload_cleanup(&p);
		lh_log("the library's path has a space or colon, which LD_PRELOAD does not allow; "
		       "install it elsewhere");
		return LH_STATUS_ERROR;
	}
	if (LH_OPTION(s, as).number == FOR_DOCKER && strchr(options, ' ')) {
		lh_log("--as=docker: a value with a space cannot pass through $(...)");
		return LH_STATUS_ERROR;
	}
	forms[LH_OPTION(s, as).number](p.library, options, LH_OPTION(s, itt).number);
	return fflush(stdout) ? LH_STATUS_ERROR : 0;
}

const struct lh_command lh_cmd_env = {
	.name = "env",
	.purpose = "print the environment variables that preload the library",
	.synopsis = "[OPTION...]\n",
	.examples = "  eval \"$(lockhound env --long-hold=200ms)\"        this shell and its child "
		    "processes\n"
		    "  lockhound env --as=systemd --ledger=/var/log/app > "
		    "/etc/systemd/system/app.service.d/locks.conf\n"
		    "  docker run $(lockhound env --as=docker) image\n",
	.status = "  0 printed, 125 error\n",
	.where = LH_IN_ENV,
	.run = print,
};
