/*
 * fingerprint.c — fingerprints of findings, recipe v1.
 *
 * The hash of the rule's name and the finding's edges. An edge is the class of the held lock, the
 * class of the wanted lock, the action, and the innermost three functions of the program where the
 * lock was wanted, each with the base name of its file. A function without a name is its object and
 * offset. The edges of a cycle are hashed in the rotation that sorts first, because any thread may
 * have closed the cycle; those of a semaphore cycle are sorted and deduplicated, because any thread
 * may have come first. The hash has no address, line, thread number, count or directory: neither
 * another run nor an edited comment changes it.
 */
#include "tools/report/report_internal.h"
#include "tools/util/path.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE_FRAMES 3
#define RECIPE "v1"

static uint64_t fnv(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) * 0x100000001b3ull; /* 0xff is in no UTF-8 text: separates the texts */
}

/* A suffix that compilers append and renumber in each build: "f.isra.0", "lock.1". */
static bool is_suffix(const char *dot)
{
	static const char *const words[] = {"isra", "constprop", "part",
					    "cold", "lto_priv",  "llvm"};

	if (dot[1] >= '0' && dot[1] <= '9')
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(dot + 1, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

const char *lh_fingerprint_name(struct lh_report *report, const char *name)
{
	const char *end = strstr(name, " [clone ");
	const char *dot = strchr(name, '.');

	while (dot && !is_suffix(dot))
		dot = strchr(dot + 1, '.');
	if (dot && (!end || dot < end))
		end = dot;
	if (!end || end == name)
		return name;
	return lh_arena_printf(report->arena, "%.*s", (int)(end - name), name);
}

/* "transfer@bank.c": two files may have functions of the same name. */
static const char *function_of(struct lh_report *report, const struct lh_report_frame *f)
{
	struct lh_arena *p = report->arena;

	if (!f->function)
		return lh_arena_printf(p, "%s+%llx", f->module ? lh_path_base(f->module) : "?",
				       (unsigned long long)f->offset);
	return lh_arena_printf(p, "%s%s%s", lh_fingerprint_name(report, f->function),
			       f->file ? "@" : "", f->file ? lh_path_base(f->file) : "");
}

static char *site(struct lh_report *report, const struct lh_report_stack *t, bool own)
{
	struct lh_arena *p = report->arena;
	char *text = lh_arena_strdup(p, "");
	unsigned n = 0;

	for (uint32_t i = 0; i < t->n && n < SITE_FRAMES; i++) {
		const struct lh_report_frame *f = &t->frame[i];

		if (f->ours || (own && f->system))
			continue;
		text = lh_arena_printf(p, "%s%s/", text, function_of(report, f));
		n++;
	}
	return text;
}

char *lh_fingerprint_site(struct lh_report *report, const struct lh_report_stack *t)
{
	static const struct lh_report_stack none = {.n = 0};
	char *text = site(report, t ? t : &none, true);

	/* no function of the program: use the libraries' */
	return text[0] ? text : site(report, t ? t : &none, false);
}

/*
 * Size of a lock of this kind: a variable of that size has no members, so no debug information is
 * read.
 */
static uint64_t size_of(const struct lh_report_lock *lock)
{
	static const uint8_t size[] = {
		[LH_MUTEX] = sizeof(pthread_mutex_t),   [LH_RWLOCK] = sizeof(pthread_rwlock_t),
		[LH_SPIN] = sizeof(pthread_spinlock_t), [LH_SEM] = sizeof(sem_t),
		[LH_COND] = sizeof(pthread_cond_t),     [LH_BARRIER] = sizeof(pthread_barrier_t),
		[LH_ONCE] = sizeof(pthread_once_t),     [LH_GUARD] = sizeof(uint64_t)};

	return lock->row.kind < sizeof(size) ? size[lock->row.kind] : 0;
}

/*
 * The class of a step's lock. Of some locks (a std::mutex in an object) only the first acquisition
 * is known, and its site varies between runs: use the acquisition site in this finding.
 */
static const char *class_of(struct lh_report *report, const struct lh_report_step *a, bool held)
{
	const struct lh_report_lock *lock = a ? a->lock : NULL;

	if (lock && lock->by_first)
		return held ? lh_arena_printf(report->arena, "%s>%s", lock->kind,
					      lh_fingerprint_site(report, a->stack))
			    : lock->kind;
	if (!lock || !lock->variable)
		return lock ? lock->class : "";
	return lh_arena_printf(report->arena, "%s%s", lock->class,
			       lh_report_member(report, lock->process, lh_lock_address(&lock->row),
						size_of(lock)));
}

static const char *edge(struct lh_report *report, const struct lh_report_step *holds,
			const struct lh_report_step *does)
{
	const struct lh_report_step *at = does ? does : holds;

	return lh_arena_printf(report->arena, "%s\t%s\t%s\t%s", class_of(report, holds, true),
			       class_of(report, does, false), at ? lh_name_action(at->action) : "",
			       at ? lh_fingerprint_site(report, at->stack) : "");
}

static int by_rotation(const char **edges, uint32_t n, uint32_t a, uint32_t b)
{
	for (uint32_t k = 0; k < n; k++) {
		int order = strcmp(edges[(a + k) % n], edges[(b + k) % n]);

		if (order)
			return order;
	}
	return 0;
}

static uint32_t row_held(const struct lh_report_finding *f, uint32_t part)
{
	const struct lh_report_step *holds = f->part[part].holds;

	return holds && holds->lock ? LH_LOCK_ROW(holds->lock->lock) : 0;
}

/* Start of the rotation that sorts first; of equal ones, that with the lowest row of a held lock.
 */
static uint32_t least_rotation(const struct lh_report_finding *f, const char **edges)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < f->cycle_parts; i++) {
		int order = by_rotation(edges, f->cycle_parts, i, best);

		if (order < 0 || (!order && row_held(f, i) < row_held(f, best)))
			best = i;
	}
	return best;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts and deduplicates; returns how many are left. */
static uint32_t sort_unique(const char **edges, uint32_t n)
{
	uint32_t unique = 0;

	qsort(edges, n, sizeof(*edges), by_text);
	for (uint32_t i = 0; i < n; i++)
		if (!unique || strcmp(edges[i], edges[unique - 1]) != 0)
			edges[unique++] = edges[i];
	return unique;
}

uint32_t lh_fingerprint_make(struct lh_report *report, struct lh_report_finding *f)
{
	uint64_t hash = fnv(fnv(0xcbf29ce484222325ull, RECIPE), lh_name_rule(f->rule));
	const char **edges = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*edges));
	/* The activity of the holder in a long hold and the waiters vary between runs; so do the
	 * waiters for an abandoned lock. */
	bool held_only = lh_rule_is(f->rule, LH_BY_HOLDER);
	uint32_t first, n = held_only && f->parts ? 1 : f->parts;

	for (uint32_t i = 0; i < n; i++)
		edges[i] = edge(report, f->part[i].holds,
				held_only && f->part[i].holds ? NULL : f->part[i].does);
	if (f->rule == LH_RULE_POOL_DEADLOCK || f->rule == LH_RULE_LOST_SIGNAL)
		n = sort_unique(edges, n);
	first = f->cycle ? least_rotation(f, edges) : 0;
	for (uint32_t i = 0; i < n; i++)
		hash = fnv(
			hash,
			edges[f->cycle && i < f->cycle_parts ? (first + i) % f->cycle_parts : i]);
	snprintf(f->fingerprint, sizeof(f->fingerprint), "%016llx", (unsigned long long)hash);
	return first;
}
