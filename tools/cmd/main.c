/* main.c — selects the subcommand. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cmd/commands.h"
#include "libcheck/ledger.h"
#include "tools/util/log.h"

static const struct {
	const char *name;
	lh_command *run;
	const char *purpose;
} commands[] = {
	{"run", lh_cmd_run, "run a program and report errors in its locking (the default command)"},
	{"check", lh_cmd_check,
	 "like run, as a CI gate: status 66 on findings, 125 if no lock operation was seen"},
	{"hang", lh_cmd_hang,
	 "show why a process hangs: owners and waiters of locks (also: lockhound -p PID)"},
	{"top", lh_cmd_top, "show a live table of the locks of a watched process"},
	{"report", lh_cmd_report, "show a recorded run"},
	{"diff", lh_cmd_diff, "compare two runs: new, fixed and unchanged findings"},
	{"merge", lh_cmd_merge, "merge recorded runs into one"},
	{"graph", lh_cmd_graph, "draw the lock-order graph, for Graphviz or Mermaid"},
	{"suppress", lh_cmd_suppress, "print entries for a suppression file"},
	{"policy", lh_cmd_policy, "learn and check a declared order of locks"},
	{"explain", lh_cmd_explain, "explain a rule and its fix"},
	{"doctor", lh_cmd_doctor,
	 "check whether lockhound works here, and with a program or process"},
	{"env", lh_cmd_env, "print the environment variables that preload the library"},
};
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
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].purpose);
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
		if (!strcmp(first, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strncmp(first, "-p", 2) || !strncmp(first, "--core", 6))
		return lh_cmd_hang(argc, argv);
	/*
	 * no command: argv[0] takes the place of the command's name, and options or a file follow
	 */
	return is_ledger_file(first) ? lh_cmd_report(argc, argv) : lh_cmd_run(argc, argv);
}
