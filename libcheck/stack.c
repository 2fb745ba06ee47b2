/* stack.c — see stack.h. */
#include "stack.h"
#include "options.h"
#include "text.h"
#include "unwind.h"
#include "walk.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

struct lh_context_table lh_contexts;

enum {
	CONTEXTS_PER_KEY = 8,
	STACK_HEADS_LOG = 16,
	WALK_NEEDS = 4096, /* bytes of stack below us before we dare to walk */
};

static uint32_t *stack_heads;

bool lh_stack_init(void)
{
	/* a thread that comes before the first context finds an empty table, never none */
	lh_contexts.head = lh_book_private(sizeof(struct lh_context *) << LH_CONTEXT_HEADS_LOG);
	stack_heads = lh_book_private(sizeof(uint32_t) << STACK_HEADS_LOG);
	return lh_contexts.head && stack_heads;
}

void lh_stack_modules_changed(void)
{
	__atomic_fetch_add(&lh_contexts.epoch, 1, __ATOMIC_RELEASE);
}

/* ---- walking ---- */

void lh_stack_walk(uintptr_t frame, uintptr_t low, uintptr_t high, struct lh_walked *w)
{
	const uintptr_t *word = (const uintptr_t *)frame;
	bool inside = frame >= low && frame < high && low;

	w->at[0].pc = word[1];
	w->at[0].slot = frame + sizeof(uintptr_t);
	w->n = 1;
	w->flags = 0;
	w->checkable = inside;
	if (lh_options.stacks != LH_STACKS_FULL)
		return;
	w->flags = LH_STACK_CUT;
	if (!inside || frame - low < WALK_NEEDS)
		return;
	struct lh_regs regs = {.pc = word[1], .sp = frame + 2 * sizeof(uintptr_t), .bp = word[0]};
	struct lh_spot *out = (struct lh_spot *)&w->at[1];
	int room = (int)lh_options.stack_depth - 1;
	enum lh_walk_end end;
	int n = lh_options.unwinder == LH_UNWINDER_LIBUNWIND
			? lh_unwind(&regs, high, out, room, &end)
			: lh_walk(&regs, high, out, room, &end);
	w->n += n;
	w->flags = end == LH_WALK_DONE ? 0 : LH_STACK_CUT;
}

/* ---- modules ---- */

/*
 * The build id, from the notes that the loader has mapped. Every read lies inside the
 * object's own range: a damaged header costs the id, not the program.
 */
static void read_build_id(struct lh_module *m)
{
	const ElfW(Ehdr) *e = (const void *)(uintptr_t)m->start;

	if (m->end - m->start < sizeof(*e) || __builtin_memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
	    e->e_phoff + (uint64_t)e->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return;
	const ElfW(Phdr) *p = (const void *)((uintptr_t)m->start + e->e_phoff);
	for (int i = 0; i < e->e_phnum; i++) {
		if (p[i].p_type != PT_NOTE)
			continue;
		uint64_t at = m->base + p[i].p_vaddr, end = at + p[i].p_memsz;
		if (at < m->start || end > m->end || end < at)
			continue;
		while (at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *n = (const void *)(uintptr_t)at;
			uint64_t desc = at + sizeof(*n) + ((n->n_namesz + 3u) & ~3u);
			if (desc + n->n_descsz > end)
				break;
			if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4) {
				m->build_id_n = n->n_descsz > 20 ? 20 : (uint8_t)n->n_descsz;
				__builtin_memcpy(m->build_id, (const void *)(uintptr_t)desc, m->build_id_n);
				return;
			}
			at = desc + ((n->n_descsz + 3u) & ~3u);
		}
	}
}

static bool same_module(const struct lh_module *m, const struct dl_find_object *f)
{
	const struct link_map *l = f->dlfo_link_map;
	const char *name = l->l_name && l->l_name[0] ? l->l_name : lh_book.ledger->exe;

	return m->start == (uintptr_t)f->dlfo_map_start && m->link_map == (uintptr_t)l &&
	       m->base == l->l_addr && lh_text_equal(m->path, name);
}

static uint32_t learn_module(const struct dl_find_object *f)
{
	const struct link_map *l = f->dlfo_link_map;
	uint32_t at = lh_book_new(LH_T_MODULE, 1);
	struct lh_module *m = &LH_MODULES[at];

	if (!at)
		return 0;
	m->start = (uintptr_t)f->dlfo_map_start;
	m->end = (uintptr_t)f->dlfo_map_end;
	m->base = l->l_addr;
	m->link_map = (uintptr_t)l;
	lh_text_copy(m->path, sizeof(m->path), l->l_name && l->l_name[0] ? l->l_name : lh_book.ledger->exe);
	read_build_id(m);
	return at;
}

/*
 * The module of a return address, 0 if it lies in none. The newest row of a range is
 * the one that is loaded; an older one at the same place is gone.
 */
static uint32_t module_of(uintptr_t pc)
{
	static uint32_t last; /* most frames lie in the module of the frame before */
	struct dl_find_object f;
	uint32_t used = lh_book_used(LH_T_MODULE);

	if (!_dl_find_object || _dl_find_object((void *)(pc - 1), &f) != 0 || !f.dlfo_link_map)
		return 0;
	if (last && last < used && !LH_MODULES[last].gone && same_module(&LH_MODULES[last], &f))
		return last;
	for (uint32_t i = used - 1; i > 0; i--) {
		struct lh_module *m = &LH_MODULES[i];
		if (m->gone || (uintptr_t)f.dlfo_map_start >= m->end || (uintptr_t)f.dlfo_map_end <= m->start)
			continue;
		if (same_module(m, &f))
			return last = i;
		m->gone = 1;
	}
	return last = learn_module(&f);
}

/* ---- stacks, stored once ---- */

static uint32_t hash_frames(const uint64_t *frame, int n, unsigned flags)
{
	uint64_t h = 0xcbf29ce484222325u + flags;

	for (int i = 0; i < n; i++)
		h = (h ^ frame[i]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
	return (uint32_t)(h ^ h >> 32);
}

static lh_stack_id intern(const uint64_t *frame, int n, unsigned flags)
{
	uint32_t hash = hash_frames(frame, n, flags);
	uint32_t *head = &stack_heads[hash & ((1u << STACK_HEADS_LOG) - 1)];

	for (lh_stack_id i = *head; i; i = LH_STACKS[i].next) {
		const struct lh_stack *s = &LH_STACKS[i];
		if (s->hash == hash && s->n == n && s->flags == flags &&
		    __builtin_memcmp(&LH_FRAMES[s->frame], frame, (size_t)n * 8) == 0)
			return i;
	}
	uint32_t first = lh_book_new(LH_T_FRAME, (uint32_t)n);
	lh_stack_id id = first ? lh_book_new(LH_T_STACK, 1) : 0;
	if (!id) {
		lh_book.ledger->dropped_stacks++;
		return 0;
	}
	for (int i = 0; i < n; i++)
		LH_FRAMES[first + (uint32_t)i] = frame[i];
	LH_STACKS[id] = (struct lh_stack){first, (uint16_t)n, (uint16_t)flags, hash, *head};
	*head = id;
	return id;
}

lh_stack_id lh_stack_adopt(lh_stack_id old)
{
	const struct lh_ledger *before = lh_book.before;

	if (!before || !old || old >= before->table[LH_T_STACK].used)
		return 0;
	const char *base = (const char *)before;
	const struct lh_stack *s = (const struct lh_stack *)(base + before->table[LH_T_STACK].offset) + old;
	const uint64_t *f = (const uint64_t *)(base + before->table[LH_T_FRAME].offset) + s->frame;
	static uint64_t frame[LH_FRAMES_MAX]; /* under the big lock; a hook may not use much stack */
	int n = s->n < LH_FRAMES_MAX ? s->n : LH_FRAMES_MAX;

	for (int i = 0; i < n; i++) {
		uintptr_t pc = LH_FRAME_PC(f[i]);
		frame[i] = LH_FRAME(module_of(pc), pc);
	}
	return intern(frame, n, s->flags);
}

/* ---- contexts ---- */

static struct lh_context *room_for(struct lh_context **head, uintptr_t caller, uintptr_t depth,
				   int n, bool *exhausted)
{
	int same = 0;

	for (struct lh_context *x = *head; x; x = x->next)
		same += x->caller == caller && x->depth == depth && x->epoch == lh_contexts.epoch;
	*exhausted = same >= CONTEXTS_PER_KEY;
	if (*exhausted)
		n = 0;
	struct lh_context *x = lh_book_private(sizeof(*x) + (size_t)n * sizeof(x->word[0]));
	if (x)
		*x = (struct lh_context){.caller = caller, .depth = depth, .n = (uint16_t)n,
					 .epoch = lh_contexts.epoch, .exhausted = *exhausted};
	return x;
}

/* New contexts go last: one that stands for every stack of its key must be asked last. */
static void append(struct lh_context **head, struct lh_context *x)
{
	while (*head)
		head = &(*head)->next;
	__atomic_store_n(head, x, __ATOMIC_RELEASE);
}

/* After a dlclose: a context that says the same as before is believed again, in place. */
static bool renew(struct lh_context *x, uintptr_t caller, uintptr_t depth, uintptr_t frame, lh_stack_id id)
{
	for (; x; x = x->next) {
		if (x->caller != caller || x->depth != depth || x->epoch == lh_contexts.epoch ||
		    x->stack != id || x->exhausted || !lh_context_same(x, frame))
			continue;
		x->epoch = lh_contexts.epoch;
		return true;
	}
	return false;
}

lh_stack_id lh_stack_learn(uintptr_t frame, const struct lh_walked *w)
{
	uintptr_t caller = w->at[0].pc, depth = lh_thread_pointer() - frame;
	struct lh_context **head = lh_context_head(caller, depth);
	static uint64_t frames[LH_FRAMES_MAX]; /* under the big lock */
	bool exhausted;

	for (int i = 0; i < w->n; i++)
		frames[i] = LH_FRAME(module_of(w->at[i].pc), w->at[i].pc);
	lh_stack_id id = intern(frames, w->n, w->flags);
	if (!w->checkable || renew(*head, caller, depth, frame, id))
		return id;
	struct lh_context *x = room_for(head, caller, depth, w->n - 1, &exhausted);
	if (!x)
		return id;
	if (exhausted)
		id = intern(frames, 1, LH_STACK_APPROXIMATE | LH_STACK_CUT);
	for (int i = 0; i < x->n; i++) {
		x->word[i].pc = w->at[i + 1].pc;
		x->word[i].offset = w->at[i + 1].slot - frame;
	}
	x->stack = id;
	if (id)
		append(head, x);
	return id;
}
