/*
 * lock_place.c — what is known of a lock by its address and by the code that uses it.
 *
 * The answers do not depend on which thread came first: of all places where a lock was acquired,
 * one is chosen by its text.
 */
#include "libcheck/kinds.h"
#include "tools/report/report_internal.h"
#include "tools/symbols/symbols.h"
#include "tools/util/path.h"

#include <string.h>

enum {
	SITES_MAX = 64,   /* that are asked for one lock */
	WAITS_MAX = 4096, /* rows searched for them; more than a ledger made from outside has */
	FRAMES_ASKED = 12
};

const char *lh_report_frame_text(const struct lh_report *report, const struct lh_report_frame *f)
{
	if (!f)
		return NULL;
	if (f->file && f->line)
		return lh_arena_printf(report->arena, "%s:%u", lh_path_base(f->file), f->line);
	if (f->function)
		return f->function;
	if (f->module)
		return lh_arena_printf(report->arena, "%s+%#llx", lh_path_base(f->module),
				       (unsigned long long)f->offset);
	return NULL;
}

const char *lh_report_place_text(struct lh_report *report, const struct lh_report_stack *t)
{
	return lh_report_frame_text(report, lh_report_place(t));
}

uint64_t lh_report_lock_size(const struct lh_report_lock *lock)
{
	return lh_kind_row(lock->row.kind)->bytes;
}

const char *lh_report_lock_variable(struct lh_report *report, const struct lh_report_lock *lock)
{
	const struct lh_report_process *p = lock->process;
	uint64_t address = lh_lock_address(&lock->row);
	struct lh_module module;

	if (!address || !report->options.symbols || !lh_read_module_at(p->ledger, address, &module))
		return NULL;
	return lh_symbol_variable(report->options.symbols, &module, address - module.base,
				  lh_report_lock_size(lock));
}

/* ---- where it was acquired ---- */

/* Of a lock without chains: a ledger that was made of a process from outside has only waits. */
static uint32_t waits_of(const struct lh_report_lock *lock, lh_stack_id list[SITES_MAX])
{
	const struct lh_ledger_view *r = lock->process->ledger;
	uint32_t lives = lh_read_used(r, LH_T_LIVE_THREAD), steps = lh_read_used(r, LH_T_STEP);
	struct lh_live_thread live;
	struct lh_step step;
	uint32_t n = 0;

	for (uint32_t i = 1; i < lives && i < WAITS_MAX && n < SITES_MAX; i++)
		if (lh_read_live_thread(r, i, &live) && live.wait_lock == lock->lock &&
		    LH_SITE_STACK(live.wait_site))
			list[n++] = LH_SITE_STACK(live.wait_site);
	for (uint32_t i = 1; i < steps && i < WAITS_MAX && n < SITES_MAX; i++)
		if (lh_read_step(r, i, &step) && step.lock == lock->lock &&
		    LH_SITE_STACK(step.site))
			list[n++] = LH_SITE_STACK(step.site);
	return n;
}

/* The stacks of the lock's acquisitions, each once. */
static uint32_t stacks_of(const struct lh_report_lock *lock, lh_stack_id list[SITES_MAX])
{
	const struct lh_ledger_view *r = lock->process->ledger;
	uint32_t n = 0, rows = lh_read_used(r, LH_T_CHAIN);
	lh_chain_id at = lock->row.chains;
	struct lh_chain chain;

	if (lock->row.first_stack)
		list[n++] = lock->row.first_stack;
	for (; at && rows && n < SITES_MAX && lh_read_chain_row(r, at, &chain); at = chain.next) {
		lh_stack_id stack = LH_SITE_STACK(chain.site);
		uint32_t i = 0;

		while (i < n && list[i] != stack)
			i++;
		if (i == n && stack && chain.lock == lock->lock)
			list[n++] = stack;
		rows--; /* a damaged list may be endless */
	}
	return n ? n : waits_of(lock, list);
}

const char *lh_report_first_place(struct lh_report *report, const struct lh_report_lock *lock)
{
	lh_stack_id list[SITES_MAX];
	uint32_t n = stacks_of(lock, list);
	const char *first = NULL;
	bool system =
		true; /* a thread of a library that is all headers has no line of the program */

	for (uint32_t i = 0; i < n; i++) {
		const struct lh_report_stack *t =
			lh_report_get_stack(report, lock->process, list[i]);
		const struct lh_report_frame *f = lh_report_place(t);
		const char *at = lh_report_place_text(report, t);

		if (at && (!first || (system && !f->system) ||
			   (system == f->system && strcmp(at, first) < 0))) {
			first = at;
			system = f->system;
		}
	}
	return first;
}

/* ---- by the code ---- */

/* What the call of one stack says of its lock. */
struct answer {
	bool asked;
	struct lh_lock_name name;
};

/* The lock function itself is on the stack of a thread that was seen from outside. */
static bool is_lock_library(const char *name)
{
	return strncmp(name, "liblockhound.so", 15) == 0 || strncmp(name, "libc.so", 7) == 0 ||
	       strncmp(name, "libc-2", 6) == 0 || strncmp(name, "libpthread", 10) == 0;
}

static struct lh_lock_name ask(struct lh_report *report, const struct lh_report_lock *lock,
			       lh_stack_id id)
{
	const struct lh_ledger_view *r = lock->process->ledger;
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_module module[FRAMES_ASKED];
	struct lh_symbol_frame list[FRAMES_ASKED];
	uint32_t frames = lh_read_frames(r, id, frame), n = 0;

	for (uint32_t i = 0; i < frames && n < FRAMES_ASKED; i++) {
		if (!lh_read_module(r, LH_FRAME_MODULE(frame[i]), &module[n]) ||
		    (module[n].flags & LH_MODULE_SCRIPT))
			break;
		if (!n && is_lock_library(lh_path_base(module[n].path)))
			continue;
		list[n].module = &module[n];
		list[n].offset = LH_FRAME_PC(frame[i]) - module[n].base;
		n++;
	}
	return lh_symbol_lock_of_call(report->options.symbols, lock->row.kind, list, n);
}

static struct lh_lock_name name_at(struct lh_report *report, const struct lh_report_lock *lock,
				   lh_stack_id id)
{
	const uint64_t key[] = {(uintptr_t)lock->process->ledger, id, lock->row.kind};
	struct answer *a = lh_map_get(&report->private_data->code, report->arena, key, sizeof(key),
				      sizeof(*a));

	if (!a->asked) {
		a->asked = true;
		a->name = ask(report, lock, id);
	}
	return a->name;
}

static void prefer(struct lh_lock_name *best, struct lh_lock_name name)
{
	if (name.text && (!best->text || name.rank > best->rank ||
			  (name.rank == best->rank && strcmp(name.text, best->text) < 0)))
		*best = name;
}

const char *lh_report_lock_of_code(struct lh_report *report, const struct lh_report_lock *lock)
{
	lh_stack_id list[SITES_MAX];
	struct lh_lock_name best = {0};
	uint32_t n;

	if (!report->options.symbols)
		return NULL;
	if (lock->row.init_stack)
		best = name_at(report, lock, lock->row.init_stack);
	n = best.rank < LH_NAME_MEMBER ? stacks_of(lock, list) : 0;
	for (uint32_t i = 0; i < n; i++)
		prefer(&best, name_at(report, lock, list[i]));
	return best.text;
}
