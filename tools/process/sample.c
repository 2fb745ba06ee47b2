/* sample.c — copies the stack of one thread, stopping it if that is safe, and unwinds the copy. */
#include "tools/process/sample.h"
#include "tools/util/time.h"
#include "tools/process/peek_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <time.h>

#include "tools/process/stop.h"

enum {
	STACK_MAX = 128 << 10,
	STOP_MS = 20,
	SAMPLES_MAX =
		256, /* until the objects are read anew: each sample's frames stay in the arena */
	GUESS_WORDS = 512, /* of the stack, in which guess_frame searches */
};

struct lh_sampler {
	struct lh_peek peek;
	uint32_t taken;
	bool generates; /* the program runs code that is in no object */
};

static void drop_modules(struct lh_sampler *s, pid_t pid)
{
	if (s->peek.arena)
		lh_peek_close(&s->peek);
	s->peek = (struct lh_peek){
		.pid = pid, .alive_tid = pid, .source = &lh_peek_live, .no_names = true};
	s->taken = 0;
}

struct lh_sampler *lh_sampler_new(pid_t pid)
{
	struct lh_sampler *s = calloc(1, sizeof(*s));

	if (s)
		drop_modules(s, pid);
	return s;
}

static void load_modules(struct lh_sampler *s)
{
	if (s->taken++ == SAMPLES_MAX)
		drop_modules(s, s->peek.pid);
	if (s->peek.arena)
		return;
	s->peek.arena = lh_arena_new();
	lh_peek_objects(&s->peek);
}

void lh_sampler_free(struct lh_sampler *s)
{
	if (!s)
		return;
	drop_modules(s, s->peek.pid);
	free(s);
}

/* ---- stopping ---- */

static void copy_stack(struct lh_sampler *s, struct lh_peek_task *t, uint64_t high)
{
	size_t n = high > t->sp && high - t->sp < STACK_MAX ? (size_t)(high - t->sp) : STACK_MAX;
	struct iovec here = {NULL, n}, there = {(void *)(uintptr_t)t->sp, n};
	ssize_t got;

	here.iov_base = t->stack = malloc(n);
	t->stack_at = t->sp;
	got = t->stack ? process_vm_readv(s->peek.pid, &here, 1, &there, 1, 0) : 0;
	t->stack_n = got > 0 ? (size_t)got : 0;
}

/* True if the thread still sleeps in this call. It has not run as long as its count of turns on a
 * CPU is *turns. */
static bool sleeps_in(struct lh_sampler *s, pid_t tid, const struct lh_task_call *c,
		      uint64_t *turns)
{
	struct lh_task_call now;
	struct lh_task t;

	if (c->in != LH_TASK_CALL || !lh_task_times(s->peek.pid, tid, &t))
		return false;
	*turns = t.turns;
	lh_task_call(s->peek.pid, tid, &now);
	return lh_task_same(c, &now);
}

static bool ran_since(struct lh_sampler *s, pid_t tid, uint64_t turns)
{
	struct lh_task t;

	return !lh_task_times(s->peek.pid, tid, &t) || t.turns != turns;
}

/* The thread was in this call, and is not there any more: its stack is that of something else. */
static bool has_left(const struct lh_peek_task *t, const struct lh_task_call *c)
{
	return c->in == LH_TASK_CALL && (t->sp != c->sp || t->pc != c->pc);
}

/*
 * A thread needs a CPU to stop, and on a loaded machine a sleeping thread may get none in time. As
 * long as it has not been put on a CPU, its stack is unchanged, and the copy is valid without a
 * stop.
 */
static bool stop_and_copy(struct lh_sampler *s, struct lh_peek_task *t,
			  const struct lh_task_call *c, uint64_t high, struct lh_stack_sample *out)
{
	struct user_regs_struct set;
	uint64_t start = lh_time_now(), turns;
	bool asleep = sleeps_in(s, t->tid, c, &turns), stopped;

	if (!lh_stop_begin(t->tid))
		return false;
	stopped = lh_stop_wait(t->tid, STOP_MS, &set);
	if (stopped)
		lh_peek_registers(t, &set);
	out->moved = stopped && has_left(t, c);
	if (!stopped && asleep) {
		t->sp = c->sp;
		t->pc = c->pc;
	}
	if (stopped || asleep)
		copy_stack(s, t, high);
	out->moved |= !stopped && asleep && ran_since(s, t->tid, turns);
	lh_stop_end(t->tid, stopped ? &set : NULL);
	out->stopped_ns = lh_time_now() - start;
	return t->stack_n > 0 && !out->moved;
}

/* If the thread sleeps in one call before and after the copy, the copied stack is consistent. */
static bool copy_asleep(struct lh_sampler *s, struct lh_peek_task *t, const struct lh_task_call *c,
			uint64_t high, struct lh_stack_sample *out)
{
	struct lh_task_call after;

	t->sp = c->sp;
	t->pc = c->pc;
	copy_stack(s, t, high);
	lh_task_call(s->peek.pid, t->tid, &after);
	out->moved = !lh_task_same(c, &after);
	return t->stack_n && !out->moved;
}

/* ---- unwinding ---- */

#if defined __x86_64__
enum { FRAME_POINTER = 6, WORD = 8 };

static bool is_return(struct lh_sampler *s, uint64_t pc)
{
	unsigned char code[8];

	if (!lh_peek_module_at(&s->peek, pc) || !lh_peek_read(&s->peek, pc - 8, code, sizeof(code)))
		return false;
	/* call rel32, or call through a register or memory */
	return code[3] == 0xe8 || code[6] == 0xff || code[5] == 0xff || code[2] == 0xff ||
	       code[1] == 0xff;
}

/*
 * Unoptimized code finds its frame through rbp, which /proc does not have, and a function of the C
 * library may not have saved it. The first word that points further up the stack, with a return
 * address above it, is most likely the word that rbp points to.
 */
static bool guess_frame(struct lh_sampler *s, struct lh_peek_task *t)
{
	uint64_t word[2];

	for (size_t i = 0; i < GUESS_WORDS && (i + 2) * WORD <= t->stack_n; i++) {
		uint64_t at = t->stack_at + i * WORD;

		memcpy(word, t->stack + i * WORD, sizeof(word));
		if (word[0] <= at || word[0] - t->stack_at > STACK_MAX || !is_return(s, word[1]))
			continue;
		memset(t->reg, 0, sizeof(t->reg));
		t->reg[FRAME_POINTER] = at;
		t->reg[7] = t->sp;
		t->reg[16] = t->pc;
		return t->registers = true;
	}
	return false;
}
#else
static bool guess_frame(struct lh_sampler *s, struct lh_peek_task *t)
{
	(void)s;
	(void)t;
	return false;
}
#endif

static bool leaves_objects(const struct lh_peek_task *t)
{
	for (uint32_t i = 0; i < t->frames; i++)
		if (!t->frame[i].module)
			return true;
	return false;
}

/*
 * A frame in no object: the object was loaded after the list was read, so its caller was guessed.
 * The list is read anew, until that shows that the program generates code.
 */
static void unwind_all(struct lh_sampler *s, struct lh_peek_task *t)
{
	lh_peek_unwind(&s->peek, t);
	if (s->generates || !leaves_objects(t))
		return;
	drop_modules(s, s->peek.pid);
	s->peek.alive_tid = t->tid;
	load_modules(s);
	t->frame = NULL;
	t->frames = 0;
	t->unwound = t->cut = false;
	lh_peek_unwind(&s->peek, t);
	s->generates = leaves_objects(t);
}

static bool unwind(struct lh_sampler *s, struct lh_peek_task *t, struct lh_stack_sample *out)
{
	load_modules(s);
	unwind_all(s, t);
	if (!t->registers && t->cut) {
		struct lh_peek_task again = *t;

		again.frame = NULL;
		again.frames = 0;
		again.unwound = again.cut = false;
		if (guess_frame(s, &again) && lh_peek_unwind(&s->peek, &again) &&
		    again.frames > t->frames) {
			*t = again;
			out->flags |= LH_STACK_APPROXIMATE;
		}
	}
	return t->frames > 0;
}

bool lh_sampler_sample(struct lh_sampler *s, pid_t tid, const struct lh_task_call *c, uint64_t high,
		       struct lh_stack_sample *out)
{
	struct lh_peek_task t = {.tid = tid};
	bool good,
		stops = c->in == LH_TASK_RUNS || (c->in == LH_TASK_CALL && lh_stop_restarts(c->nr));

	*out = (struct lh_stack_sample){0};
	lh_stop_end_late();
	if (c->in == LH_TASK_UNKNOWN)
		return false;
	s->peek.alive_tid = tid; /* the first thread may have ended */
	load_modules(s);
	good = stops ? stop_and_copy(s, &t, c, high, out) : copy_asleep(s, &t, c, high, out);
	if (good && unwind(s, &t, out)) {
		out->n = t.frames < LH_FRAMES_MAX ? t.frames : LH_FRAMES_MAX;
		out->flags |= t.cut ? LH_STACK_CUT : 0;
		/* A ledger's frames are return addresses, so an exact pc is moved by one. */
		for (uint32_t i = 0; i < out->n; i++)
			out->pc[i] = t.frame[i].pc + (t.frame[i].exact && i == 0);
	}
	free(t.stack);
	return out->n > 0;
}

bool lh_sampler_module(struct lh_sampler *s, uint64_t address, struct lh_module *out)
{
	const struct lh_peek_module *m;

	load_modules(s);
	m = lh_peek_module_at(&s->peek, address);
	if (!m)
		return false;
	*out = lh_peek_module_row(m, m->path);
	return true;
}
