/*
 * same_locks.c — which locks of different processes or runs are the same lock in the code.
 *
 * Locks are the same if they have the same name and lie at the same offset of the same object, were
 * initialized in the same object, or are acquired in a file of the same name: so a static library
 * in two test programs counts. That is a guess about the code.
 *
 * Hundreds of tests of one suite show much the same, and a program may have a million locks that
 * one line initialized. So the locks of a process are first grouped by what their rows contain
 * (given name, init stack, offset in an object), without symbols; and a process that shows the same
 * chains of locks as an earlier process adds nothing. Only the remaining groups get names.
 *
 * - A process with a lock in shared memory is never left out: two processes that do the same can
 *   overlap.
 * - The order of processes and groups does not depend on which process ended first.
 */
#include "libcheck/base/hash.h"
#include "tools/lock_order/cross_run.h"
#include "tools/lock_order/lock_order_internal.h"
#include "tools/util/map.h"
#include "tools/util/path.h"

#include <stdlib.h>
#include <string.h>

enum { SITES_MAX = 8 /* sites of one group whose files are looked up */ };

typedef uint64_t hash; /* of the contents of a row, without numbers that change from run to run */

/* Locks of one process whose rows have equal contents; `lock` is the one of the lowest row. */
struct group {
	hash key;
	lh_lock_id lock;
	lh_stack_id site[SITES_MAX]; /* sites of their acquisitions: the lowest hashes */
	uint32_t sites;
	uint32_t number; /* the report's id of the lock; 0: not looked up */
};

struct process {
	struct lh_arena *arena;
	struct lh_report_process *process;
	struct lh_stack_hashes stacks;
	hash *lock;             /* by row; 0: not computed yet */
	struct lh_map group_of; /* by key */
	struct group **group;
	uint32_t groups;
	struct lh_map chains; /* hashes of chains of locks with their sites */
	hash digest;          /* of all chains */
	bool shared;
};

struct lh_same_locks {
	struct lh_report *report;
	struct lh_arena *arena;
	struct process **process;
	uint32_t processes;
	struct lh_map properties; /* the first lock with a property */
	uint32_t *parent;         /* by id of a report's lock: a forest; a root names itself */
};

/* ---- contents of rows ---- */

static hash hash_of_data(const struct process *a, uint64_t address)
{
	uint32_t n = lh_read_used(a->process->ledger, LH_T_MODULE);
	const struct lh_hashed_module *best = NULL;

	for (uint32_t i = 1; i < n; i++) {
		const struct lh_hashed_module *m = &a->stacks.module[i];

		if (address >= m->start && address < m->end && (!best || !m->gone || best->gone))
			best = m;
	}
	return best ? lh_hash_mix(best->path, address - best->base) : 0;
}

static hash hash_of_lock_row(struct process *a, const struct lh_lock *l)
{
	hash h = lh_hash_mix(3, l->kind), init = lh_stack_hash(&a->stacks, l->init_stack);
	hash data = hash_of_data(a, lh_lock_address(l));

	a->shared |= l->flags & LH_LOCK_PSHARED;
	if (l->flags & LH_LOCK_NAMED) {
		struct lh_lock_stats stats;
		lh_read_lock_stats(a->process->ledger, l, &stats);
		h = lh_hash_text(h, stats.name);
	}
	h = lh_hash_mix(lh_hash_mix(h, init), data);
	return init || data ? h : lh_hash_mix(h, lh_stack_hash(&a->stacks, l->first_stack));
}

/* 0: no such lock, or the end of a thread, which is a lock only for the order graph */
static hash hash_of_lock(struct process *a, lh_lock_id id)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t row = LH_LOCK_ROW(id);
	struct group *group;
	struct lh_lock l;
	hash key;

	if (row >= lh_read_used(r, LH_T_LOCK) || !lh_read_lock(r, id, &l) ||
	    l.kind == LH_THREAD_END)
		return 0;
	if (a->lock[row])
		return a->lock[row];
	key = hash_of_lock_row(a, &l);
	a->lock[row] = key = key ? key : 1;
	group = lh_map_get(&a->group_of, a->arena, &key, sizeof(key), sizeof(*group));
	if (!group->key) {
		group->key = key;
		group->lock = id;
		LH_PUSH(a->arena, a->group, a->groups, group);
	}
	if (row < LH_LOCK_ROW(group->lock))
		group->lock = id;
	return key;
}

static struct group *group_of(struct process *a, lh_lock_id id)
{
	hash key = hash_of_lock(a, id);

	return key ? lh_map_find(&a->group_of, &key, sizeof(key)) : NULL;
}

/* ---- chains ---- */

/* Neither a try-lock nor a wait with a time limit makes an order. A writer that holds no lock makes
 * one: if the lock prefers writers, a reader can wait behind it. */
static bool makes_order(const struct lh_ledger_view *r, lh_chain_id id)
{
	struct lh_chain chain;
	struct lh_lock l;

	if (!lh_read_chain_of_row(r, id, &chain) || LH_SITE_HOW(chain.site) != LH_BLOCKING)
		return false;
	return chain.parent || (LH_SITE_MODE(chain.site) == LH_EXCLUSIVE &&
				lh_read_lock(r, chain.lock, &l) && l.flags & LH_LOCK_PREFER_WRITER);
}

static void add_chain(struct process *a, lh_chain_id id)
{
	lh_chain_id path[LH_HELD_MAX];
	uint32_t depth = lh_read_chain_path(a->process->ledger, id, path, LH_HELD_MAX);
	struct lh_chain row;
	hash h = 4;
	bool *known;

	for (uint32_t k = 0; k < depth && lh_read_chain_of_row(a->process->ledger, path[k], &row);
	     k++) {
		h = lh_hash_mix(h, hash_of_lock(a, row.lock));
		h = lh_hash_mix(h, lh_stack_hash(&a->stacks, LH_SITE_STACK(row.site)) +
					   LH_SITE_MODE(row.site));
	}
	known = lh_map_get(&a->chains, a->arena, &h, sizeof(h), sizeof(*known));
	if (!*known)
		a->digest += lh_hash_mix(5, h); /* a sum: the order does not matter */
	*known = true;
}

static struct process *read_process(struct lh_arena *arena, struct lh_report_process *p)
{
	struct process *a = lh_arena_alloc(arena, sizeof(*a));
	uint32_t n = lh_read_used(p->ledger, LH_T_CHAIN);

	a->arena = arena;
	a->process = p;
	a->stacks = lh_stack_hashes_new(arena, p->ledger);
	a->lock = lh_arena_alloc(arena, (lh_read_used(p->ledger, LH_T_LOCK) + 1) * sizeof(hash));
	for (lh_chain_id i = 1; i < n; i++)
		if (makes_order(p->ledger, i))
			add_chain(a, i);
	return a;
}

/* ---- processes that show new chains ---- */

static int by_program(const void *x, const void *y)
{
	const struct process *a = *(struct process *const *)x, *b = *(struct process *const *)y;
	int order = strcmp(a->process->exe, b->process->exe);

	return order ? order : a->digest < b->digest ? -1 : a->digest > b->digest;
}

static void select_processes(struct lh_same_locks *s)
{
	struct lh_map known = {0};
	uint32_t selected = 0;

	qsort(s->process, s->processes, sizeof(*s->process), by_program);
	for (uint32_t i = 0; i < s->processes; i++) {
		struct process *a = s->process[i];
		bool *is_known = lh_map_get(&known, s->arena, &a->digest, sizeof(a->digest),
					    sizeof(*is_known));

		if (!*is_known || a->shared)
			s->process[selected++] = a;
		*is_known = true;
	}
	s->processes = selected;
}

/* ---- names ---- */

static uint32_t root(struct lh_same_locks *s, uint32_t i)
{
	while (s->parent[i] != i)
		i = s->parent[i] = s->parent[s->parent[i]];
	return i;
}

static void join(struct lh_same_locks *s, uint32_t a, uint32_t b)
{
	a = root(s, a);
	b = root(s, b);
	s->parent[a > b ? a : b] = a > b ? b : a;
}

/* Joins locks with an equal property. A name includes the offset, a class does not. */
static void add_property(struct lh_same_locks *s, const struct lh_report_lock *lock,
			 const char *property, const char *value)
{
	const char *text = lh_arena_printf(s->arena, "%s\n%s\n%s\n%s", lock->kind,
					   lock->named ? lock->name : lock->class, property, value);
	uint32_t *first = lh_map_get(&s->properties, s->arena, text, strlen(text), sizeof(*first));

	if (*first)
		join(s, *first, lock->id);
	else
		*first = lock->id;
}

static void add_site(struct process *a, struct group *group, lh_stack_id stack)
{
	uint32_t i = group->sites;
	hash h = lh_stack_hash(&a->stacks, stack);

	for (uint32_t k = 0; k < group->sites; k++)
		if (lh_stack_hash(&a->stacks, group->site[k]) == h)
			return;
	while (i && lh_stack_hash(&a->stacks, group->site[i - 1]) > h)
		i--;
	if (i == SITES_MAX)
		return;
	if (group->sites < SITES_MAX)
		group->sites++;
	memmove(&group->site[i + 1], &group->site[i],
		(group->sites - 1 - i) * sizeof(*group->site));
	group->site[i] = stack;
}

static void add_sites(struct process *a)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_CHAIN);
	lh_chain_id path[LH_HELD_MAX];
	struct lh_chain row;

	for (lh_chain_id i = 1; i < n; i++) {
		uint32_t depth =
			makes_order(r, i) ? lh_read_chain_path(r, i, path, LH_HELD_MAX) : 0;

		for (uint32_t k = 0; k < depth && lh_read_chain_of_row(r, path[k], &row); k++) {
			struct group *group = group_of(a, row.lock);

			if (group)
				add_site(a, group, LH_SITE_STACK(row.site));
		}
	}
}

static int by_key(const void *x, const void *y)
{
	const struct group *a = *(struct group *const *)x, *b = *(struct group *const *)y;

	return a->key < b->key ? -1 : a->key > b->key;
}

static void add_properties(struct lh_same_locks *s, const struct process *a,
			   const struct group *group)
{
	const struct lh_report_lock *lock = s->report->lock[group->number - 1];
	const char *data = lh_report_data_place(s->report, a->process, lh_lock_address(&lock->row));
	const struct lh_report_frame *at = lh_report_place(lock->init_stack);

	if (data)
		add_property(s, lock, "object", data);
	if (at && at->module && !lock->named)
		add_property(s, lock, "initialized", lh_path_base(at->module));
	for (uint32_t i = 0; i < group->sites; i++) {
		at = lh_report_place(lh_report_get_stack(s->report, a->process, group->site[i]));
		if (at && at->file && !at->system)
			add_property(s, lock, "acquired", lh_path_base(at->file));
	}
}

uint32_t lh_same_locks_name(struct lh_same_locks *s)
{
	uint32_t ids;

	for (uint32_t i = 0; i < s->processes; i++) {
		struct process *a = s->process[i];

		add_sites(a);
		if (a->groups > 1)
			qsort(a->group, a->groups, sizeof(*a->group), by_key);
		for (uint32_t k = 0; k < a->groups; k++) {
			const struct lh_report_lock *lock =
				lh_report_get_lock(s->report, a->process, a->group[k]->lock);

			a->group[k]->number = lock ? lock->id : 0;
		}
	}
	ids = s->report->locks + 1;
	s->parent = lh_arena_alloc(s->arena, ids * sizeof(*s->parent));
	for (uint32_t i = 0; i < ids; i++)
		s->parent[i] = i;
	for (uint32_t i = 0; i < s->processes; i++)
		for (uint32_t k = 0; k < s->process[i]->groups; k++)
			if (s->process[i]->group[k]->number)
				add_properties(s, s->process[i], s->process[i]->group[k]);
	return ids;
}

/* ---- interface ---- */

struct lh_same_locks *lh_same_locks_new(struct lh_report *report, struct lh_arena *arena)
{
	struct lh_same_locks *s = lh_arena_alloc(arena, sizeof(*s));

	s->report = report;
	s->arena = arena;
	/* A single process is left to its own order graph. */
	for (uint32_t i = 0; report->processes > 1 && i < report->processes; i++) {
		struct process *a = read_process(arena, report->process[i]);

		if (a->chains.n)
			LH_PUSH(arena, s->process, s->processes, a);
	}
	if (s->processes > 1)
		select_processes(s);
	else
		s->processes = 0;
	return s;
}

uint32_t lh_same_locks_chains(const struct lh_same_locks *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->processes; i++)
		n += s->process[i]->chains.n;
	return n;
}

void lh_same_locks_add_processes(const struct lh_same_locks *s, struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < s->processes; i++) {
		lh_merged_add_process(run, s->process[i]->process);
		run->process[i].stacks = s->process[i]->stacks;
	}
}

uint32_t lh_same_locks_of(struct lh_same_locks *s, uint32_t process, lh_lock_id id)
{
	const struct group *group = group_of(s->process[process], id);

	return group && group->number ? root(s, group->number) : 0;
}
