/* output_file.c — writes to a temporary file and renames it at the end. */
#include "tools/util/output_file.h"
#include "tools/util/path.h"

#include <errno.h>
#include <fcntl.h>
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

/* Replaces %p %e %h and %% in `path`. False: the result is too long, or a % has another letter. */
static bool expand(const char *path, pid_t pid, const char *program, char *out, size_t capacity)
{
	char number[20], host[256] = "", letter[2] = "";
	size_t at = 0;
	bool good = true;
	snprintf(number, sizeof(number), "%d", (int)pid);
	gethostname(host, sizeof(host) - 1);
	*out = '\0';
	for (const char *c = path; *c && good; c++) {
		letter[0] = *c;
		if (*c != '%') {
			good = add(out, capacity, &at, letter);
			continue;
		}
		c++;
		good = *c == 'p'   ? add(out, capacity, &at, number)
		       : *c == 'e' ? add(out, capacity, &at, lh_path_base(program))
		       : *c == 'h' ? add(out, capacity, &at, host)
		       : *c == '%' ? add(out, capacity, &at, "%")
				   : false;
	}
	return good;
}

/* True if a rename would replace the file or cannot reach it: /dev/fd/3, a pipe, /dev/null. */
static bool is_direct(const char *path)
{
	struct stat st;
	return (!strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0) ||
	       !strncmp(path, "/proc/", 6) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
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

/* Does not wait for the reader of a pipe. */
static int open_direct(const char *target)
{
	int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		      0666);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
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
		snprintf(error, capacity, "%s: a file name accepts only %%p, %%e, %%h and %%%%",
			 path);
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
	*o->temp = '\0';
	return e;
}

void lh_output_drop(struct lh_output *o)
{
	if (o->file)
		fclose(o->file);
	if (*o->temp)
		unlink(o->temp);
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
