/* output_file.c — writes to a temporary file and renames it at the end. */
#include "tools/util/output_file.h"
#include "tools/util/origin.h"
#include "tools/util/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Appends `text`. False: it does not fit. */
static bool add(char *out, size_t capacity, size_t *at, const char *text)
{
	int n = snprintf(out + *at, capacity - *at, "%s", text);
	*at += (size_t)n;
	return *at < capacity;
}

/* What stands for % and a letter; NULL: no such letter. Without a program there is no %p and %e. */
static const char *part_of_name(char letter, pid_t pid, const char *program, char *text, size_t n)
{
	switch (letter) {
	case 'p':
		snprintf(text, n, "%d", (int)pid);
		return program ? text : NULL;
	case 'e':
		return program ? lh_path_base(program) : NULL;
	case 'h':
		*text = '\0';
		gethostname(text, n - 1);
		return text;
	case 'r':
		lh_origin_rank(text);
		return text;
	case 'c':
		lh_origin_container(text);
		return text;
	default:
		return letter == '%' ? "%" : NULL;
	}
}

/* Replaces %p %e %h %r %c and %% in `path`. False: the result is too long, or a % has another
 * letter. */
static bool expand(const char *path, pid_t pid, const char *program, char *out, size_t capacity)
{
	char text[256] = "", letter[2] = "";
	size_t at = 0;
	bool good = true;
	*out = '\0';
	for (const char *c = path; good && *c; c++) {
		const char *part = letter;

		letter[0] = *c;
		if (*c == '%')
			part = part_of_name(*++c, pid, program, text, sizeof(text));
		good = part && add(out, capacity, &at, part);
	}
	return good;
}

bool lh_output_name(const char *path, char *out, size_t capacity)
{
	return expand(path, 0, NULL, out, capacity);
}

/* True if a rename would replace the file or cannot reach it: /dev/fd/3, a pipe, /dev/null. */
static bool is_direct(const char *path)
{
	struct stat st;
	return (!strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0) ||
	       !strncmp(path, "/proc/", 6) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

/* The number of the descriptor of ours that this path names, -1: none. */
static int own_descriptor(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(folders[i]);
		char *end;
		if (strncmp(path, folders[i], n) || path[n] < '0' || path[n] > '9')
			continue;
		long fd = strtol(path + n, &end, 10);
		return *end || fd > INT_MAX ? -1 : (int)fd;
	}
	return !strcmp(path, "/dev/stdout") ? 1 : !strcmp(path, "/dev/stderr") ? 2 : -1;
}

/* A descriptor of ours may be a file into which others write, too: opened again, it would be
 * truncated and have a position of its own. */
static int open_direct(const char *target)
{
	int own = own_descriptor(target);
	if (own >= 0 && (fcntl(own, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return fcntl(own, F_DUPFD_CLOEXEC, 3);
	if (own >= 0) {
		errno = EBADF;
		return -1;
	}
	int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		      0666); /* does not wait for the reader of a pipe */
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* ---- what another user may have put in the place of a file ---- */

static bool is_trusted(uid_t owner)
{
	return owner == geteuid() || owner == 0;
}

/*
 * A folder that all users may write to, such as /tmp: nobody may delete or rename another's file
 * there, but everybody may put a symbolic link or a pipe under the name that we are about to write.
 * Linux follows no such link and opens no such pipe (sysctl fs.protected_*), but not everywhere,
 * and realpath() reads the link by itself. NULL: nothing of that kind.
 */
static const char *planted(const char *target)
{
	struct stat st;

	if (lstat(target, &st) || is_trusted(st.st_uid))
		return NULL;
	return S_ISLNK(st.st_mode)    ? "is a symbolic link of another user, which is not followed"
	       : S_ISFIFO(st.st_mode) ? "is a pipe of another user"
				      : NULL;
}

/* A rename would fail at the end: the folder is as /tmp, and another user has a file there. */
static bool cannot_replace(const char *target, const struct stat *file)
{
	char folder[PATH_MAX];
	struct stat st;
	const char *slash = strrchr(target, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - target) + 1 : 1,
		 slash ? target : ".");
	return geteuid() && !stat(folder, &st) && st.st_mode & S_ISVTX && st.st_uid != geteuid() &&
	       file->st_uid != geteuid();
}

/* As the umask says, and not more than the present file allows. */
static void set_mode(int fd, const struct stat *before)
{
	mode_t mask = umask(0);
	umask(mask);
	if (fchmod(fd, (before ? before->st_mode & 0777 : 0666) & ~mask))
		errno = 0; /* a file system without modes: only its owner can read the file */
}

static int open_temp(struct lh_output *o, const char *target)
{
	char real[PATH_MAX];
	struct stat st;
	bool exists = !stat(target, &st);
	if (realpath(target, real) && strlen(o->path) && !strchr(o->path, '%'))
		strcpy(o->path, real); /* keep a symbolic link, replace its target */
	if (exists && (S_ISDIR(st.st_mode) || cannot_replace(o->path, &st))) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EPERM;
		return -1;
	}
	const char *slash = strrchr(o->path, '/');
	int dir = slash ? (int)(slash - o->path) + 1 : 0;
	if (snprintf(o->temp, sizeof(o->temp), "%.*s.lockhound.XXXXXX", dir, o->path) >=
	    (int)sizeof(o->temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkostemp(o->temp, O_CLOEXEC);
	if (fd < 0)
		*o->temp = '\0';
	else
		set_mode(fd, exists ? &st : NULL);
	return fd;
}

FILE *lh_output_open_log(const char *path, char *error, size_t capacity)
{
	const char *problem = planted(path);
	int fd = problem ? -1 : open_direct(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		snprintf(error, capacity, "%s: %s", path, problem ? problem : strerror(errno));
	return file;
}

bool lh_output_open(struct lh_output *o, const char *path, char *error, size_t capacity)
{
	char target[PATH_MAX];
	memset(o, 0, sizeof(*o));
	if (!strcmp(path, "-")) {
		snprintf(error, capacity,
			 "-: stdout belongs to the program; name a file, or /dev/stderr");
		return false;
	}
	if (!expand(path, getpid(), "program", target, sizeof(target))) {
		snprintf(error, capacity,
			 "%s: a file name accepts only %%p, %%e, %%h, %%r, %%c and %%%%", path);
		return false;
	}
	strcpy(o->path, strlen(path) < PATH_MAX ? path : "");
	const char *problem = planted(target);
	int fd = problem ? -1 : is_direct(target) ? open_direct(target) : open_temp(o, target);
	o->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!o->file)
		snprintf(error, capacity, "%s: %s", path, problem ? problem : strerror(errno));
	return o->file != NULL;
}

/* ---- a signal ends the command ---- */

static const char *volatile unfinished; /* a temporary file; NULL none */

static void drop_and_end(int number)
{
	if (unfinished)
		unlink(unfinished);
	signal(number, SIG_DFL);
	raise(number); /* is delivered when this function returns */
}

void lh_output_drop_on_signal(const struct lh_output *o)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction old, drop = {.sa_handler = drop_and_end};

	unfinished = *o->temp ? o->temp : NULL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!sigaction(numbers[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(numbers[i], &drop, NULL);
}

static void forget(struct lh_output *o)
{
	if (unfinished == o->temp)
		unfinished = NULL;
	*o->temp = '\0';
}

int lh_output_finish(struct lh_output *o, pid_t pid, const char *program)
{
	char target[PATH_MAX];
	errno = 0;
	bool bad = ferror(o->file) != 0;
	int e = fclose(o->file) || bad ? (errno ? errno : EIO) : 0;
	o->file = NULL;
	if (!*o->temp)
		return e;
	if (!e && !expand(o->path, pid, program, target, sizeof(target)))
		e = ENAMETOOLONG;
	if (!e && rename(o->temp, target))
		e = errno;
	if (e)
		unlink(o->temp);
	forget(o);
	return e;
}

void lh_output_drop(struct lh_output *o)
{
	if (o->file)
		fclose(o->file);
	if (*o->temp)
		unlink(o->temp);
	forget(o);
	memset(o, 0, sizeof(*o));
}

int lh_write_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? errno : EIO;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int lh_output_scratch(const struct lh_output *o)
{
	char path[PATH_MAX];
	const char *folder = getenv("TMPDIR");

	if (*o->temp)
		strcpy(strcpy(path, o->temp) + strlen(o->temp) - 6, "XXXXXX");
	else if (snprintf(path, sizeof(path), "%s/.lockhound.XXXXXX",
			  folder && *folder ? folder : "/tmp") >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int lh_copy_bytes(int from, uint64_t at, uint64_t n, int to)
{
	char some[65536];
	int rc = 0;

	while (n && !rc) {
		ssize_t got = pread(from, some, n < sizeof(some) ? n : sizeof(some), (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? errno : EIO;
		rc = lh_write_all(to, some, (size_t)got);
		at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return rc;
}
