/* write_core.c — an ELF core: notes for threads, auxiliary vector and files, then the memory. */
#include "tools/process/write_core.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

#include "tools/process/proc.h"
#include "tools/process/stop.h"
#include "tools/util/arena.h"

enum { PAGE = 4096, STOP_MS = 500, CHUNK = 64 << 10, NAME_BYTES = 8, AUXV_BYTES = 4096 };
#define MEMORY_MAX (64ull << 30) /* of one mapping: sanitizers reserve terabytes */

#if defined __x86_64__
enum { MACHINE = EM_X86_64 };
#else
enum { MACHINE = EM_AARCH64 };
#endif

struct mapping {
	uint64_t start, end, offset;
	char flags[5]; /* "rw-p" */
	const char *path;
	uint64_t bytes; /* of it that are in the core */
};

struct core {
	struct lh_arena *arena;
	pid_t pid;
	int memory, fd;
	struct mapping *map;
	uint32_t maps;
	unsigned char *notes;
	size_t notes_n;
};

/* ---- mappings ---- */

/* Of a file that the process cannot have changed, the first page tells which file it is. */
static uint64_t bytes_of(const struct mapping *m)
{
	bool file = m->path[0] == '/';

	if (m->flags[0] != 'r' || strstr(m->path, "memfd:lockhound") ||
	    !strncmp(m->path, "[v", 2) || m->end - m->start > MEMORY_MAX)
		return !strcmp(m->path, "[vdso]") ? m->end - m->start : 0;
	if (file && m->flags[3] == 's')
		return 0;
	return file && m->flags[1] != 'w' ? PAGE : m->end - m->start;
}

static bool read_maps(struct core *c)
{
	char path[40], *line = NULL;
	size_t capacity = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", c->pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	while (getline(&line, &capacity, f) > 0) {
		struct mapping m = {0};
		unsigned long long start, end, offset;
		int at = 0;
		if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, m.flags, &offset,
			   &at) < 4)
			continue;
		line[strcspn(line, "\n")] = '\0';
		m.start = start;
		m.end = end;
		m.offset = offset;
		m.path = lh_arena_strdup(c->arena, at ? line + at : "");
		m.bytes = bytes_of(&m);
		LH_PUSH(c->arena, c->map, c->maps, m);
	}
	free(line);
	fclose(f);
	return c->maps > 0;
}

/* ---- notes ---- */

static void add_note(struct core *c, uint32_t type, const void *data, size_t n)
{
	static const char name[NAME_BYTES] = "CORE";
	Elf64_Nhdr head = {.n_namesz = 5, .n_descsz = (uint32_t)n, .n_type = type};
	size_t all = sizeof(head) + NAME_BYTES + (n + 3) / 4 * 4;
	unsigned char *notes = lh_arena_alloc(c->arena, c->notes_n + all);
	unsigned char *at = notes + c->notes_n;

	if (c->notes_n)
		memcpy(notes, c->notes, c->notes_n);
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), name, NAME_BYTES);
	memcpy(at + sizeof(head) + NAME_BYTES, data, n);
	c->notes = notes;
	c->notes_n += all;
}

static void add_thread(struct core *c, pid_t tid)
{
	struct elf_prstatus status = {.pr_pid = tid};
	struct user_regs_struct set;
	if (!lh_stop_begin(tid))
		return;
	bool stopped = lh_stop_wait(tid, STOP_MS, &set);
	if (stopped)
		memcpy(&status.pr_reg, &set, sizeof(set));
	lh_stop_end(tid, stopped ? &set : NULL);
	if (stopped)
		add_note(c, NT_PRSTATUS, &status, sizeof(status));
}

static bool add_threads(struct core *c)
{
	char path[40];
	struct dirent *e;
	snprintf(path, sizeof(path), "/proc/%d/task", c->pid);
	DIR *d = opendir(path);
	if (!d)
		return false;
	add_thread(c, c->pid); /* debuggers begin with the first */
	while ((e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != c->pid)
			add_thread(c, atoi(e->d_name));
	closedir(d);
	lh_stop_end_late();
	return c->notes_n > 0;
}

static void add_process(struct core *c)
{
	struct elf_prpsinfo info = {.pr_pid = c->pid, .pr_sname = 'S'};
	char name[64], auxv[AUXV_BYTES];
	size_t n = lh_proc_read(c->pid, "comm", name, sizeof(name));
	if (n)
		snprintf(info.pr_fname, sizeof(info.pr_fname), "%.*s", (int)n - 1, name);
	add_note(c, NT_PRPSINFO, &info, sizeof(info));
	n = lh_proc_read(c->pid, "auxv", auxv, sizeof(auxv));
	if (n)
		add_note(c, NT_AUXV, auxv, n);
}

/* A count and the page size; for each file start, end, page in the file; then the names. */
static void add_files(struct core *c)
{
	uint64_t *words = lh_arena_alloc(c->arena, (2 + 3 * (size_t)c->maps) * sizeof(*words));
	size_t names = 0, n = 2;
	for (uint32_t i = 0; i < c->maps; i++)
		names += c->map[i].path[0] == '/' ? strlen(c->map[i].path) + 1 : 0;
	unsigned char *note = lh_arena_alloc(c->arena, (2 + 3 * (size_t)c->maps) * 8 + names);
	for (uint32_t i = 0; i < c->maps; i++)
		if (c->map[i].path[0] == '/') {
			words[n++] = c->map[i].start;
			words[n++] = c->map[i].end;
			words[n++] = c->map[i].offset / PAGE;
		}
	words[0] = (n - 2) / 3;
	words[1] = PAGE;
	memcpy(note, words, n * sizeof(*words));
	n *= sizeof(*words);
	for (uint32_t i = 0; i < c->maps; i++)
		if (c->map[i].path[0] == '/') {
			size_t length = strlen(c->map[i].path) + 1;
			memcpy(note + n, c->map[i].path, length);
			n += length;
		}
	add_note(c, NT_FILE, note, n);
}

/* ---- the file ---- */

static bool write_all(int fd, const void *data, size_t n, uint64_t at)
{
	return pwrite(fd, data, n, (off_t)at) == (ssize_t)n;
}

static bool write_head(struct core *c, uint64_t at)
{
	Elf64_Ehdr e = {.e_type = ET_CORE,
			.e_machine = MACHINE,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(e),
			.e_ehsize = sizeof(e),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = (uint16_t)(c->maps + 1)};
	Elf64_Phdr note = {.p_type = PT_NOTE,
			   .p_offset = sizeof(e) + (c->maps + 1) * sizeof(note),
			   .p_filesz = c->notes_n};
	memcpy(e.e_ident, ELFMAG, SELFMAG);
	e.e_ident[EI_CLASS] = ELFCLASS64;
	e.e_ident[EI_DATA] = ELFDATA2LSB;
	e.e_ident[EI_VERSION] = EV_CURRENT;
	bool good = write_all(c->fd, &e, sizeof(e), 0) &&
		    write_all(c->fd, &note, sizeof(note), sizeof(e)) &&
		    write_all(c->fd, c->notes, c->notes_n, note.p_offset);
	for (uint32_t i = 0; i < c->maps && good; i++) {
		const struct mapping *m = &c->map[i];
		Elf64_Phdr load = {.p_type = PT_LOAD,
				   .p_offset = at,
				   .p_vaddr = m->start,
				   .p_filesz = m->bytes,
				   .p_memsz = m->end - m->start,
				   .p_align = PAGE};
		load.p_flags = (m->flags[0] == 'r' ? PF_R : 0u) | (m->flags[1] == 'w' ? PF_W : 0u) |
			       (m->flags[2] == 'x' ? PF_X : 0u);
		good = write_all(c->fd, &load, sizeof(load), sizeof(e) + (i + 1) * sizeof(load));
		at += m->bytes;
	}
	return good;
}

static bool is_zero(const unsigned char *data, size_t n)
{
	return !data[0] && !memcmp(data, data + 1, n - 1);
}

/* Pages of zeros stay holes. A page that cannot be read does too. */
static bool write_mapping(const struct core *c, const struct mapping *m, uint64_t at)
{
	static unsigned char chunk[CHUNK];
	for (uint64_t done = 0; done < m->bytes;) {
		size_t n = m->bytes - done < CHUNK ? (size_t)(m->bytes - done) : CHUNK;
		ssize_t got = pread(c->memory, chunk, n, (off_t)(m->start + done));
		if (got > 0 && !is_zero(chunk, (size_t)got) &&
		    !write_all(c->fd, chunk, (size_t)got, at + done))
			return false;
		done += got > 0 ? (size_t)got : PAGE;
	}
	return true;
}

static bool write_file(struct core *c)
{
	uint64_t head = sizeof(Elf64_Ehdr) + (c->maps + 1) * sizeof(Elf64_Phdr) + c->notes_n;
	uint64_t at = (head + PAGE - 1) / PAGE * PAGE;
	bool good = c->maps < PN_XNUM - 1 && write_head(c, at);
	for (uint32_t i = 0; i < c->maps && good; i++) {
		good = write_mapping(c, &c->map[i], at);
		at += c->map[i].bytes;
	}
	return good && !ftruncate(c->fd, (off_t)at);
}

static bool fill(struct core *c)
{
	if (!read_maps(c) || !add_threads(c))
		return false;
	add_process(c);
	add_files(c);
	return write_file(c);
}

bool lh_write_core(pid_t pid, const char *path)
{
	char memory[40];
	struct core c = {.arena = lh_arena_new(), .pid = pid};
	snprintf(memory, sizeof(memory), "/proc/%d/mem", pid);
	c.memory = open(memory, O_RDONLY | O_CLOEXEC);
	c.fd = c.memory < 0 ? -1 : open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	errno = c.fd < 0 ? errno : 0;
	bool good = c.fd >= 0 && fill(&c);
	int e = errno ? errno : EIO;
	if (c.fd >= 0 && close(c.fd))
		good = false;
	if (c.fd >= 0 && !good)
		unlink(path);
	if (c.memory >= 0)
		close(c.memory);
	lh_arena_free(c.arena);
	errno = e;
	return good;
}
