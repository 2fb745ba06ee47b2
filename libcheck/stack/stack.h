/*
 * stack.h — the number of the current stack: exact, and found at little cost.
 *
 * A walk remembers where on the stack each return address was. The same caller at the same depth is
 * most likely on the same stack: the fast path compares those words and walks only if one differs
 * (a key without that comparison is wrong in up to a fifth of all cases). Each stack is stored once
 * and has a number.
 *
 * - Contexts are shared by all threads, written under the internal lock, read without it, and never
 *   freed. A visible context changes only in `epoch`, `next` and `forked`. While the table grows, a
 * reader may miss a context; it then walks, and finds the context under the internal lock.
 * - A lock function that many others call has many contexts of one key. The first few are compared
 *   one after the other; then a fork says which word of the stack leads to each of the others.
 * - A key keeps at most CONTEXTS_PER_KEY contexts; further stacks of the key keep only the caller
 *   and are marked approximate (code generated at run time causes this).
 * - After a dlclose every context is walked again before it is valid again.
 *
 * Does not resolve names. lh_stack_intern needs the internal lock.
 */
#ifndef LH_STACK_STACK_H
#define LH_STACK_STACK_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/stack/python.h"

/* Return addresses, and their distances from the frame in words. */
enum { LH_CONTEXT_GROUP = 4 };
struct lh_context_group {
	uint16_t distance[LH_CONTEXT_GROUP];
	_Alignas(16) uintptr_t pc[LH_CONTEXT_GROUP];
};

struct lh_context {
	struct lh_context *next;
	uintptr_t caller;
	uintptr_t depth; /* thread pointer - frame + Python's identity: lh_context_depth() */
	lh_stack_id stack;
	uint32_t epoch;
	uint16_t groups;
	/* of a fork: how many contexts it leads to; of a wide context: how many frames it has */
	uint16_t forked;
	uint32_t fork_at; /* of a fork: where the word lies that leads to them, from the frame */
	/* the most distinguishing return addresses first; the last ones may repeat another one */
	struct lh_context_group group[];
};

/* A hash table that doubles as contexts are added, so that few contexts are in few pages. */
struct lh_context_table {
	struct lh_context **head;
	uint64_t mask; /* the number of lists, less one */
	uint32_t epoch;
	bool off; /* no stacks are kept: each one is found, as number 0 */
	bool has_forks;
};
extern const struct lh_context lh_no_context LH_HIDDEN;
extern struct lh_context_table lh_contexts LH_HIDDEN;

static inline struct lh_context **lh_context_head(uintptr_t caller, uintptr_t depth)
{
	uint64_t h = (caller ^ depth << 20 ^ depth >> 3) * 0x9e3779b97f4a7c15u;

	return &lh_contexts.head[h >> 32 & lh_contexts.mask];
}

/* Two words, compared at once. */
typedef uintptr_t lh_two_words __attribute__((vector_size(16)));
typedef int32_t lh_lanes __attribute__((vector_size(16), may_alias));

static inline __attribute__((always_inline)) lh_lanes
lh_two_words_same(const uintptr_t *stack, const struct lh_context_group *g, unsigned i)
{
	lh_two_words now = {stack[g->distance[i]], stack[g->distance[i + 1]]};

	return (lh_lanes)now == *(const lh_lanes *)&g->pc[i];
}

static inline bool lh_all_lanes(lh_lanes same)
{
#if defined(__x86_64__)
	typedef char bytes __attribute__((vector_size(16)));
	return __builtin_ia32_pmovmskb128((bytes)same) == 0xffff;
#else
	lh_two_words words = (lh_two_words)same;
	return !~(words[0] & words[1]);
#endif
}

/* Is it the context of the stack? It most likely is. */
static inline __attribute__((always_inline)) bool lh_context_still_same(const struct lh_context *x,
									uintptr_t frame)
{
	const uintptr_t *stack = (const uintptr_t *)frame;
	const struct lh_context_group *g = x->group, *end = g + x->groups;
	lh_lanes same = {-1, -1, -1, -1};

	for (; g != end; g++)
		same &= lh_two_words_same(stack, g, 0) & lh_two_words_same(stack, g, 2);
	return lh_all_lanes(same);
}

/* Compares in place. The words of the first group are those that most likely differ. */
static inline bool lh_context_same(const struct lh_context *x, uintptr_t frame)
{
	const uintptr_t *stack = (const uintptr_t *)frame;
	const struct lh_context_group *g = x->group;

	return !x->groups ||
	       (stack[g->distance[0]] == g->pc[0] && stack[g->distance[1]] == g->pc[1] &&
		stack[g->distance[2]] == g->pc[2] && stack[g->distance[3]] == g->pc[3] &&
		lh_context_still_same(x, frame));
}

static inline uintptr_t lh_context_depth(uintptr_t frame, uintptr_t python)
{
	return lh_thread_pointer() - frame + python;
}

static inline const struct lh_context *lh_context_of_key(uintptr_t caller, uintptr_t depth,
							 uintptr_t frame)
{
	const struct lh_context *x =
		__atomic_load_n(lh_context_head(caller, depth), __ATOMIC_ACQUIRE);

	for (; x; x = __atomic_load_n(&x->next, __ATOMIC_ACQUIRE))
		if (x->caller == caller && x->depth == depth && x->epoch == lh_contexts.epoch &&
		    lh_context_same(x, frame))
			return x;
	return NULL;
}

const struct lh_context *lh_context_find_forked(uintptr_t caller, uintptr_t depth,
						uintptr_t frame) LH_HIDDEN;

/* lh_context_find for a caller that has the identity of the frames of Python. */
static inline const struct lh_context *lh_context_find_with(uintptr_t frame, uintptr_t python)
{
	if (LH_UNLIKELY(lh_contexts.off))
		return &lh_no_context;
	uintptr_t caller = ((const uintptr_t *)frame)[1];
	uintptr_t depth = lh_context_depth(frame, python);
	const struct lh_context *x = lh_context_of_key(caller, depth, frame);

	if (LH_LIKELY(x) || !lh_contexts.has_forks)
		return x;
	return lh_context_find_forked(caller, depth, frame);
}

/* The context of the stack above the hook that has this frame, NULL if it is not known. */
static inline const struct lh_context *lh_context_find(uintptr_t frame)
{
	return lh_context_find_with(frame, lh_python_identity(frame));
}

struct lh_stack_walk_result {
	int n; /* frames, including the caller's own */
	unsigned flags;
	bool checkable; /* the slots lie on the thread's stack, so a context can compare them */
	/* in a signal handler: the signals not blocked where it struck; 0 not known */
	uint64_t open;
	struct lh_python_chain python;
	bool makes_lock; /* of the call that initializes a lock */
	struct {
		uintptr_t pc, slot;
	} at[]; /* the option stack_depth says how many */
};
size_t lh_stack_walk_bytes(void); /* of a result */

/* Walks; writes nothing shared. `low` and `high` bound the thread's stack, 0: not known. */
void lh_stack_walk(uintptr_t frame, uintptr_t low, uintptr_t high, struct lh_stack_walk_result *w);

/* The number of the walked stack, 0 if a table is full. Needs the internal lock. */
lh_stack_id lh_stack_intern(uintptr_t frame, const struct lh_stack_walk_result *w);

/* Does the stack go through exit(), so that handlers and destructors of the process's end run? */
bool lh_stack_is_in_exit(lh_stack_id stack);

/* The number in this ledger of a stack of the parent's ledger. Needs the internal lock. */
lh_stack_id lh_stack_from_parent(lh_stack_id old);

/* Is this code of CPython itself? Needs the internal lock. */
bool lh_stack_in_interpreter(uintptr_t pc);

bool lh_stack_init(void); /* at start, and again in a forked child */
void lh_stack_modules_changed(void);

#endif
