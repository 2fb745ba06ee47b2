/* origin.c — reads the rows of origin.def, and /proc. */
#include "libcheck/base/origin.h"
#include "libcheck/base/container.h"
#include "libcheck/base/sys.h"
#include "libcheck/base/text.h"

#include <fcntl.h>

static const char *const ranks[] = {
#define ORIGIN_RANK(variable) #variable,
#include "libcheck/origin.def"
	NULL,
};
static const char *const tests[] = {
#define ORIGIN_TEST(variable) #variable,
#include "libcheck/origin.def"
	NULL,
};
static const char *const shards[] = {
#define ORIGIN_SHARD(index, total) #index,
#include "libcheck/origin.def"
	NULL,
};
static const char *const totals[] = {
#define ORIGIN_SHARD(index, total) #total,
#include "libcheck/origin.def"
	NULL,
};
static const char *const commits[] = {
#define ORIGIN_COMMIT(variable) #variable,
#include "libcheck/origin.def"
	NULL,
};

/* What follows `name` and "=" in the text; NULL: it begins with something else. */
static const char *value_of(const char *text, const char *name)
{
	size_t n = lh_text_length(name);

	return lh_text_begins(text, name) && text[n] == '=' ? text + n + 1 : NULL;
}

/* The value of the first of these variables that is set and not empty; NULL: none is. */
static const char *variable(char **environment, const char *const *names)
{
	for (; *names; names++)
		for (char **e = environment; e && *e; e++) {
			const char *value = value_of(*e, *names);

			if (value && *value)
				return value;
		}
	return NULL;
}

/* The number plus 1; 0: there is none. */
static uint32_t number(const char *s)
{
	enum { NUMBER_MAX = 100000000 };
	uint32_t n = 0;

	if (!s)
		return 0;
	for (; *s >= '0' && *s <= '9' && n < NUMBER_MAX; s++)
		n = n * 10 + (uint32_t)(*s - '0');
	return *s ? 0 : n + 1;
}

/* The name of one test: a filter of GoogleTest without patterns. */
static const char *gtest_name(const char *argument)
{
	const char *name;

	while (*argument == '-')
		argument++;
	name = value_of(argument, "gtest_filter");
	for (const char *c = name; c && *c; c++)
		if (*c == '*' || *c == '?' || *c == ':' || *c == '-')
			return NULL;
	return name && *name ? name : NULL;
}

static const char *test_name(int argc, char **argv, char **environment)
{
	static const char *const first[] = {"LOCKHOUND_TEST", NULL};
	const char *name = variable(environment, first);

	for (int i = 1; !name && argv && i < argc && argv[i]; i++)
		name = argv[i][0] == '-' ? gtest_name(argv[i]) : NULL;
	return name ? name : variable(environment, tests);
}

static void copy(char *to, size_t size, const char *from)
{
	struct lh_text t = {to, 0, size, false};

	if (from)
		lh_text_safe(&t, from);
}

static void read_host(char *out, size_t size)
{
	int fd = lh_sys_open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC, 0);
	long n = fd < 0 ? 0 : lh_sys_read(fd, out, size - 1);

	if (fd >= 0)
		lh_sys_close(fd);
	while (n > 0 && out[n - 1] == '\n')
		n--;
	out[n < 0 ? 0 : n] = '\0';
}

/* True: see lh_container_at_root. */
static bool scan(const char *path, struct lh_container_scan *s)
{
	int fd = lh_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	bool at_root = false;
	char text[4096];

	if (fd < 0)
		return false;
	for (long n, at = 0; at < LH_CONTAINER_BYTES; at += n) {
		n = lh_sys_read(fd, text, sizeof(text));
		if (n <= 0)
			break;
		at_root = lh_container_at_root(text, (size_t)n);
		lh_container_scan(s, text, (size_t)n);
	}
	lh_sys_close(fd);
	return at_root;
}

static void read_container(char *out)
{
	struct lh_container_scan cgroup = {.mounts = false}, mounts = {.mounts = true};

	if (scan("/proc/self/cgroup", &cgroup) && !cgroup.found)
		scan("/proc/self/mountinfo", &mounts);
	if (cgroup.found || mounts.found)
		__builtin_memcpy(out, cgroup.found ? cgroup.id : mounts.id, sizeof(mounts.id));
}

void lh_origin_read(struct lh_origin *out, int argc, char **argv, char **environment)
{
	read_host(out->host, sizeof(out->host));
	read_container(out->container);
	copy(out->test, sizeof(out->test), test_name(argc, argv, environment));
	copy(out->commit, sizeof(out->commit), variable(environment, commits));
	out->rank = number(variable(environment, ranks));
	out->shard = number(variable(environment, shards));
	out->shards = number(variable(environment, totals));
	if (out->shard && out->shards)
		out->shards--;
	else
		out->shard = out->shards = 0;
}
