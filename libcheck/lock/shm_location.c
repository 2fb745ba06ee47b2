/* shm_location.c — finds the shared memory at an address, by ioctl or from /proc/self/maps. */
#include "libcheck/lock/shm_location.h"
#include "libcheck/base/sys.h"
#include "libcheck/base/text.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/*
 * Linux 6.11 answers for one address (PROCMAP_QUERY); the system's headers may be older, so the
 * struct is here. An older kernel returns ENOTTY; then the text is read.
 */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, is, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY _IOWR('f', 17, struct query)
enum { IS_SHARED = 8 };

/* A System V segment has the name /SYSV and its key; the bound leaves room for " (deleted)". */
enum { NAME_MAX_OF_SYSV = 32, PIECE = 512, TEXT_MAX = 1 << 20 };

static bool is_sysv(const char *name)
{
	return lh_text_begins(name, "/SYSV");
}

static struct lh_shm_location shared(uint64_t dev, uint64_t ino, uint64_t off, bool sysv)
{
	ino |= sysv ? LH_SHM_SYSV : 0;
	if (!ino)
		return (struct lh_shm_location){.kind = LH_SHM_UNKNOWN};
	return (struct lh_shm_location){.kind = LH_SHM_SHARED, .dev = dev, .ino = ino, .off = off};
}

static bool read_maps(int fd, uint64_t at, struct lh_shm_location *w)
{
	char name[NAME_MAX_OF_SYSV] = "";
	struct query q = {.size = sizeof(q),
			  .address = at,
			  .name = (uintptr_t)name,
			  .name_size = sizeof(name)};

	/* a name longer than the buffer is an error, and not the name of a System V segment */
	if (lh_syscall(SYS_ioctl, fd, (long)QUERY, (long)&q, 0, 0, 0) < 0) {
		q = (struct query){.size = sizeof(q), .address = at};
		name[0] = '\0';
		if (lh_syscall(SYS_ioctl, fd, (long)QUERY, (long)&q, 0, 0, 0) < 0)
			return false;
	}
	*w = q.is & IS_SHARED ? shared(makedev(q.major, q.minor), q.inode, at - q.start + q.offset,
				       is_sysv(name))
			      : (struct lh_shm_location){.kind = LH_SHM_PRIVATE};
	return true;
}

/* ---- the text: "from-to perms offset major:minor inode   name" ---- */

static void skip(const char **s)
{
	while (**s == ' ' || **s == '-' || **s == ':')
		(*s)++;
}

/* The next number, behind separators. */
static uint64_t number(const char **s, unsigned base)
{
	uint64_t n = 0;

	for (skip(s);; (*s)++) {
		char c = **s;
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 99;
		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

/* False: this line contains the address. */
static bool other_line(struct lh_maps_scan *t)
{
	const char *s = t->line;
	uint64_t from = number(&s, 16);

	if (t->at < from || t->at >= number(&s, 16))
		return true;
	char last = 0;
	for (int i = 0; i < 5 && *s; i++) /* a space and four letters, the last of them s or p */
		last = *s++;
	uint64_t offset = number(&s, 16);
	unsigned major = (unsigned)number(&s, 16), minor = (unsigned)number(&s, 16);
	uint64_t ino = number(&s, 10);
	skip(&s);
	t->found = last == 's'
			   ? shared(makedev(major, minor), ino, t->at - from + offset, is_sysv(s))
			   : (struct lh_shm_location){.kind = LH_SHM_PRIVATE};
	return false;
}

bool lh_maps_scan_add(struct lh_maps_scan *t, const char *piece, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (piece[i] != '\n') {
			if (t->n + 1 < sizeof(t->line))
				t->line[t->n++] = piece[i];
			continue;
		}
		t->line[t->n] = '\0';
		t->n = 0;
		if (!other_line(t))
			return false;
	}
	return true;
}

static struct lh_shm_location read_text(int fd, uint64_t at)
{
	struct lh_maps_scan t = {.at = at};
	char piece[PIECE];
	long got, all = 0;

	while (all < TEXT_MAX && (got = lh_sys_read(fd, piece, sizeof(piece))) > 0) {
		if (!lh_maps_scan_add(&t, piece, (size_t)got))
			break;
		all += got;
	}
	return t.found;
}

struct lh_shm_location lh_shm_locate(const void *at)
{
	struct lh_shm_location w = {.kind = LH_SHM_UNKNOWN};

	if (lh_sys_seccomp_active())
		return w;
	int fd = lh_sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return w;
	/* a filter from before the start may forbid the ioctl; it allowed the start to read text */
	if (lh_sys_seccomp_at_start() || !read_maps(fd, (uintptr_t)at, &w))
		w = read_text(fd, (uintptr_t)at);
	lh_sys_close(fd);
	return w;
}
