/* main.c — selects the command. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/run/program_check.h"
#include "tools/util/nearest.h"

static const struct lh_command *const commands[] = {
	&lh_cmd_run,    &lh_cmd_check,   &lh_cmd_confirm, &lh_cmd_hang,  &lh_cmd_top,
	&lh_cmd_report, &lh_cmd_diff,    &lh_cmd_merge,   &lh_cmd_graph, &lh_cmd_suppress,
	&lh_cmd_policy, &lh_cmd_explain, &lh_cmd_doctor,  &lh_cmd_env};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void help(FILE *out)
{
	fprintf(out, "lockhound: finds deadlocks in unmodified programs, including those that have "
		     "not happened yet\n\n"
		     "Usage: lockhound [COMMAND] [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n"
		     "Examples:\n"
		     "  lockhound ./app\n"
		     "  lockhound check --timeout=60s -- make test\n\n"
		     "Commands:\n");
	for (int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->purpose);
	fprintf(out, "\n"
		     "'lockhound COMMAND --help' describes a command; --version\n");
}

/*
 * A file that we open would get the number of a closed standard descriptor, and a message would go
 * into the file. The program still starts with that descriptor closed.
 */
static void fill_standard(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR | O_CLOEXEC); /* the lowest free number is `fd` */
}

/* The status after a text that was asked for: `bad` if it could not be written. */
static int printed(int bad)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	lh_log("cannot write: %s", strerror(errno));
	return bad;
}

static int run(const struct lh_command *command, int argc, char **argv)
{
	struct lh_settings settings;
	int first = lh_settings_read(&settings, command, argc, argv);
	if (first < 0)
		return lh_bad_usage(command);
	return first ? command->run(&settings, argv + first, argc - first)
		     : printed(lh_bad_usage(command));
}

/* The first word is neither a command nor a program: is it a command with a mistake? */
static bool is_misspelled(const char *word)
{
	struct lh_nearest nearest = lh_nearest_to(word, strlen(word));
	struct lh_program t;
	for (int i = 0; i < COMMANDS; i++)
		lh_nearest_try(&nearest, commands[i]->name);
	if (!nearest.best || strchr(word, '/') || !access(word, F_OK))
		return false;
	lh_program_check(&t, word);
	if (t.verdict != LH_NOT_FOUND)
		return false;
	lh_log("%s: not found; did you mean 'lockhound %s'?", word, nearest.best);
	return true;
}

/*
 * With the rights of a set-id file or of file capabilities, the caller would choose by options and
 * variables which files we read and write with these rights.
 */
static bool has_rights_of_file(void)
{
	if (!getauxval(AT_SECURE))
		return false;
	lh_log("must not be installed set-id or with file capabilities; run it as the user whose "
	       "processes it inspects, or as root");
	return true;
}

int main(int argc, char **argv)
{
	fill_standard();
	if (has_rights_of_file())
		return LH_STATUS_ERROR;
	/* A second arena of malloc takes 64 MiB of address space, which `ulimit -v` may not have.
	 */
	mallopt(M_ARENA_MAX, 1);
	const char *first = argc > 1 ? argv[1] : NULL;
	if (!first) {
		help(stderr);
		return LH_STATUS_ERROR;
	}
	if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")) {
		help(stdout);
		return printed(LH_STATUS_ERROR);
	}
	if (!strcmp(first, "--version")) {
		printf("lockhound %s\n", LH_VERSION);
		return printed(LH_STATUS_ERROR);
	}
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(first, commands[i]->name))
			return run(commands[i], argc - 1, argv + 1);
	/*
	 * no command: argv[0] takes the place of the command's name, and options or a file follow
	 */
	if (!strncmp(first, "-p", 2) || !strncmp(first, "--core", 6))
		return run(&lh_cmd_hang, argc, argv);
	if (lh_is_recorded_run(first))
		return run(&lh_cmd_report, argc, argv);
	return is_misspelled(first) ? LH_STATUS_NOT_FOUND : run(&lh_cmd_run, argc, argv);
}
