/* program_check.c — finds the program's ELF file, and checks whether LD_PRELOAD reaches it. */
#include "tools/run/program_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	SCRIPT_LINE = 256 /* the kernel reads no more of a #! line */,
	SCRIPTS = 5 /* the kernel's limit of nested scripts */
};

static void refuse(struct lh_program *t, enum lh_program_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void refuse(struct lh_program *t, enum lh_program_verdict verdict, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(t->error, sizeof(t->error), format, args);
	va_end(args);
	t->verdict = verdict;
}

static int can_execute(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
		return EACCES;
	return 0;
}

/* Searches as execvp does: after a file that may not be executed, the search continues. */
static int search_path(struct lh_program *t, const char *program)
{
	const char *dirs = getenv("PATH");
	int worst = ENOENT;
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (const char *d = dirs;; d++) {
		size_t n = strcspn(d, ":");
		if (snprintf(t->path, sizeof(t->path), "%.*s%s%s", (int)n, d, n ? "/" : "",
			     program) < (int)sizeof(t->path)) {
			int e = can_execute(t->path);
			if (!e)
				return 0;
			if (e == EACCES)
				worst = EACCES;
		}
		d += n;
		if (!*d)
			return worst;
	}
}

static bool find(struct lh_program *t, const char *program)
{
	int e = *program ? 0 : ENOENT;
	if (!e && !strchr(program, '/'))
		e = search_path(t, program);
	else if (!e)
		e = snprintf(t->path, sizeof(t->path), "%s", program) < (int)sizeof(t->path)
			    ? can_execute(program)
			    : ENAMETOOLONG;
	struct stat st;
	if (e == ENOENT && !strchr(program, '/') && !stat(program, &st) && S_ISREG(st.st_mode))
		refuse(t, LH_NOT_FOUND, "%s: is not in PATH; write ./%s", program, program);
	else if (e == ENOENT || e == ENOTDIR)
		refuse(t, LH_NOT_FOUND, "%s: not found", program);
	else if (e == EACCES)
		refuse(t, LH_NOT_RUNNABLE, "%s: is not executable", program);
	else if (e)
		refuse(t, LH_NOT_RUNNABLE, "%s: %s", program, strerror(e));
	return !e;
}

/* Replaces the script in t->loaded by its interpreter; for a text without "#!" this is /bin/sh, as
 * in execvp. */
static bool follow_script(struct lh_program *t, const char *line, ssize_t n)
{
	char name[SCRIPT_LINE];
	size_t from = 2;
	if (n < 2 || line[0] != '#' || line[1] != '!') {
		strcpy(t->loaded, "/bin/sh");
		return true;
	}
	from += strspn(line + from, " \t");
	size_t to = from + strcspn(line + from, " \t\r\n");
	snprintf(name, sizeof(name), "%.*s", (int)(to - from), line + from);
	int e = can_execute(name);
	if (e)
		refuse(t, e == EACCES ? LH_NOT_RUNNABLE : LH_NOT_FOUND,
		       "%s: its interpreter %s: %s", t->path, name, strerror(e));
	strcpy(t->loaded, name);
	return !e;
}

/* Follows scripts to an ELF file and opens it. -1: t->note or t->error has the reason. */
static int open_elf(struct lh_program *t)
{
	char line[SCRIPT_LINE + 1];
	for (int depth = 0; depth < SCRIPTS; depth++) {
		int fd = open(t->loaded, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			/* Executable but not readable: the program runs, and LD_PRELOAD works; only
			 * we cannot check it. */
			snprintf(t->note, sizeof(t->note), "its file cannot be read (%s)",
				 strerror(errno));
			return -1;
		}
		ssize_t n = pread(fd, line, SCRIPT_LINE, 0);
		if (n >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG))
			return fd;
		close(fd);
		line[n > 0 ? n : 0] = '\0';
		if (!follow_script(t, line, n))
			return -1;
	}
	refuse(t, LH_NOT_RUNNABLE, "%s: more than %d nested script interpreters", t->path, SCRIPTS);
	return -1;
}

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case EM_386:
		return "i386";
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "riscv";
	default:
		return "another machine";
	}
}

/* ELF class and machine that this process, and so our library, was built for. */
enum {
	OWN_CLASS = sizeof(void *) == 4 ? ELFCLASS32 : ELFCLASS64,
#if defined(__aarch64__)
	OWN_MACHINE = EM_AARCH64
#else
	OWN_MACHINE = EM_X86_64
#endif
};

static bool same_machine(struct lh_program *t, const GElf_Ehdr *head)
{
	int bits = head->e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
	if (head->e_ident[EI_CLASS] != OWN_CLASS)
		refuse(t, LH_UNREACHABLE,
		       "%s: is a %d-bit program and this lockhound is %d-bit; build lockhound for "
		       "it (CC='cc -m%d')",
		       t->loaded, bits, 96 - bits, bits);
	else if (head->e_machine != OWN_MACHINE)
		refuse(t, LH_UNREACHABLE,
		       "%s: is built for %s and this lockhound for %s; build lockhound there",
		       t->loaded, machine_name(head->e_machine), machine_name(OWN_MACHINE));
	return t->verdict == LH_WATCHABLE;
}

/*
 * Refuses a program that the kernel starts in secure mode (AT_SECURE), in which the loader ignores
 * our path. That happens only if the program gains an identity: set-id to an identity that we have
 * changes nothing, a nosuid mount or no_new_privs disables the bits, and root gains no capability.
 */
static void check_privileges(struct lh_program *t, int fd)
{
	struct stat st;
	struct statvfs fs;
	if (fstat(fd, &st) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (!fstatvfs(fd, &fs) && (fs.f_flag & ST_NOSUID)))
		return;
	bool setuid = (st.st_mode & S_ISUID) && st.st_uid != getuid();
	struct passwd *user = setuid ? getpwuid(st.st_uid) : NULL;
	if (setuid)
		refuse(t, LH_UNREACHABLE,
		       "%s: is setuid to %s, so the loader ignores LD_PRELOAD; run lockhound as "
		       "that user",
		       t->loaded, user ? user->pw_name : "another user");
	else if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())
		refuse(t, LH_UNREACHABLE,
		       "%s: is setgid, so the loader ignores LD_PRELOAD; run lockhound with that "
		       "group, or a copy without the bit",
		       t->loaded);
	else if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		refuse(t, LH_UNREACHABLE,
		       "%s: has file capabilities, so the loader ignores LD_PRELOAD; run lockhound "
		       "as root, or a copy without them",
		       t->loaded);
}

static bool read_string(int fd, const GElf_Phdr *p, char *out, size_t capacity)
{
	size_t n = p->p_filesz < capacity - 1 ? p->p_filesz : capacity - 1;
	ssize_t got = pread(fd, out, n, (off_t)p->p_offset);
	out[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static bool is_loader(const char *soname)
{
	return !strncmp(soname, "ld-linux", 8) || !strcmp(soname, "ld.so.1") ||
	       !strncmp(soname, "ld64.so", 7);
}

/* Notes libraries whose locks are futexes, which we cannot see. */
static void note_library(struct lh_program *t, const char *needed)
{
	static const struct {
		const char *begins, *note;
	} known[] = {
		{"libQt5Core.so",
		 "uses Qt: of QMutex and similar Qt locks only the waits are seen"},
		{"libQt6Core.so",
		 "uses Qt: of QMutex and similar Qt locks only the waits are seen"},
		{"libjli.so", "starts a Java VM: only locks of native code are watched; jstack "
			      "shows monitors and java.util.concurrent"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strncmp(needed, known[i].begins, strlen(known[i].begins)))
			strcpy(t->note, known[i].note);
}

/* Reads the needed libraries and the soname from the dynamic section. */
static void read_dynamic(Elf *elf, struct lh_program *t, char *soname, size_t capacity)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &head) || head.sh_type != SHT_DYNAMIC)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Dyn entry;
		for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
			if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_SONAME)
				continue;
			const char *text = elf_strptr(elf, head.sh_link, entry.d_un.d_val);
			if (text && entry.d_tag == DT_SONAME)
				snprintf(soname, capacity, "%s", text);
			else if (text && !strncmp(text, "libasan.so", 10))
				snprintf(t->asan, sizeof(t->asan), "%s", text);
			else if (text)
				note_library(t, text);
		}
	}
}

/* Notes whether the file has line numbers and a symbol table, and languages whose own locks we
 * cannot see. */
static void read_sections(Elf *elf, struct lh_program *t)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	size_t names;
	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		const char *name =
			gelf_getshdr(section, &head) ? elf_strptr(elf, names, head.sh_name) : NULL;
		t->debug |= name && !strcmp(name, ".debug_line");
		t->symbols |= name && !strcmp(name, ".symtab");
		if (name && !strcmp(name, ".go.buildinfo"))
			strcpy(t->note, "is a Go program: only locks of its C code are watched, "
					"not Go's own locks");
		if (!name || strcmp(name, ".comment"))
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		if (data && data->d_buf && memmem(data->d_buf, data->d_size, "rustc", 5))
			strcpy(t->note, "has Rust code: of the locks of Rust's std only the waits "
					"are seen");
	}
}

static void check_loader(struct lh_program *t, Elf *elf, int fd)
{
	char interpreter[PATH_MAX] = "", soname[100] = "";
	size_t n = 0;
	bool frames = false;
	GElf_Phdr p;
	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &p))
			continue;
		if (p.p_type == PT_INTERP)
			read_string(fd, &p, interpreter, sizeof(interpreter));
		frames |= p.p_type == PT_GNU_EH_FRAME;
	}
	if (!frames)
		strcpy(t->note,
		       "has no .eh_frame_hdr (the linker's option --eh-frame-hdr adds it): "
		       "stacks end at its first frame");
	read_dynamic(elf, t, soname, sizeof(soname));
	if (strstr(interpreter, "ld-musl") || (!*interpreter && !strncmp(soname, "libc.musl", 9)))
		refuse(t, LH_UNREACHABLE,
		       "%s: uses musl (%s) and this lockhound is built for glibc; build lockhound "
		       "on that system",
		       t->loaded, interpreter);
	else if (!*interpreter && !is_loader(soname))
		refuse(t, LH_UNREACHABLE,
		       "%s: is statically linked, so the loader cannot preload the library; link "
		       "the program dynamically",
		       t->loaded);
	else if (*interpreter && access(interpreter, F_OK))
		refuse(t, LH_NOT_FOUND, "%s: its loader %s does not exist", t->loaded, interpreter);
}

static void inspect_elf(struct lh_program *t, int fd)
{
	GElf_Ehdr head;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || !gelf_getehdr(elf, &head)) {
		refuse(t, LH_NOT_RUNNABLE, "%s: is a damaged ELF file", t->loaded);
	} else if (same_machine(t, &head)) {
		check_privileges(t, fd);
		if (t->verdict == LH_WATCHABLE)
			check_loader(t, elf, fd);
		if (t->verdict == LH_WATCHABLE)
			read_sections(elf, t);
	}
	elf_end(elf);
}

static void check_found(struct lh_program *t)
{
	strcpy(t->loaded, t->path);
	int fd = open_elf(t);
	if (fd < 0)
		return;
	inspect_elf(t, fd);
	close(fd);
}

void lh_program_check(struct lh_program *t, const char *program)
{
	memset(t, 0, sizeof(*t));
	if (find(t, program))
		check_found(t);
}

void lh_program_check_file(struct lh_program *t, const char *path)
{
	memset(t, 0, sizeof(*t));
	snprintf(t->path, sizeof(t->path), "%s", path);
	check_found(t);
}
