/*
 * libc_version.c — finds out whether the layout of the locks of a process's C library is known.
 *
 * Every build of glibc contains its version in a sentence: "stable release version 2.36". The
 * layouts in glibc_layout.h are those of 2.25 (new conditions and rwlocks) to the newest version
 * that was checked, and of the glibc that this process runs with, whose headers the build checked.
 * With any other version only the process's ledger is read.
 */
#include "tools/process/libc_version.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST = 25, NEWEST = 42, PIECE = 1 << 16, OVERLAP = 64 };

static bool is_glibc(const struct lh_peek_module *m)
{
	return strstr(m->path, "/libc.so.6") || strstr(m->path, "/libc-2.");
}

/* True if the process uses glibc: no other C library's layout is known. */
static bool has_glibc(struct lh_peek *p)
{
	bool libc = false;

	for (uint32_t i = 0; i < p->modules; i++) {
		const char *path = p->module[i].path;

		if (strstr(path, "/ld-musl") || strstr(path, "/libc.musl") ||
		    strstr(path, "-linux-musl/")) {
			snprintf(p->error, sizeof(p->error),
				 "process %d uses musl (%s): the layout of its locks is not known",
				 p->pid, path);
			return false;
		}
		libc |= is_glibc(&p->module[i]);
	}
	if (!p->modules && !p->no_access && !p->core) {
		snprintf(p->error, sizeof(p->error),
			 "process %d: no object of this machine's type in its memory (a 32-bit "
			 "process?): its locks cannot be read",
			 p->pid);
		return false;
	}
	if (libc || p->no_access || !p->modules)
		return true;
	if (!lh_peek_has_symbol(p, "__libc_setup_tls")) {
		snprintf(p->error, sizeof(p->error),
			 "process %d: has no glibc (static and stripped, or another C library): "
			 "the layout of its locks is not known",
			 p->pid);
		return false;
	}
	return true;
}

/* The second number of "release version 2.36" in these bytes; 0: not found. */
static int version_in(const char *bytes, size_t n)
{
	static const char sentence[] = " release version 2.";
	const char *at = memmem(bytes, n, sentence, sizeof(sentence) - 1);

	return at ? atoi(at + sizeof(sentence) - 1) : 0;
}

static int version_of_file(const char *file)
{
	static char bytes[PIECE + 1];
	FILE *f = fopen(file, "re");
	int version = 0;
	size_t n, kept = 0;

	while (f && !version && (n = fread(bytes + kept, 1, PIECE - kept, f)) > 0) {
		n += kept;
		bytes[n] = '\0';
		version = version_in(bytes, n);
		kept = n < OVERLAP ? n : OVERLAP;
		memmove(bytes, bytes + n - kept, kept);
	}
	if (f)
		fclose(f);
	return version;
}

/* For an object whose file cannot be opened. */
static int version_of_memory(const struct lh_peek *p, const struct lh_peek_module *m)
{
	static char bytes[PIECE + 1];
	int version = 0;

	for (uint64_t at = m->start; at < m->end && !version; at += PIECE - OVERLAP) {
		size_t n = m->end - at < PIECE ? m->end - at : PIECE;

		if (lh_peek_read(p, at, bytes, n)) {
			bytes[n] = '\0';
			version = version_in(bytes, n);
		}
	}
	return version;
}

static int own_version(void)
{
	return atoi(gnu_get_libc_version() + strlen("2."));
}

static bool is_known(int version)
{
	return (version >= OLDEST && version <= NEWEST) || version == own_version();
}

bool lh_libc_layout_known(struct lh_peek *p)
{
	p->libc = own_version();
	if (!has_glibc(p))
		return false;
	for (uint32_t i = 0; i < p->modules && !p->no_access; i++) {
		const struct lh_peek_module *m = &p->module[i];
		int version = !is_glibc(m) ? 0
			      : m->file    ? version_of_file(m->file)
					   : version_of_memory(p, m);

		p->libc = version ? version : p->libc;
		if (!version || is_known(version))
			continue;
		/* as if its memory could not be read; it may still have a ledger */
		p->no_access = true;
		snprintf(p->error, sizeof(p->error),
			 "process %d uses glibc 2.%d (%s): the layout of its locks is known for "
			 "2.%d to 2.%d",
			 p->pid, version, m->path, OLDEST, NEWEST);
	}
	return true;
}
