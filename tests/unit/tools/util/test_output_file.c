/* test_output_file.c — tests that an output is whole or not there, also when a signal ends the
 * command.
 * LINKS: tools/util/ */
#include "tools/util/output_file.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many files the current folder has. */
static int files(void)
{
	DIR *folder = opendir(".");
	int n = 0;

	for (struct dirent *e; folder && (e = readdir(folder));)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	if (folder)
		closedir(folder);
	return n;
}

static void open_output(struct lh_output *o)
{
	char error[PATH_MAX + 100];

	CHECK(lh_output_open(o, "out", error, sizeof(error)));
	fputs("text", o->file);
	CHECK_EQ(files(), 1);
}

static void whole_or_not(void)
{
	struct lh_output o;

	open_output(&o);
	lh_output_drop(&o);
	CHECK_EQ(files(), 0);
	open_output(&o);
	CHECK(access("out", F_OK) != 0);
	CHECK_EQ(lh_output_finish(&o, 0, ""), 0);
	CHECK(access("out", F_OK) == 0);
	CHECK_EQ(unlink("out"), 0);
}

/* How a child ends that gets the signal while its output is open, or after it is finished. */
static int ended_by(int number, bool ignored, bool finished)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct lh_output o;

		signal(number, ignored ? SIG_IGN : SIG_DFL);
		open_output(&o);
		lh_output_drop_on_signal(&o);
		if (finished)
			lh_output_finish(&o, 0, "");
		raise(number);
		_exit(7);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		CHECK_EQ(ended_by(numbers[i], false, false), numbers[i]);
		CHECK_EQ(files(), 0);
		CHECK_EQ(ended_by(numbers[i], false, true), numbers[i]);
		CHECK(files() == 1 && unlink("out") == 0);
	}
	CHECK_EQ(ended_by(SIGHUP, true, true), -7);
	CHECK(files() == 1 && unlink("out") == 0);
}

int main(void)
{
	char folder[] = "/tmp/test_output_file.XXXXXX";

	if (!CHECK(mkdtemp(folder)) || !CHECK_EQ(chdir(folder), 0))
		return unit_done();
	whole_or_not();
	signals();
	CHECK(chdir("/") == 0 && rmdir(folder) == 0);
	return unit_done();
}
