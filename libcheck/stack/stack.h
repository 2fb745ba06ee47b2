/*
 * stack.h — which stack is this? Exact, and nearly for nothing.
 *
 * A walk remembers where on the stack each return address lay. The same caller at the
 * same depth is most likely on the same stack: the fast path compares those words and
 * walks only when one differs (a key without that comparison is wrong in up to a fifth
 * of all cases). Stacks are stored once and named by number.
 *
 * - Contexts are shared by all threads, written under the big lock, read without it,
 *   never changed once visible and never freed.
 * - One key keeps at most CONTEXTS_PER_KEY contexts; after that only the caller is kept
 *   and the stack is marked approximate (code made at run time does that).
 * - After a dlclose every context is walked anew before it is believed again.
 *
 * Does not name anything. lh_stack_intern wants the big lock.
 */
#ifndef LH_STACK_STACK_H
#define LH_STACK_STACK_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/stack/python.h"

struct lh_context {
	struct lh_context *next;
	uintptr_t caller;
	uintptr_t depth; /* thread pointer - frame, and what Python runs: lh_context_depth() */
	lh_stack_id stack;
	uint16_t n;
	uint16_t exhausted; /* stands for every stack of this key */
	uint32_t epoch;
	uintptr_t sum; /* of the n return addresses */
	/* their lower halves and their distances from the frame; those first that tell most */
	struct lh_context_tag {
		uint32_t low, offset;
	} word[];
};

enum { LH_CONTEXT_HEADS_LOG = 16 };
struct lh_context_table {
	struct lh_context **head;
	uint32_t epoch;
	bool off; /* no stacks are kept: every one is known, as number 0 */
};
extern const struct lh_context lh_no_context LH_HIDDEN;
extern struct lh_context_table lh_contexts LH_HIDDEN;

static inline struct lh_context **lh_context_head(uintptr_t caller, uintptr_t depth)
{
	uint64_t h = (caller ^ depth << 20 ^ depth >> 3) * 0x9e3779b97f4a7c15u;

	return &lh_contexts.head[h >> (64 - LH_CONTEXT_HEADS_LOG)];
}

/* Compared in place. The lower halves each, since half of the memory is read so, and the rest in
 * the sum. */
static inline bool lh_context_same(const struct lh_context *x, uintptr_t frame)
{
	uintptr_t sum = 0;

	for (unsigned i = 0; i < x->n; i++) {
		uintptr_t pc = *(const uintptr_t *)(frame + x->word[i].offset);
		if ((uint32_t)pc != x->word[i].low)
			return false;
		sum += pc;
	}
	return sum == x->sum;
}

static inline uintptr_t lh_context_depth(uintptr_t frame, uintptr_t python)
{
	return lh_thread_pointer() - frame + python;
}

/* The stack above a hook whose frame this is, if it is known; else NULL. */
static inline const struct lh_context *lh_context_find(uintptr_t frame)
{
	if (LH_UNLIKELY(lh_contexts.off))
		return &lh_no_context;
	uintptr_t caller = ((const uintptr_t *)frame)[1];
	uintptr_t depth = lh_context_depth(frame, lh_python_identity());
	const struct lh_context *x =
		__atomic_load_n(lh_context_head(caller, depth), __ATOMIC_ACQUIRE);

	for (; x; x = __atomic_load_n(&x->next, __ATOMIC_ACQUIRE))
		if (x->caller == caller && x->depth == depth && x->epoch == lh_contexts.epoch &&
		    lh_context_same(x, frame))
			return x;
	return NULL;
}

struct lh_stack_walk_result {
	int n; /* frames, the caller's own included */
	unsigned flags;
	bool checkable; /* offsets are real; else only the caller is */
	uint64_t open;  /* in a signal handler: what was not blocked where it struck; 0 not known */
	struct {
		uintptr_t pc, slot;
	} at[LH_FRAMES_MAX];
	struct lh_python_chain python;
};

/* Walks; touches nothing shared. `low` and `high` bound the thread's stack, 0: not known. */
void lh_stack_walk(uintptr_t frame, uintptr_t low, uintptr_t high, struct lh_stack_walk_result *w);

/* The walked stack's number, 0 when there is no room. Big lock. */
lh_stack_id lh_stack_intern(uintptr_t frame, const struct lh_stack_walk_result *w);

/* A stack of the parent's ledger, made known in this one. Big lock. */
lh_stack_id lh_stack_from_parent(lh_stack_id old);

bool lh_stack_init(void); /* also in a forked child */
void lh_stack_modules_changed(void);

#endif
