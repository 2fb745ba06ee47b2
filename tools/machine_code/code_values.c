/*
 * code_values.c — goes through a function until all paths have been followed.
 *
 * Before that it collects the jumps, so that it knows where paths come together. Where a path
 * begins that no jump leads to (a case of a `switch`, a handler of exceptions) the registers are
 * unknown, but for the frame pointer, if the function has one.
 */
#include "tools/machine_code/code_values.h"
#include "libcheck/machine_code/x86_code.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { JUMPS_MAX = 4096, SWEEPS_MAX = 40, STORES_MAX = 256 };

/* A word in memory with what was stored there. */
struct slot {
	struct lh_value at; /* its address: in the frame, or behind a parameter */
	struct lh_value value;
};

struct state {
	struct lh_value reg[LH_REGISTERS]; /* by the processor's numbers */
	struct slot slot[LH_SLOTS_MAX];
	uint32_t slots;
	bool reached;
};

/* How many instructions store a register at this distance from rbp. */
struct store {
	int64_t at;
	uint32_t n;
};

/* Where a jump goes, and what the registers contain there. */
struct target {
	uint64_t at;
	struct state state;
};

struct walk {
	const uint8_t *code;
	size_t n;
	uint64_t start, after;
	struct target *target;
	uint32_t targets;
	uint64_t at;  /* the present instruction */
	bool changed; /* in this sweep */
	struct state now;
	bool frame_pointer; /* rbp has been set to the frame */
	struct lh_value frame;
	int64_t lowest; /* of rsp, from the frame */
	struct store store[STORES_MAX];
	uint32_t stores;
};

/* ---- values ---- */

struct lh_value lh_value_plus(struct lh_value v, int64_t n)
{
	v.offset[v.loads] = (int64_t)((uint64_t)v.offset[v.loads] + (uint64_t)n);
	return v;
}

struct lh_value lh_value_load(struct lh_value v)
{
	static const struct lh_value none; /* LH_UNKNOWN, and equal to none */

	if (v.loads == LH_LOADS_MAX)
		return none;
	v.loads++;
	v.offset[v.loads] = 0;
	return v;
}

bool lh_value_is_same(const struct lh_value *a, const struct lh_value *b)
{
	return (a->root != LH_UNKNOWN || a->of) && a->root == b->root && a->of == b->of &&
	       a->loads == b->loads &&
	       memcmp(a->offset, b->offset, (a->loads + 1) * sizeof(a->offset[0])) == 0;
}

/* The same each time that the walk comes there. */
static struct lh_value unknown_at(const struct walk *w, uint64_t at, unsigned reg, bool together)
{
	return (struct lh_value){
		.root = LH_UNKNOWN,
		.of = (uint32_t)((at - w->start) * 2 * 32 + 2 * reg + together + 1)};
}

static void forget(struct walk *w, uint32_t registers)
{
	for (unsigned i = 0; i < LH_REGISTERS; i++)
		if (registers & 1u << i)
			w->now.reg[i] = unknown_at(w, w->at, i, false);
}

/* ---- the frame's memory ---- */

static bool is_in_frame(const struct lh_value *address)
{
	return address->root == LH_FRAME && !address->loads;
}

/* A guard stores its parameter behind its `this` and loads it again. */
static bool is_followed(const struct lh_value *address)
{
	return (address->root == LH_FRAME || address->root == LH_ENTRY) && !address->loads;
}

static void drop_slot(struct state *s, uint32_t i)
{
	s->slot[i] = s->slot[--s->slots];
}

/* Something is stored there, which may be `size` bytes. */
static void drop_slots(struct state *s, const struct lh_value *at, int64_t size)
{
	for (uint32_t i = s->slots; i-- > 0;) {
		const struct lh_value *own = &s->slot[i].at;

		if (own->root == at->root && own->of == at->of &&
		    own->offset[0] > at->offset[0] - 8 && own->offset[0] < at->offset[0] + size)
			drop_slot(s, i);
	}
}

static const struct slot *find_slot(const struct state *s, const struct lh_value *at)
{
	for (uint32_t i = 0; i < s->slots; i++)
		if (lh_value_is_same(&s->slot[i].at, at))
			return &s->slot[i];
	return NULL;
}

static struct lh_value load(const struct state *s, struct lh_value address)
{
	const struct slot *slot = find_slot(s, &address);

	return slot ? slot->value : lh_value_load(address);
}

static struct store *find_store(struct walk *w, int64_t at)
{
	for (uint32_t i = 0; i < w->stores; i++)
		if (w->store[i].at == at)
			return &w->store[i];
	return NULL;
}

static void count_store(struct walk *w, const struct lh_instruction *x)
{
	struct store *s;

	if (x->map || !x->memory || x->base != LH_RBP || x->index >= 0 || x->op == 0x8b ||
	    x->op == 0x8d)
		return;
	s = find_store(w, x->displacement);
	if (s)
		s->n++;
	else if (w->stores < STORES_MAX)
		w->store[w->stores++] = (struct store){x->displacement, 1};
}

/* Keeps the words that only one instruction of the function stores. */
static void keep_stored_once(struct walk *w)
{
	for (uint32_t i = w->now.slots; i-- > 0;) {
		const struct lh_value *at = &w->now.slot[i].at;
		const struct store *s = w->frame_pointer && is_in_frame(at)
						? find_store(w, at->offset[0] - w->frame.offset[0])
						: NULL;

		if (!s || s->n != 1)
			drop_slot(&w->now, i);
	}
}

/* ---- instructions ---- */

static struct lh_value address_of(struct walk *w, const struct lh_instruction *x, uint64_t at)
{
	if (x->index >= 0 || x->base < 0)
		return unknown_at(w, at, LH_RIP, false);
	if (x->base == LH_RIP)
		return (struct lh_value){.root = LH_ADDRESS,
					 .offset = {(int64_t)(at + x->size) + x->displacement}};
	return lh_value_plus(w->now.reg[x->base], x->displacement);
}

/* A path that is not known from here on: for instance a case of a `switch`. */
static void begin_path(struct walk *w)
{
	struct lh_value rsp = w->now.reg[LH_RSP];

	if (!w->now.reached)
		rsp = (struct lh_value){.root = LH_FRAME, .offset = {w->lowest}};
	forget(w, 0xffff);
	keep_stored_once(w);
	if (w->frame_pointer)
		w->now.reg[LH_RBP] = w->frame;
	w->now.reg[LH_RSP] = rsp;
	w->now.reached = true;
}

static bool store(struct walk *w, struct lh_value address, const struct lh_value *value)
{
	if (!is_followed(&address))
		return false;
	drop_slots(&w->now, &address, 8);
	if (w->now.slots < LH_SLOTS_MAX)
		w->now.slot[w->now.slots++] = (struct slot){address, *value};
	return true;
}

static bool move(struct walk *w, const struct lh_instruction *x, uint64_t at)
{
	struct lh_value *reg = w->now.reg;

	if (x->op == 0x8d && x->memory) {
		reg[x->reg] = address_of(w, x, at);
		return x->wide;
	}
	if ((x->op == 0x8b || x->op == 0x89) && !x->wide)
		return false;
	if (x->op == 0x8b)
		reg[x->reg] = x->memory ? load(&w->now, address_of(w, x, at)) : reg[x->rm];
	else if (x->op == 0x89 && !x->memory)
		reg[x->rm] = reg[x->reg];
	else
		return x->op == 0x89 && store(w, address_of(w, x, at), &reg[x->reg]);
	return true;
}

static bool add(struct walk *w, const struct lh_instruction *x)
{
	uint8_t which = x->reg & 7, to = x->rm;
	bool subtracts = which == 5;

	if (x->op == 0x05 || x->op == 0x2d) { /* to rax */
		to = LH_RAX;
		subtracts = x->op == 0x2d;
	} else if ((x->op != 0x81 && x->op != 0x83) || x->memory || (which != 0 && which != 5)) {
		return false;
	}
	if (x->wide)
		w->now.reg[to] =
			lh_value_plus(w->now.reg[to], subtracts ? -x->immediate : x->immediate);
	return x->wide;
}

static bool stack(struct walk *w, const struct lh_instruction *x)
{
	struct lh_value *reg = w->now.reg;

	if ((x->op & 0xf8) == 0x50 || x->op == 0x68 || x->op == 0x6a ||
	    (x->op == 0xff && (x->reg & 7) == 6)) {
		reg[LH_RSP] = lh_value_plus(reg[LH_RSP], -8);
	} else if ((x->op & 0xf8) == 0x58) {
		forget(w, 1u << x->rm);
		if (x->rm != LH_RSP)
			reg[LH_RSP] = lh_value_plus(reg[LH_RSP], 8);
	} else if (x->op == 0xc9) { /* leave */
		reg[LH_RSP] = lh_value_plus(reg[LH_RBP], 8);
		forget(w, 1u << LH_RBP);
	} else {
		return false;
	}
	return true;
}

static void execute(struct walk *w, const struct lh_instruction *x, uint64_t at)
{
	bool done = false;

	if (x->map == 0 && !x->vex) {
		done = move(w, x, at) || add(w, x) || stack(w, x);
		if (!done && (x->op & 0xf8) == 0xb8) { /* an address below 4 GiB, or a number */
			w->now.reg[x->rm] = (struct lh_value){
				.root = LH_ADDRESS,
				.offset = {x->wide ? x->immediate : (uint32_t)x->immediate}};
			done = true;
		}
		if (!done && (x->op & 0xf8) == 0x90 && x->rm) {
			forget(w, 1u << x->rm | 1u << LH_RAX);
			done = true;
		}
	}
	if (!done) {
		struct lh_value address = x->memory ? address_of(w, x, at) : w->now.reg[0];

		if (x->memory && is_followed(&address))
			drop_slots(&w->now, &address, x->map ? 64 : 8);
		forget(w, lh_x86_written(x));
	}
	if (w->now.reg[LH_RSP].root == LH_FRAME && !w->now.reg[LH_RSP].loads &&
	    w->now.reg[LH_RSP].offset[0] < w->lowest)
		w->lowest = w->now.reg[LH_RSP].offset[0];
	if (w->now.reg[LH_RBP].root == LH_FRAME && !w->now.reg[LH_RBP].loads) {
		w->frame_pointer = true;
		w->frame = w->now.reg[LH_RBP];
	}
}

/* ---- paths ---- */

static int by_address(const void *x, const void *y)
{
	const struct target *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* After `collect` the targets are sorted. */
static struct target *find_target(struct walk *w, uint64_t at)
{
	uint32_t low = 0, high = w->targets;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (w->target[mid].at == at)
			return &w->target[mid];
		if (w->target[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Only what has one value on all paths to the target keeps it. True: `a` has changed. */
static bool meet(struct walk *w, struct state *a, const struct state *b, const struct target *t)
{
	bool changed = false;

	if (!b->reached)
		return false;
	if (!a->reached) {
		*a = *b;
		return true;
	}
	for (unsigned i = 0; i < LH_REGISTERS; i++) {
		struct lh_value none = unknown_at(w, t->at, i, true);

		if (lh_value_is_same(&a->reg[i], &b->reg[i]) || lh_value_is_same(&a->reg[i], &none))
			continue;
		a->reg[i] = none;
		changed = true;
	}
	for (uint32_t i = a->slots; i-- > 0;) {
		const struct slot *s = find_slot(b, &a->slot[i].at);

		if (s && lh_value_is_same(&s->value, &a->slot[i].value))
			continue;
		drop_slot(a, i);
		changed = true;
	}
	return changed;
}

static void arrive(struct walk *w, uint64_t at)
{
	struct target *t = find_target(w, at);

	w->at = at;
	if (t) {
		w->changed |= meet(w, &t->state, &w->now, t);
		w->now = t->state;
	}
	if (!w->now.reached)
		begin_path(w);
}

static void leave(struct walk *w, const struct lh_instruction *x, uint64_t at)
{
	struct target *t = x->direct && x->flow != LH_CALL
				   ? find_target(w, at + x->size + (uint64_t)x->immediate)
				   : NULL;

	if (t)
		w->changed |= meet(w, &t->state, &w->now, t);
	if (x->flow == LH_JUMP || x->flow == LH_END)
		w->now.reached = false;
}

/* Each address once. */
static void sort_targets(struct walk *w)
{
	uint32_t n = 0;

	if (w->targets)
		qsort(w->target, w->targets, sizeof(*w->target), by_address);
	for (uint32_t i = 0; i < w->targets; i++)
		if (!n || w->target[n - 1].at != w->target[i].at)
			w->target[n++].at = w->target[i].at;
	w->targets = n;
}

/* The jumps of the whole function. False: the code is not understood. */
static bool collect(struct walk *w)
{
	struct lh_instruction x;

	for (size_t i = 0; i < w->n; i += x.size) {
		uint64_t at = w->start + i, to;

		if (!lh_x86_decode(w->code + i, w->n - i, &x)) {
			if (w->after > at)
				return false;
			break; /* data between functions */
		}
		count_store(w, &x);
		to = at + x.size + (uint64_t)x.immediate;
		if (!x.direct || x.flow == LH_CALL || to < w->start || to >= w->start + w->n)
			continue;
		if (w->targets == JUMPS_MAX)
			return false;
		w->target[w->targets++].at = to;
	}
	sort_targets(w);
	return true;
}

/* The processor's numbers, by DWARF's. */
static const uint8_t number[LH_REGISTERS] = {LH_RAX, LH_RDX, LH_RCX, LH_RBX, LH_RSI, LH_RDI,
					     LH_RBP, LH_RSP, 8,      9,      10,     11,
					     12,     13,     14,     15};

static void enter(struct walk *w)
{
	w->now.slots = 0;
	for (unsigned i = 0; i < LH_REGISTERS; i++)
		w->now.reg[number[i]] = (struct lh_value){.root = LH_ENTRY, .of = i};
	/* the return address is the last word before the frame */
	w->now.reg[LH_RSP] = (struct lh_value){.root = LH_FRAME, .offset = {-8}};
	w->now.reached = true;
}

static void keep_values(const struct walk *w, const struct lh_instruction *x,
			struct lh_call_values *out)
{
	for (unsigned k = 0; k < LH_REGISTERS; k++)
		out->reg[k] = w->now.reg[number[k]];
	for (uint32_t k = 0; k < w->now.slots; k++) {
		out->slot[k] = w->now.slot[k].at;
		out->stored[k] = w->now.slot[k].value;
	}
	out->slots = w->now.slots;
	out->call = w->at;
	out->target = x->direct ? w->after + (uint64_t)x->immediate : 0;
}

/* Goes through the function once. True: it has the call. */
static bool sweep(struct walk *w, struct lh_call_values *out)
{
	struct lh_instruction x;
	bool seen = false;

	w->changed = false;
	enter(w);
	for (size_t i = 0; i < w->n && lh_x86_decode(w->code + i, w->n - i, &x); i += x.size) {
		uint64_t at = w->start + i;

		arrive(w, at);
		if (at + x.size == w->after && x.flow == LH_CALL) {
			keep_values(w, &x, out);
			seen = true;
		}
		execute(w, &x, at);
		leave(w, &x, at);
	}
	return seen;
}

/* Until no path brings anything new: values only get fewer. */
static bool walk(struct walk *w, struct lh_call_values *out)
{
	for (int i = 0; i < SWEEPS_MAX; i++)
		if (!sweep(w, out))
			return false;
		else if (!w->changed)
			return true;
	return false;
}

struct lh_value lh_call_load(const struct lh_call_values *c, struct lh_value address)
{
	for (uint32_t i = 0; i < c->slots; i++)
		if (lh_value_is_same(&c->slot[i], &address))
			return c->stored[i];
	return lh_value_load(address);
}

bool lh_code_values(const uint8_t *code, size_t n, uint64_t start, uint64_t after,
		    struct lh_call_values *out)
{
	struct walk *w = calloc(1, sizeof(*w));
	bool known = false;

	if (!w)
		return false;
	*w = (struct walk){.code = code, .n = n, .start = start, .after = after};
	/* mapped: calloc would clear all of these 29 MB, and most functions have few jumps */
	w->target = mmap(NULL, JUMPS_MAX * sizeof(*w->target), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->target != MAP_FAILED) {
		known = collect(w) && walk(w, out);
		munmap(w->target, JUMPS_MAX * sizeof(*w->target));
	}
	free(w);
	return known;
}
