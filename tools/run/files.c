/* files.c — opens, writes and names the files of a run. */
#include "tools/run/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/render/render.h"
#include "tools/util/log.h"

static bool open_one(struct lh_output *o, const char *option, const char *path)
{
	char error[PATH_MAX + 100];
	if (lh_output_open(o, path, error, sizeof(error)))
		return true;
	lh_log("--%s: %s", option, error);
	return false;
}

/* True if both paths name one file. A path to a pipe or device (/dev/null) may be used twice. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) || stat(b, &y))
		return strcmp(a, b) == 0;
	return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

struct named {
	const char *option, *path;
};

/* True if two outputs have one file, of which only the last would remain, or if an output would
 * overwrite the project's baseline, policy or config. */
static bool has_same_file_twice(const struct lh_settings *s)
{
	struct named all[LH_OUTPUTS_MAX + 6];
	int n = 0, written;

	all[n++] = (struct named){"output", LH_OPTION(s, output).text};
	all[n++] = (struct named){"log-file", LH_OPTION(s, log_file).text};
	for (int i = 0; i < s->outputs; i++)
		all[n++] = (struct named){lh_render_formats[s->output[i].format].name,
					  s->output[i].path};
	written = n;
	all[n++] = (struct named){"baseline", LH_OPTION(s, baseline).text};
	all[n++] = (struct named){"policy", LH_OPTION(s, policy).text};
	all[n++] = (struct named){"config", LH_OPTION(s, config).text};
	for (int i = 0; i < written; i++)
		for (int k = i + 1; k < n; k++)
			if (*all[i].path && *all[k].path && same_file(all[i].path, all[k].path)) {
				lh_log("--%s: %s: is also the file of --%s", all[i].option,
				       all[i].path, all[k].option);
				return true;
			}
	return false;
}

static bool open_log(struct lh_files *f, const char *path)
{
	char name[PATH_MAX], error[PATH_MAX + 100];

	if (!lh_output_name(path, name, sizeof(name))) {
		lh_log("--log-file: %s: the name of the log accepts only %%h, %%r, %%c and %%%%",
		       path);
		return false;
	}
	f->log = lh_output_open_log(name, error, sizeof(error));
	if (!f->log)
		lh_log("--log-file: %s", error);
	return f->log != NULL;
}

bool lh_files_open(struct lh_files *f, const struct lh_settings *s)
{
	if (has_same_file_twice(s))
		return false;
	const char *log = LH_OPTION(s, log_file).text, *record = LH_OPTION(s, output).text;
	if (*log && !open_log(f, log))
		return false;
	if (*record && !open_one(&f->record, "output", record))
		return false;
	for (int i = 0; i < s->outputs; i++)
		if (!open_one(&f->report[i], lh_render_formats[s->output[i].format].name,
			      s->output[i].path))
			return false;
	return true;
}

void lh_files_drop(struct lh_files *f)
{
	lh_output_drop(&f->record);
	for (int i = 0; i < LH_OUTPUTS_MAX; i++)
		lh_output_drop(&f->report[i]);
}

static int copy_store(int store, FILE *to)
{
	char buffer[64 << 10];
	ssize_t n;
	off_t at = 0;
	while ((n = pread(store, buffer, sizeof(buffer), at)) > 0) {
		if (fwrite(buffer, 1, (size_t)n, to) != (size_t)n)
			return errno;
		at += n;
	}
	return n < 0 ? errno : 0;
}

static bool finish(struct lh_output *o, const struct lh_files_content *of, int error,
		   const char *option)
{
	char path[PATH_MAX];
	strcpy(path, o->path);
	if (error)
		lh_output_drop(o);
	else
		error = lh_output_finish(o, of->pid, of->program);
	if (error)
		lh_log("--%s: %s: %s", option, path, strerror(error));
	return !error;
}

bool lh_files_write(struct lh_files *f, const struct lh_settings *s,
		    const struct lh_files_content *of)
{
	bool ok = true;
	struct lh_render_text_style style = lh_settings_style(s);

	style.source = style.locks = true;
	style.brief = false;
	if (f->record.file)
		ok &= finish(&f->record, of, copy_store(of->store, f->record.file), "output");
	for (int i = 0; i < s->outputs; i++) {
		const struct lh_format *format = &lh_render_formats[s->output[i].format];
		int error = lh_render(format->render, of->report, &style, f->report[i].file);
		ok &= finish(&f->report[i], of, error, format->name);
	}
	return ok;
}

bool lh_files_close_log(struct lh_files *f, const struct lh_settings *s)
{
	FILE *log = f->log;
	f->log = NULL;
	lh_log_redirect(NULL);
	if (!log)
		return true;
	bool bad = ferror(log) != 0;
	if (!fclose(log) && !bad)
		return true;
	lh_log("--log-file: %s: %s", LH_OPTION(s, log_file).text, strerror(errno));
	return false;
}
