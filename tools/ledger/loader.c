/* loader.c — opens a ledger file: a saved file, a run file, a pipe, or a live process. */
#include "tools/ledger/reader.h"
#include "tools/util/list.h"
#include "tools/util/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM_MAX (4ull << 30) /* bytes that are read from a pipe or device */

__attribute__((format(printf, 2, 3))) static bool complain(struct lh_ledger_file *s,
							   const char *format, ...)
{
	va_list args;

	/* The first error is the cause; later errors follow from it, so they are dropped. */
	if (s->error[0])
		return false;
	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
	return false;
}

/* Only its head remains of a ledger that was handed out. */
static bool hand_out(struct lh_ledger_file *s, struct lh_ledger_view *r)
{
	bool good = !s->take || s->take(s->user, r);

	if (s->take)
		lh_read_drop(r);
	return good;
}

static bool add_at(struct lh_ledger_file *s, const struct lh_byte_source *b, uint64_t at,
		   const char *name)
{
	struct lh_ledger_view *r;

	if (s->take)
		s->n = 0;
	if (!lh_list_grow(&s->view, &s->capacity, s->n + 1, sizeof(*s->view)))
		return complain(s, "%s: not enough memory", name);
	r = &s->view[s->n++];
	if (lh_read_copy(r, b, at)) {
		if (r->missing_rows)
			complain(s, "%s: file is cut short at %llu bytes", name,
				 (unsigned long long)b->size);
		return hand_out(s, r);
	}
	if (at == 0)
		complain(s, "%s: %s", name, r->error);
	else
		complain(s, "%s: at byte %llu: %s", name, (unsigned long long)at, r->error);
	lh_read_drop(r);
	s->n--;
	return false;
}

/* A saved file: one ledger after another. A `total` outside the file ends the loop. */
static void read_row(struct lh_ledger_file *s, const struct lh_byte_source *b, const char *name)
{
	uint64_t at = 0;

	while (at < b->size && add_at(s, b, at, name)) {
		uint64_t total = s->view[s->n - 1].head.total;

		if (total < sizeof(struct lh_ledger) || total >= b->size - at) {
			if (total > b->size - at)
				complain(s, "%s: file is cut short at %llu bytes of %llu", name,
					 (unsigned long long)b->size,
					 (unsigned long long)(at + total));
			break;
		}
		at += total;
		lh_progress_part(at, b->size, "read");
	}
}

/* A slot that is taken but not filled yet is no error; a slot with damaged contents is one. */
static void read_slot(struct lh_ledger_file *s, const struct lh_byte_source *b, uint64_t at,
		      const char *name)
{
	char magic[8] = "";
	struct lh_byte_source slot = *b;

	lh_read_get(b, at, magic, sizeof(magic));
	if (magic[0] == 0) {
		s->empty++;
		return;
	}
	if (slot.size > at + LH_RUN_SLOT_BYTES)
		slot.size = at + LH_RUN_SLOT_BYTES;
	add_at(s, &slot, at, name);
}

static void read_run(struct lh_ledger_file *s, const struct lh_byte_source *b, const char *name)
{
	struct lh_run_header header;
	uint64_t slots;

	if (lh_read_get(b, 0, &header, sizeof(header)) < sizeof(header)) {
		complain(s, "%s: cut short at %llu bytes, inside the run header", name,
			 (unsigned long long)b->size);
		return;
	}
	if (header.version != LH_LEDGER_VERSION) {
		complain(s, "%s: run file of version %u; this lockhound reads version %d", name,
			 header.version, LH_LEDGER_VERSION);
		return;
	}
	s->no_slot = header.no_slot;
	/* `next` also counts the processes that found no slot. */
	slots = b->size <= LH_RUN_HEADER_BYTES
			? 0
			: (b->size - LH_RUN_HEADER_BYTES + LH_RUN_SLOT_BYTES - 1) /
				  LH_RUN_SLOT_BYTES;
	if (slots > header.next)
		slots = header.next;
	for (uint64_t k = 0; k < slots; k++)
		read_slot(s, b, LH_RUN_HEADER_BYTES + k * LH_RUN_SLOT_BYTES, name);
	if (!s->n)
		complain(s, "%s: no process has a ledger in this run yet", name);
}

static bool read_any(struct lh_ledger_file *s, const struct lh_byte_source *b, const char *name)
{
	char magic[8] = "";

	if (b->size == 0)
		return complain(s, "%s: not a lockhound ledger (it is empty)", name);
	lh_read_get(b, 0, magic, sizeof(magic));
	if (memcmp(magic, LH_RUN_MAGIC, sizeof(magic)) == 0)
		read_run(s, b, name);
	else
		read_row(s, b, name);
	return s->n > 0;
}

bool lh_read_bytes(struct lh_ledger_file *s, const void *bytes, size_t size, const char *name)
{
	struct lh_byte_source b = {.fd = -1, .at = bytes, .size = size};

	memset(s, 0, sizeof(*s));
	return read_any(s, &b, name);
}

static bool begins_well(const void *bytes, size_t n)
{
	return n < 8 || memcmp(bytes, LH_RUN_MAGIC, 8) == 0 ||
	       memcmp(bytes, LH_LEDGER_MAGIC, 8) == 0;
}

/* Reads up to `max` bytes into *all. Returns how many; on an error SIZE_MAX. */
static size_t read_up_to(int fd, unsigned char **all, size_t max)
{
	size_t n = 0, capacity = 0;
	ssize_t got = 1;

	while ((got > 0 && n < max && begins_well(*all, n)) || (got < 0 && errno == EINTR)) {
		if (n == capacity) {
			unsigned char *bigger =
				realloc(*all, capacity = capacity ? capacity * 2 : 65536);

			if (!bigger)
				return SIZE_MAX;
			*all = bigger;
		}
		got = read(fd, *all + n, capacity - n < max - n ? capacity - n : max - n);
		n += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? SIZE_MAX : n;
}

/* A pipe cannot be read twice, so all of it is read into memory; not what is no ledger. */
static bool read_stream(struct lh_ledger_file *s, int fd, const char *name)
{
	unsigned char *all = NULL;
	size_t n = read_up_to(fd, &all, (size_t)STREAM_MAX + 1);
	bool good;

	if (n == SIZE_MAX)
		good = complain(s, "%s: %s", name, strerror(errno));
	else if (n > STREAM_MAX)
		good = complain(s, "%s: more than %llu bytes; name a file instead of a pipe", name,
				STREAM_MAX);
	else
		good = read_any(s, &(struct lh_byte_source){.fd = -1, .at = all, .size = n}, name);
	free(all);
	return good;
}

/*
 * A saved file of many small ledgers is read at once and split in memory. A file that a process may
 * still write to is not: its tables must be copied in their order.
 */
static unsigned char *read_at_once(const struct lh_byte_source *b)
{
	enum { LARGEST = 64 << 20 };
	struct lh_ledger head = {0};
	unsigned char *all;

	if (b->size > LARGEST || lh_read_get(b, 0, &head, sizeof(head)) < sizeof(head) ||
	    memcmp(head.magic, LH_LEDGER_MAGIC, sizeof(head.magic)) != 0 ||
	    !(head.flags & LH_LEDGER_PACKED) || head.total >= b->size)
		return NULL;
	all = malloc(b->size);
	if (all && lh_read_get(b, 0, all, b->size) == b->size)
		return all;
	free(all);
	return NULL;
}

static bool read_file(struct lh_ledger_file *s, struct lh_byte_source b, const char *name)
{
	unsigned char *all = read_at_once(&b);
	bool good;

	if (all) {
		b.fd = -1;
		b.at = all;
	}
	good = read_any(s, &b, name);
	free(all);
	return good;
}

static bool read_fd(struct lh_ledger_file *s, int fd, const char *name)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return complain(s, "%s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return complain(s, "%s: not a lockhound ledger (it is a directory)", name);
	if (!S_ISREG(st.st_mode))
		return read_stream(s, fd, name);
	return read_file(s, (struct lh_byte_source){.fd = fd, .size = (uint64_t)st.st_size}, name);
}

/*
 * A live process has its ledger mapped; no other mapping begins with our magic. The memory is read
 * through /proc/PID/mem, so the process is not stopped and needs no descriptor of its own.
 */
static bool read_mapping(struct lh_ledger_file *s, int mem, const char *line, const char *name)
{
	unsigned long long start;
	char rights[5] = "", magic[8];
	struct lh_byte_source b = {.fd = mem};

	if (sscanf(line, "%llx-%*x %4s", &start, rights) != 2 || strncmp(rights, "rw", 2) != 0)
		return false;
	b.start = start;
	b.size = LH_RUN_SLOT_BYTES; /* the ledger may continue in the next mapping */
	if (lh_read_get(&b, 0, magic, sizeof(magic)) < sizeof(magic) ||
	    memcmp(magic, LH_LEDGER_MAGIC, sizeof(magic)) != 0)
		return false;
	if (!add_at(s, &b, 0, name))
		return false;
	if (s->view[0].head.end == LH_END_UNKNOWN)
		s->view[0].head.end = LH_END_RUNNING;
	return true;
}

static bool read_process(struct lh_ledger_file *s, const char *pid)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return complain(s, "%s: no such file, and no process with that id can be read: %s",
				pid, strerror(errno));
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (mem < 0)
		complain(s,
			 "%s: cannot read this process's memory: %s (same user and ptrace rights "
			 "are needed)",
			 pid, strerror(errno));
	while (mem >= 0 && !s->n && getline(&line, &capacity, maps) >= 0)
		read_mapping(s, mem, line, pid);
	if (!s->n)
		complain(s,
			 "%s: this process has no lockhound ledger (it was started without "
			 "lockhound)",
			 pid);
	free(line);
	fclose(maps);
	if (mem >= 0)
		close(mem);
	return s->n > 0;
}

static bool is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n < 10 && text[n] == 0;
}

static bool open_any(struct lh_ledger_file *s, const char *file)
{
	bool good;
	int fd;

	if (strcmp(file, "-") == 0)
		return read_fd(s, STDIN_FILENO, "standard input");
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT && is_number(file))
		return read_process(s, file);
	if (fd < 0)
		return complain(s, "%s: %s", file, strerror(errno));
	good = read_fd(s, fd, file);
	close(fd);
	return good;
}

bool lh_read_open(struct lh_ledger_file *s, const char *file)
{
	memset(s, 0, sizeof(*s));
	return open_any(s, file);
}

bool lh_read_each(struct lh_ledger_file *s, const char *file,
		  bool (*take)(void *user, const struct lh_ledger_view *), void *user)
{
	bool good;

	*s = (struct lh_ledger_file){.take = take, .user = user};
	good = open_any(s, file);
	lh_read_close(s);
	return good;
}

void lh_read_close(struct lh_ledger_file *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		lh_read_drop(&s->view[i]);
	free(s->view);
	s->view = NULL;
	s->n = 0;
}
