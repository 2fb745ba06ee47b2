/* stack.c — walks stacks, stores each stack once, and keeps the contexts that find it again. */
#include "libcheck/base/hash.h"
#include "libcheck/base/linear_hash.h"
#include "libcheck/base/options.h"
#include "libcheck/base/real.h"
#include "libcheck/stack/python_name.h"
#include "libcheck/stack/stack_internal.h"
#include "libcheck/stack/walk.h"

#include <ucontext.h>

struct lh_context_table lh_contexts;
const struct lh_context lh_no_context;

enum {
	CONTEXTS_PER_KEY = 128,
	CONTEXTS_BEFORE_FORK = 8,
	CONTEXT_LISTS_MIN = 1 << 8,
	CONTEXT_LISTS_MAX = 1 << 16,
	STACK_LISTS_MAX = 1 << 16,
	PYTHON_CONTEXTS = 1 << 16,
	WALK_NEEDS = 4096, /* bytes of stack that must be free below us for a walk */
};

static uint32_t n_contexts;
static uint32_t *stack_heads; /* of linear hashing */
static uint32_t stack_lists;
static uint32_t python_contexts;

/*
 * A frame of Python whose place is known: a program has the same outer frames in thousands of
 * stacks, and to read the place takes some 2,500 instructions. Under the internal lock.
 */
struct known_script {
	uintptr_t code, instruction;
	uint64_t content, frame;
	size_t read;
};
enum { KNOWN_SCRIPTS_LOG = 10 };
static struct known_script *known_scripts;

bool lh_stack_init(void)
{
	/* a thread that comes before the first context finds an empty table, never NULL */
	lh_contexts.off = lh_options.stacks == LH_STACKS_OFF;
	lh_contexts.mask = CONTEXT_LISTS_MIN - 1;
	lh_contexts.has_forks = false;
	lh_contexts.head = lh_private_alloc(sizeof(struct lh_context *) * CONTEXT_LISTS_MAX);
	n_contexts = 0;
	stack_heads = lh_private_alloc(sizeof(uint32_t) * STACK_LISTS_MAX);
	stack_lists = 1;
	python_contexts = 0;
	lh_walk_set_cache(lh_private_alloc(LH_WALK_CACHE_BYTES));
	lh_python_init(lh_options.stacks == LH_STACKS_FULL);
	known_scripts = lh_private_alloc(sizeof(*known_scripts) << KNOWN_SCRIPTS_LOG);
	return lh_contexts.head && stack_heads && known_scripts && lh_stack_modules_init();
}

void lh_stack_modules_changed(void)
{
	__atomic_fetch_add(&lh_contexts.epoch, 1, __ATOMIC_RELEASE);
	lh_walk_flush_cache();
	lh_python_after_dlclose();
}

/* ---- walking ---- */

/*
 * The signals that were not blocked where a handler struck, from the mask that the kernel saved. A
 * fault comes only where the code causes it, so 0 if the signal may have been one: the trap number
 * is not 0 then. After another signal it is that of the thread's last fault, or 0.
 */
static uint64_t open_where_struck(uintptr_t context, uintptr_t high)
{
#if defined(__x86_64__)
	const ucontext_t *u = (const ucontext_t *)context;
	uint64_t blocked;

	if (context % sizeof(uintptr_t) || high < sizeof(*u) || context > high - sizeof(*u) ||
	    u->uc_mcontext.gregs[REG_TRAPNO])
		return 0;
	__builtin_memcpy(&blocked, &u->uc_sigmask, sizeof(blocked));
	return ~blocked;
#else
	(void)context, (void)high;
	return 0;
#endif
}

size_t lh_stack_walk_bytes(void)
{
	return sizeof(struct lh_stack_walk_result) +
	       lh_options.stack_depth * sizeof(((struct lh_stack_walk_result *)0)->at[0]);
}

void lh_stack_walk(uintptr_t frame, uintptr_t low, uintptr_t high, struct lh_stack_walk_result *w)
{
	const uintptr_t *word = (const uintptr_t *)frame;
	bool inside = frame >= low && frame < high && low;

	lh_python_read_frames(&w->python);
	w->at[0].pc = word[1];
	w->at[0].slot = frame + sizeof(uintptr_t);
	w->n = 1;
	w->flags = 0;
	w->open = 0;
	w->checkable = inside;
	if (lh_options.stacks != LH_STACKS_FULL)
		return;
	w->flags = LH_STACK_CUT;
	if (!inside || frame - low < WALK_NEEDS)
		return;
	struct lh_regs regs = {.pc = word[1], .sp = frame + 2 * sizeof(uintptr_t), .bp = word[0]};
	struct lh_return_slot *out = (struct lh_return_slot *)&w->at[1];
	int capacity = (int)lh_options.stack_depth - 1;
	enum lh_walk_end end;
	uintptr_t context = 0;
	int n = lh_options.unwinder == LH_UNWINDER_LIBUNWIND
			? lh_unwind(&regs, high, out, capacity, &end)
			: lh_walk(&regs, high, out, capacity, &end, &context);
	w->n += n;
	w->flags = end == LH_WALK_DONE ? 0 : LH_STACK_CUT;
	if (context) {
		w->flags |= LH_STACK_HANDLER;
		w->open = open_where_struck(context, high);
	}
}

/* ---- stacks, stored once ---- */

static uint32_t hash_frames(const uint64_t *frame, int n, unsigned flags)
{
	uint64_t h = 0xcbf29ce484222325u + flags;

	for (int i = 0; i < n; i++)
		h = lh_hash_mix(h, frame[i]);
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t *head_of(uint32_t hash)
{
	return &stack_heads[lh_linear_hash_bucket(hash, stack_lists)];
}

/* Adds a list, and moves to it the stacks that belong there from the list that is split. */
static void split(void)
{
	if (stack_lists == STACK_LISTS_MAX)
		return;
	uint32_t *from = &stack_heads[lh_linear_hash_split_from(stack_lists++)];
	lh_stack_id i = *from, next;

	for (*from = 0; i; i = next) {
		struct lh_stack *s = &LH_STACKS[i];
		uint32_t *to = head_of(s->hash);
		next = s->next;
		s->next = *to;
		*to = i;
	}
}

static lh_stack_id intern(const uint64_t *frame, int n, unsigned flags)
{
	uint32_t hash = hash_frames(frame, n, flags);
	uint32_t *head = head_of(hash);

	for (lh_stack_id i = *head; i; i = LH_STACKS[i].next) {
		const struct lh_stack *s = &LH_STACKS[i];
		if (s->hash == hash && s->n == n && s->flags == flags &&
		    __builtin_memcmp(&LH_FRAMES[s->frame], frame, (size_t)n * 8) == 0)
			return i;
	}
	uint32_t first = lh_row_add(LH_T_FRAME, (uint32_t)n);
	lh_stack_id id = first ? lh_row_add(LH_T_STACK, 1) : 0;
	if (!id) {
		lh_own_ledger.ledger->dropped_stacks++;
		return 0;
	}
	for (int i = 0; i < n; i++)
		LH_FRAMES[first + (uint32_t)i] = frame[i];
	split();
	head = head_of(hash);
	LH_STACKS[id] = (struct lh_stack){first, (uint16_t)n, (uint16_t)flags, hash, *head};
	*head = id;
	return id;
}

lh_stack_id lh_stack_from_parent(lh_stack_id old)
{
	const struct lh_stack *s = lh_row_in_parent(LH_T_STACK, old);
	const uint64_t *f = s ? lh_row_in_parent(LH_T_FRAME, s->frame) : NULL;

	if (!f || !s->n || !lh_row_in_parent(LH_T_FRAME, s->frame + s->n - 1u))
		return 0;
	/* static, under the internal lock: a hook must use little stack */
	static uint64_t frame[LH_FRAMES_MAX];
	int n = s->n < LH_FRAMES_MAX ? s->n : LH_FRAMES_MAX;

	for (int i = 0; i < n; i++)
		frame[i] = lh_frame_from_parent(f[i]);
	return intern(frame, n, s->flags);
}

bool lh_stack_is_in_exit(lh_stack_id stack)
{
	enum { EXIT_BYTES = 64 }; /* of its code up to the call that runs the handlers */
	const struct lh_stack *s = &LH_STACKS[stack];

	for (uint32_t i = 0; stack && lh_real_exit && i < s->n; i++) {
		uint64_t into = LH_FRAME_PC(LH_FRAMES[s->frame + i]) - lh_real_exit;
		if (into && into <= EXIT_BYTES)
			return true;
	}
	return false;
}

/* ---- Python's frames between those of C ---- */

bool lh_stack_in_interpreter(uintptr_t pc)
{
	uintptr_t object = lh_python_object();

	return object && lh_stack_module_has(lh_stack_module(pc), object);
}

/* The frames of a walk, with Python frames in place of the interpreter's. */
struct mixed {
	int n;
	unsigned flags, scripts; /* Python frames added so far */
	uint64_t frame[LH_FRAMES_MAX];
};

static void add_frame(struct mixed *m, uint64_t frame)
{
	if (frame && m->n < (int)lh_options.stack_depth)
		m->frame[m->n++] = frame;
	else
		m->flags |= LH_STACK_CUT;
}

/* The n-th Python frame of a stack, innermost first; 0: the stack has fewer. */
static uint64_t script_of(lh_stack_id stack, unsigned n)
{
	const struct lh_stack *s = &LH_STACKS[stack];

	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t frame = LH_FRAMES[s->frame + i];
		if (LH_MODULES[LH_FRAME_MODULE(frame)].flags == LH_MODULE_SCRIPT && !n--)
			return frame;
	}
	return 0;
}

/* Reads memory of the program under the internal lock: such a read waits for no thread, and this
 * thread keeps the memory alive. */
static uint64_t script_at(const struct lh_python_frame *f)
{
	struct known_script *known =
		&known_scripts[lh_hash_mix(0, f->instruction) >> (64 - KNOWN_SCRIPTS_LOG)];
	struct lh_python_location location;

	if (known->code == f->code && known->instruction == f->instruction &&
	    lh_python_content(f, known->read) == known->content)
		return known->frame;
	uint32_t row = lh_python_locate(f, &location)
			       ? lh_stack_script(location.file, location.function, 0)
			       : 0;
	if (!row)
		return 0;
	*known = (struct known_script){
		.code = f->code,
		.instruction = f->instruction,
		.content = lh_python_content(f, location.read),
		.frame = LH_FRAME(row, LH_SCRIPT_PC(location.place.line, location.place.column)),
		.read = location.read};
	return known->frame;
}

static void add_scripts(struct mixed *m, const struct lh_python_chain *c, uintptr_t activation)
{
	for (; m->scripts < c->n; m->scripts++) {
		const struct lh_python_frame *f = &c->at[m->scripts];
		if (activation && f->activation != activation)
			return;
		add_frame(m, c->stack ? script_of(c->stack, m->scripts) : script_at(f));
	}
}

/*
 * Python frames replace the interpreter function that runs them, and the interpreter's other
 * functions are left out. So a lock acquired at once and a lock waited for have the same stack,
 * which is the one that Python itself would show.
 */
static void mix(const struct lh_stack_walk_result *w, struct mixed *m)
{
	const struct lh_python_chain *c = &w->python;
	int named = m->n;
	uint32_t row = 0;

	for (int i = 0; i < w->n; i++) {
		uintptr_t activation = m->scripts < c->n ? c->at[m->scripts].activation : 0;
		/* no object is unloaded while frames of it are on the stack */
		if (!lh_stack_module_has(row, w->at[i].pc - 1))
			row = lh_stack_module(w->at[i].pc);
		if (i + 1 < w->n && activation > w->at[i].slot && activation < w->at[i + 1].slot)
			add_scripts(m, c, activation);
		else if (!c->n || !lh_stack_module_has(row, lh_python_object()))
			add_frame(m, LH_FRAME(row, w->at[i].pc));
	}
	add_scripts(m, c, 0);
	if (c->cut)
		m->flags |= LH_STACK_CUT;
	/* only frames of the interpreter, and no Python names to replace them */
	if (m->n == named)
		add_frame(m, LH_FRAME(lh_stack_module(w->at[0].pc), w->at[0].pc));
}

/* What the program calls the lock that it initializes; before the frames of the stack. */
static void add_lock_name(const struct lh_stack_walk_result *w, struct mixed *m)
{
	struct lh_python_name name;

	if (!w->makes_lock || !w->python.n || w->python.stack)
		return;
	lh_python_name_lock(&w->python, &name);
	uint32_t row = lh_stack_script(name.name, name.kind, LH_MODULE_LOCK_NAME);
	if (row)
		add_frame(m, LH_FRAME(row, 0));
}

/* ---- contexts ---- */

static bool has_key(const struct lh_context *x, uintptr_t caller, uintptr_t depth)
{
	return x->caller == caller && x->depth == depth && x->epoch == lh_contexts.epoch;
}

static struct lh_context *new_context(uintptr_t caller, uintptr_t depth, int groups)
{
	struct lh_context *x = lh_private_alloc(sizeof(*x) + (size_t)groups * sizeof(x->group[0]));

	if (x)
		*x = (struct lh_context){.caller = caller,
					 .depth = depth,
					 .groups = (uint16_t)groups,
					 .epoch = lh_contexts.epoch};
	return x;
}

/* Each context of list `i` stays or moves to list `i` + `lists`; the order is kept, so a reader in
 * the list sees an end of it and no context twice. */
static void split_contexts(uint64_t i, uint64_t lists)
{
	struct lh_context *x = lh_contexts.head[i];
	struct lh_context **end[2] = {&lh_contexts.head[i], &lh_contexts.head[i + lists]};

	for (; x; x = x->next) {
		bool moves = lh_context_head(x->caller, x->depth) != &lh_contexts.head[i];
		__atomic_store_n(end[moves], x, __ATOMIC_RELEASE);
		end[moves] = &x->next;
	}
	__atomic_store_n(end[0], NULL, __ATOMIC_RELEASE);
	__atomic_store_n(end[1], NULL, __ATOMIC_RELEASE);
}

static void grow_contexts(void)
{
	uint64_t lists = lh_contexts.mask + 1;

	if (++n_contexts < lists || lists == CONTEXT_LISTS_MAX)
		return;
	__atomic_store_n(&lh_contexts.mask, 2 * lists - 1, __ATOMIC_RELEASE);
	for (uint64_t i = 0; i < lists; i++)
		split_contexts(i, lists);
}

static void add(struct lh_context *x)
{
	grow_contexts();
	struct lh_context **head = lh_context_head(x->caller, x->depth);

	x->next = *head;
	__atomic_store_n(head, x, __ATOMIC_RELEASE);
}

/* ---- the words of a context ---- */

struct word {
	uint16_t distance;
	uintptr_t pc;
};

static unsigned words_of(const struct lh_context *x)
{
	return x->groups * (unsigned)LH_CONTEXT_GROUP;
}

static struct word word_at(const struct lh_context *x, unsigned i)
{
	const struct lh_context_group *g = &x->group[i / LH_CONTEXT_GROUP];

	return (struct word){g->distance[i % LH_CONTEXT_GROUP], g->pc[i % LH_CONTEXT_GROUP]};
}

static void set_word(struct lh_context *x, unsigned i, struct word w)
{
	struct lh_context_group *g = &x->group[i / LH_CONTEXT_GROUP];

	g->distance[i % LH_CONTEXT_GROUP] = w.distance;
	g->pc[i % LH_CONTEXT_GROUP] = w.pc;
}

/* True if `other` has another return address at that distance, or none. */
static bool distinguishes(struct word w, const struct lh_context *other)
{
	for (unsigned i = 0; i < words_of(other); i++)
		if (word_at(other, i).distance == w.distance)
			return word_at(other, i).pc != w.pc;
	return true;
}

/*
 * `x` goes before the known contexts, so it is often compared with their stacks. The words that
 * differ from theirs come first, so that such a comparison ends early.
 */
static void sort_words(struct lh_context *x, const struct lh_context *known)
{
	unsigned first = 0;

	for (; known; known = known->next) {
		unsigned i = 0;
		while (i < words_of(x) && !distinguishes(word_at(x, i), known))
			i++;
		if (!has_key(known, x->caller, x->depth) || i == words_of(x) || i < first)
			continue;
		struct word w = word_at(x, i);
		set_word(x, i, word_at(x, first));
		set_word(x, first++, w);
	}
}

static struct word word_of(const struct lh_stack_walk_result *w, int i, uintptr_t frame)
{
	return (struct word){(uint16_t)((w->at[i].slot - frame) / sizeof(uintptr_t)), w->at[i].pc};
}

/* Fills the groups with the frames from `first` of the walk on, and then with the last one. */
static void fill(struct lh_context *x, uintptr_t frame, const struct lh_stack_walk_result *w,
		 int first)
{
	for (unsigned i = 0; i < words_of(x); i++, first++)
		set_word(x, i, word_of(w, first < w->n ? first : w->n - 1, frame));
}

/* Is there a context of this stack? It becomes valid again if it was added before a dlclose; or
 * another thread has added it since this one walked. */
static bool renew(struct lh_context *x, uintptr_t caller, uintptr_t depth, uintptr_t frame,
		  lh_stack_id id)
{
	for (; x; x = x->next) {
		if (x->caller != caller || x->depth != depth || x->stack != id ||
		    !lh_context_same(x, frame))
			continue;
		x->epoch = lh_contexts.epoch;
		return true;
	}
	return false;
}

/* A program that makes ever new Python stacks: distinguishes them by fewer frames from now on. */
static void limit_python_depth(void)
{
	if (++python_contexts % PYTHON_CONTEXTS == 0 && lh_python.depth > 1)
		lh_python.depth /= 4;
}

/* ---- forks: many contexts of one key ---- */

/*
 * A fork, and the context that stands for the stacks for which there is no room, have keys that no
 * stack has, and no words, so every stack finds them by it. The key of a context behind a
 * fork is made of a word of the stack, so the caller is one of the words that are compared.
 */
enum { FORK = 1, REST = 2, WIDE = 3 };

static uintptr_t key_of(uintptr_t depth, unsigned what)
{
	return depth ^ (uintptr_t)what << 61;
}

static uintptr_t behind_fork(const struct lh_context *fork, uintptr_t frame)
{
	return *(const uint32_t *)(frame + fork->fork_at) * 0x9e3779b97f4a7c15u ^ fork->caller;
}

/*
 * A wide context is of a stack with a return address too far from the frame for 16 bits: a
 * function has a large array on the stack. It has no group, and its words are these.
 */
struct far_word {
	uintptr_t offset, pc;
};

static bool wide_same(const struct lh_context *x, uintptr_t frame)
{
	const struct far_word *w = (const struct far_word *)x->group;

	for (unsigned i = 0; i < x->forked; i++)
		if (*(const uintptr_t *)(frame + w[i].offset) != w[i].pc)
			return false;
	return true;
}

static struct lh_context *find_wide(uintptr_t caller, uintptr_t depth, uintptr_t frame)
{
	uintptr_t key = key_of(depth, WIDE);
	struct lh_context *x = __atomic_load_n(lh_context_head(caller, key), __ATOMIC_ACQUIRE);

	while (x && !(has_key(x, caller, key) && wide_same(x, frame)))
		x = __atomic_load_n(&x->next, __ATOMIC_ACQUIRE);
	return x;
}

const struct lh_context *lh_context_find_forked(uintptr_t caller, uintptr_t depth, uintptr_t frame)
{
	const struct lh_context *fork = lh_context_of_key(caller, key_of(depth, FORK), frame), *x;

	if (!fork)
		return find_wide(caller, depth, frame);
	x = lh_context_of_key(behind_fork(fork, frame), fork->depth, frame);
	if (!x)
		x = find_wide(caller, depth, frame);
	return x ? x : lh_context_of_key(caller, key_of(depth, REST), frame);
}

static bool needs_fork(const struct lh_context *known, uintptr_t caller, uintptr_t depth)
{
	int same = 0;

	for (; known; known = known->next)
		same += has_key(known, caller, depth);
	return same >= CONTEXTS_BEFORE_FORK;
}

/* Where the word lies that distinguishes this stack from most of the known ones. */
static uint32_t best_word(const struct lh_context *known, uintptr_t caller, uintptr_t depth,
			  uintptr_t frame, const struct lh_stack_walk_result *w)
{
	uint32_t best = 0;
	int most = -1;

	for (int i = 1; i < w->n; i++) {
		struct word word = word_of(w, i, frame);
		int others = 0;
		for (const struct lh_context *x = known; x; x = x->next)
			others += has_key(x, caller, depth) && distinguishes(word, x);
		if (others > most) {
			most = others;
			best = word.distance * (uint32_t)sizeof(uintptr_t);
		}
	}
	return best;
}

static struct lh_context *get_fork(uintptr_t caller, uintptr_t depth, uintptr_t frame,
				   const struct lh_stack_walk_result *w)
{
	const struct lh_context *known = *lh_context_head(caller, depth);
	struct lh_context *fork =
		(struct lh_context *)lh_context_of_key(caller, key_of(depth, FORK), frame);

	if (fork || w->n < 2)
		return fork;
	fork = new_context(caller, key_of(depth, FORK), 0);
	if (!fork)
		return NULL;
	fork->fork_at = best_word(known, caller, depth, frame, w);
	add(fork);
	__atomic_store_n(&lh_contexts.has_forks, true, __ATOMIC_RELEASE);
	return fork;
}

/* For all stacks of the key for which there is no room. */
static lh_stack_id rest(uintptr_t caller, uintptr_t depth, uintptr_t frame, const struct mixed *m)
{
	const struct lh_context *known = lh_context_of_key(caller, key_of(depth, REST), frame);

	if (known)
		return known->stack;
	lh_stack_id id = intern(m->frame, m->n ? 1 : 0, LH_STACK_APPROXIMATE | LH_STACK_CUT);
	struct lh_context *x = id ? new_context(caller, key_of(depth, REST), 0) : NULL;
	if (x) {
		x->stack = id;
		add(x);
	}
	return id;
}

/* Makes a context of the stack's words from frame `first` on. */
static void add_context(uintptr_t caller, uintptr_t depth, uintptr_t frame,
			const struct lh_stack_walk_result *w, int first, lh_stack_id id)
{
	int words = w->n > first ? w->n - first : 1;
	int groups = (words + LH_CONTEXT_GROUP - 1) / LH_CONTEXT_GROUP;
	struct lh_context *x = id ? new_context(caller, depth, groups) : NULL;

	if (!x)
		return;
	fill(x, frame, w, first);
	sort_words(x, *lh_context_head(caller, depth));
	x->stack = id;
	add(x);
}

static bool is_wide(const struct lh_stack_walk_result *w, uintptr_t frame)
{
	for (int i = 0; i < w->n; i++) {
		uintptr_t distance = w->at[i].slot - frame;
		if (distance / sizeof(uintptr_t) > UINT16_MAX || distance % sizeof(uintptr_t))
			return true;
	}
	return false;
}

/* False: there is no room for another context of the key. */
static bool renew_wide(uintptr_t caller, uintptr_t key, uintptr_t frame, lh_stack_id id,
		       bool *renewed)
{
	int n = 0;

	*renewed = false;
	for (struct lh_context *x = *lh_context_head(caller, key); x && !*renewed; x = x->next) {
		n += has_key(x, caller, key);
		*renewed = x->caller == caller && x->depth == key && x->stack == id &&
			   wide_same(x, frame);
		if (*renewed)
			x->epoch = lh_contexts.epoch;
	}
	return n < CONTEXTS_PER_KEY;
}

static lh_stack_id add_wide(uintptr_t caller, uintptr_t depth, uintptr_t frame,
			    const struct lh_stack_walk_result *w, const struct mixed *m,
			    lh_stack_id id)
{
	uintptr_t key = key_of(depth, WIDE);
	bool renewed, room = renew_wide(caller, key, frame, id, &renewed);

	if (!renewed && !room)
		return rest(caller, depth, frame, m);
	enum { IN_GROUP = sizeof(struct lh_context_group) / sizeof(struct far_word) };
	int groups = (w->n + IN_GROUP - 1) / IN_GROUP;
	struct lh_context *x = id && !renewed ? new_context(caller, key, groups) : NULL;
	if (!x)
		return id;
	for (int i = 0; i < w->n; i++)
		((struct far_word *)x->group)[i] =
			(struct far_word){w->at[i].slot - frame, w->at[i].pc};
	x->groups = 0;
	x->forked = (uint16_t)w->n;
	x->stack = id;
	__atomic_store_n(&lh_contexts.has_forks, true, __ATOMIC_RELEASE);
	add(x);
	return id;
}

static lh_stack_id add_forked(uintptr_t caller, uintptr_t depth, uintptr_t frame,
			      const struct lh_stack_walk_result *w, const struct mixed *m,
			      lh_stack_id id)
{
	struct lh_context *fork = get_fork(caller, depth, frame, w);
	uintptr_t behind = fork ? behind_fork(fork, frame) : 0;

	if (fork && renew(*lh_context_head(behind, fork->depth), behind, fork->depth, frame, id))
		return id;
	if (!fork || fork->forked == CONTEXTS_PER_KEY - CONTEXTS_BEFORE_FORK)
		return rest(caller, depth, frame, m);
	fork->forked++;
	add_context(behind, fork->depth, frame, w, 0, id);
	return id;
}

lh_stack_id lh_stack_intern(uintptr_t frame, const struct lh_stack_walk_result *w)
{
	uintptr_t caller = w->at[0].pc, depth = lh_context_depth(frame, w->python.identity);
	struct lh_context *known = *lh_context_head(caller, depth);
	static struct mixed m; /* under the internal lock; a hook must use little stack */

	m.n = 0;
	m.scripts = 0;
	m.flags = w->flags;
	add_lock_name(w, &m);
	mix(w, &m);
	if (lh_python.kind == LH_PYTHON_UNREAD)
		lh_own_ledger.ledger->flags |= LH_LEDGER_PYTHON_UNREAD;
	lh_stack_id id = intern(m.frame, m.n, m.flags);
	if (!w->checkable || renew(known, caller, depth, frame, id))
		return id;
	if (is_wide(w, frame))
		id = add_wide(caller, depth, frame, w, &m, id);
	else if (needs_fork(known, caller, depth))
		id = add_forked(caller, depth, frame, w, &m, id);
	else
		add_context(caller, depth, frame, w, 1, id);
	if (w->python.n)
		limit_python_depth();
	return id;
}
