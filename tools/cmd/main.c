/* main.c — selects the command. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cmd/commands.h"
#include "libcheck/ledger.h"

static const struct lh_command *const commands[] = {
	&lh_cmd_run,     &lh_cmd_check,  &lh_cmd_hang,  &lh_cmd_top,      &lh_cmd_report,
	&lh_cmd_diff,    &lh_cmd_merge,  &lh_cmd_graph, &lh_cmd_suppress, &lh_cmd_policy,
	&lh_cmd_explain, &lh_cmd_doctor, &lh_cmd_env};
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

/* A recorded run as the first argument means: report it. */
static bool is_ledger_file(const char *path)
{
	char magic[sizeof(LH_LEDGER_MAGIC)] = "";
	struct stat st;
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(magic, 1, sizeof(magic), f) : 0;
	if (f)
		fclose(f);
	return n == sizeof(magic) && !memcmp(magic, LH_LEDGER_MAGIC, sizeof(magic));
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

static int run(const struct lh_command *command, int argc, char **argv)
{
	struct lh_settings settings;
	int first = lh_settings_read(&settings, command, argc, argv);
	if (first < 0)
		return lh_bad_usage(command);
	return first ? command->run(&settings, argv + first, argc - first) : 0;
}

int main(int argc, char **argv)
{
	fill_standard();
	const char *first = argc > 1 ? argv[1] : NULL;
	if (!first) {
		help(stderr);
		return LH_STATUS_ERROR;
	}
	if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")) {
		help(stdout);
		return 0;
	}
	if (!strcmp(first, "--version")) {
		printf("lockhound %s\n", LH_VERSION);
		return 0;
	}
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(first, commands[i]->name))
			return run(commands[i], argc - 1, argv + 1);
	/*
	 * no command: argv[0] takes the place of the command's name, and options or a file follow
	 */
	if (!strncmp(first, "-p", 2) || !strncmp(first, "--core", 6))
		return run(&lh_cmd_hang, argc, argv);
	return run(is_ledger_file(first) ? &lh_cmd_report : &lh_cmd_run, argc, argv);
}
