/*
 * peek_core.c — reads threads, mappings and memory of a core dump. Trusts no number: every offset
 * is checked against the size of the file.
 */
#include "tools/process/peek_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTES_MAX (256u << 20)

struct lh_peek_core {
	int fd;
	uint64_t size;
	Elf64_Phdr *segment;
	uint32_t segments;
	unsigned char *notes;
	size_t notes_n;
	const unsigned char *files; /* NT_FILE */
	size_t files_n;
	uint64_t entry; /* AT_ENTRY */
};

#if defined __x86_64__
enum { MACHINE = EM_X86_64 };
#else
enum { MACHINE = EM_AARCH64 };
#endif

__attribute__((format(printf, 2, 3))) static bool refuse(struct lh_peek *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error, sizeof(p->error), format, args);
	va_end(args);
	return false;
}

static bool read_file(const struct lh_peek_core *c, uint64_t at, void *out, size_t n)
{
	return at <= c->size && n <= c->size - at && pread(c->fd, out, n, (off_t)at) == (ssize_t)n;
}

static bool read_memory(const struct lh_peek *p, uint64_t address, void *out, size_t n)
{
	const struct lh_peek_core *c = p->core;

	for (uint32_t i = 0; i < c->segments; i++) {
		const Elf64_Phdr *s = &c->segment[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr &&
		    address - s->p_vaddr < s->p_filesz && n <= s->p_filesz - (address - s->p_vaddr))
			return read_file(c, s->p_offset + (address - s->p_vaddr), out, n);
	}
	return false;
}

/* ---- notes ---- */

#if defined __x86_64__
/* A call that the signal or the debugger interrupted to make the core returns -ERESTARTSYS to
 * -ERESTART_RESTARTBLOCK, or -EINTR. */
static void set_call(struct lh_peek_task *t, const struct user_regs_struct *r)
{
	long rc = (long)r->rax;

	t->call = (long)r->orig_rax;
	t->blocked = t->call >= 0 && (rc == -EINTR || (rc <= -512 && rc >= -516));
	const uint64_t arg[] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};

	memcpy(t->arg, arg, sizeof(arg));
}
#else
/* The register set does not show whether the thread was in a call: see read_head. */
static void set_call(struct lh_peek_task *t, const struct user_regs_struct *r)
{
	(void)r;
	t->call = -1;
}
#endif

static void add_thread(struct lh_peek *p, const unsigned char *text, size_t n)
{
	struct lh_peek_task t = {.state = 'S', .unchanged = true};
	struct elf_prstatus s;
	struct user_regs_struct r;

	if (n < sizeof(s))
		return;
	memcpy(&s, text, sizeof(s));
	memcpy(&r, &s.pr_reg, sizeof(r));
	t.tid = t.own_tid = s.pr_pid;
	lh_peek_registers(&t, &r);
	set_call(&t, &r);
	if (!p->tasks) /* the thread that died comes first; PRPSINFO has the pid of its process */
		p->pid = s.pr_pid;
	LH_PUSH(p->arena, p->task, p->tasks, t);
}

static void set_process(struct lh_peek *p, const unsigned char *text, size_t n)
{
	struct elf_prpsinfo s;

	if (n < sizeof(s))
		return;
	memcpy(&s, text, sizeof(s));
	p->pid = s.pr_pid;
	p->forked = s.pr_flag & LH_PEEK_FORKED;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)sizeof(s.pr_fname), s.pr_fname);
	p->command = lh_arena_printf(p->arena, "%.*s", (int)sizeof(s.pr_psargs), s.pr_psargs);
}

static void set_entry(struct lh_peek *p, const unsigned char *text, size_t n)
{
	uint64_t pair[2];

	for (size_t i = 0; i + sizeof(pair) <= n; i += sizeof(pair)) {
		memcpy(pair, text + i, sizeof(pair));
		if (pair[0] == AT_ENTRY)
			p->core->entry = pair[1];
	}
}

static void add_note(struct lh_peek *p, unsigned type, const unsigned char *text, size_t n)
{
	switch (type) {
	case NT_PRSTATUS:
		add_thread(p, text, n);
		break;
	case NT_PRPSINFO:
		set_process(p, text, n);
		break;
	case NT_AUXV:
		set_entry(p, text, n);
		break;
	case NT_FILE:
		p->core->files = text;
		p->core->files_n = n;
		break;
	default:
		break;
	}
}

static void read_notes(struct lh_peek *p)
{
	const struct lh_peek_core *c = p->core;
	Elf64_Nhdr h;

	for (size_t i = 0; i + sizeof(h) <= c->notes_n;) {
		memcpy(&h, c->notes + i, sizeof(h));
		size_t name = ((size_t)h.n_namesz + 3) & ~3ul,
		       desc = ((size_t)h.n_descsz + 3) & ~3ul;
		size_t body = i + sizeof(h) + name;

		if (body > c->notes_n || desc > c->notes_n - body)
			return;
		if (h.n_namesz == 5 && memcmp(c->notes + i + sizeof(h), "CORE", 5) == 0)
			add_note(p, h.n_type, c->notes + body, h.n_descsz);
		i = body + desc;
	}
}

/* NT_FILE: count, page size; then start, end and page offset of each mapping; then the names. */
static void read_maps(struct lh_peek *p)
{
	const struct lh_peek_core *c = p->core;
	uint64_t head[2], row[3];
	size_t names;

	if (c->files_n < sizeof(head))
		return;
	memcpy(head, c->files, sizeof(head));
	if (head[0] > (c->files_n - sizeof(head)) / sizeof(row))
		return;
	names = sizeof(head) + head[0] * sizeof(row);
	for (uint64_t i = 0; i < head[0] && names < c->files_n; i++) {
		const char *name = (const char *)c->files + names;
		size_t n = strnlen(name, c->files_n - names);
		struct lh_peek_map m = {.path = lh_arena_printf(p->arena, "%.*s", (int)n, name)};

		memcpy(row, c->files + sizeof(head) + i * sizeof(row), sizeof(row));
		m.start = row[0];
		m.end = row[1];
		m.offset = row[2] * head[1];
		names += n + 1;
		LH_PUSH(p->arena, p->map, p->maps, m);
		if (c->entry >= m.start && c->entry < m.end)
			p->exe = m.path;
	}
	/* Stacks are mappings without a file. */
	for (uint32_t i = 0; i < c->segments; i++) {
		const Elf64_Phdr *s = &c->segment[i];
		struct lh_peek_map m = {
			.start = s->p_vaddr, .end = s->p_vaddr + s->p_filesz, .path = ""};

		if (s->p_type == PT_LOAD && s->p_filesz && !lh_peek_map_at(p, s->p_vaddr))
			LH_PUSH(p->arena, p->map, p->maps, m);
	}
}

/* ---- the file ---- */

static bool add_notes(struct lh_peek_core *c, const Elf64_Phdr *s)
{
	unsigned char *bigger;

	if (s->p_filesz > NOTES_MAX)
		return false;
	bigger = realloc(c->notes, c->notes_n + s->p_filesz);
	if (!bigger)
		return false;
	c->notes = bigger;
	if (!read_file(c, s->p_offset, c->notes + c->notes_n, s->p_filesz))
		return false;
	c->notes_n += s->p_filesz;
	return true;
}

/* If there are more than 65,534 segments, their number is in the first section header. */
static uint32_t count_segments(const struct lh_peek_core *c, const Elf64_Ehdr *e)
{
	Elf64_Shdr first;

	if (e->e_phnum != PN_XNUM)
		return e->e_phnum;
	return read_file(c, e->e_shoff, &first, sizeof(first)) ? first.sh_info : 0;
}

/* A full disk or a size limit truncates a core: its segments then end beyond the file's end. */
static void note_cut(struct lh_peek *p, const char *file)
{
	const struct lh_peek_core *c = p->core;
	uint64_t expected = 0;

	for (uint32_t i = 0; i < c->segments; i++) {
		uint64_t end = c->segment[i].p_offset + c->segment[i].p_filesz;

		if (end > expected && end >= c->segment[i].p_offset)
			expected = end;
	}
	if (expected > c->size)
		p->cut = lh_arena_printf(p->arena, "%s is cut short: %llu of %llu bytes", file,
					 (unsigned long long)c->size, (unsigned long long)expected);
}

static bool read_segments(struct lh_peek *p, const char *file, const Elf64_Ehdr *e)
{
	struct lh_peek_core *c = p->core;
	uint32_t n = count_segments(c, e);
	size_t bytes = (size_t)n * sizeof(*c->segment);

	c->segment = bytes && bytes <= c->size ? malloc(bytes) : NULL;
	if (!c->segment || !read_file(c, e->e_phoff, c->segment, bytes))
		return refuse(p, "%s: is a damaged core dump (no table of segments)", file);
	c->segments = n;
	note_cut(p, file);
	for (uint32_t i = 0; i < n; i++)
		if (c->segment[i].p_type == PT_NOTE && !add_notes(c, &c->segment[i]))
			return refuse(p, "%s: is cut short or damaged: its notes cannot be read",
				      file);
	return true;
}

static bool read_head(struct lh_peek *p, const char *file, Elf64_Ehdr *e)
{
	if (!read_file(p->core, 0, e, sizeof(*e)) || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(p, "%s: is not a core dump (not an ELF file)", file);
	if (e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != MACHINE)
		return refuse(p, "%s: is from another type of machine", file);
	if (e->e_type != ET_CORE)
		return refuse(p, "%s: is a program or library, not a core dump", file);
	if (MACHINE == EM_AARCH64)
		return refuse(p,
			      "%s: aarch64 cores do not record system calls; run hang on the live "
			      "process",
			      file);
	if (e->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(p, "%s: is a damaged core dump", file);
	return true;
}

static void close_core(struct lh_peek *p)
{
	struct lh_peek_core *c = p->core;

	close(c->fd);
	free(c->segment);
	free(c->notes);
	free(c);
}

static const struct lh_peek_source source = {
	.read = read_memory, .maps = read_maps, .close = close_core};

bool lh_peek_open_core(struct lh_peek *p, const char *file)
{
	struct stat st;
	Elf64_Ehdr e;
	int fd;

	memset(p, 0, sizeof(*p));
	p->arena = lh_arena_new();
	p->exe = p->command = "";
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse(p, "%s: %s", file, strerror(errno));
	p->core = calloc(1, sizeof(*p->core));
	if (!p->core || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		free(p->core);
		p->core = NULL;
		return refuse(p, "%s: is not a regular file", file);
	}
	p->source = &source;
	p->core->fd = fd;
	p->core->size = (uint64_t)st.st_size;
	if (!read_head(p, file, &e) || !read_segments(p, file, &e))
		return false;
	read_notes(p);
	if (p->tasks > 1)
		qsort(p->task, p->tasks, sizeof(*p->task), lh_peek_by_tid);
	lh_peek_objects(p);
	return p->tasks > 0 || refuse(p, "%s: has no threads", file);
}
