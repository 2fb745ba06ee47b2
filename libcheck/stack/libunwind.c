/*
 * libunwind.c — walks with libunwind, and checks each return address on the stack.
 *
 * libunwind is looked for and bound once, at the start, never later and never as a DT_NEEDED of
 * ours: in a hook it takes loader locks, writes to a pipe and allocates (docs/limits.md lists the
 * effects on a program), and as a dependency it would come before the C++ runtime's unwinder.
 */
#include "libcheck/stack/walk.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#if __has_include(<libunwind.h>)
#define UNW_LOCAL_ONLY
#include <libunwind.h>

/*
 * - `bound` is filled once, at the start, and only read afterwards.
 * - libunwind starts at our own frame and walks out through our frames; the requested walk begins
 *   where the stack pointer is the caller's.
 * - A result is believed only if it can be checked: each return address must be in the stack word
 *   that the frame's layout gives, inside [sp, high).
 */
static struct {
	__typeof__(unw_init_local) *init;
	__typeof__(unw_step) *step;
	__typeof__(unw_get_reg) *get;
#ifdef __x86_64__
	__typeof__(unw_tdep_getcontext) *context;
#else
	__typeof__(unw_get_save_loc) *saved_at;
#endif
} bound;

enum { OWN_FRAMES = 64 }; /* more than there can be frames of ours below the checked program's */

struct walk {
	unw_cursor_t cursor;
	uintptr_t sp, pc;
};

/* The header renames each function for the machine (_ULx86_64_step), so the renamed name is looked
 * up. */
#define LH_UNWIND_NAME_(x) #x
#define LH_UNWIND_NAME(x) LH_UNWIND_NAME_(x)

static bool bind(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);
	__builtin_memcpy(function, &found, sizeof found);
	return found != NULL;
}

#ifdef __x86_64__

static bool bind_machine(void *library)
{
	return bind(library, LH_UNWIND_NAME(unw_tdep_getcontext), &bound.context);
}

/* Inline: the frame that it describes must still exist when libunwind walks. */
static __attribute__((always_inline)) inline int get_context(unw_context_t *context)
{
	return bound.context(context);
}

/* libunwind gives the location of every register except the return address. A call pushes it just
 * below the caller's stack pointer; for a signal handler the kernel stores it, beside that pointer,
 * in the ucontext. (unw_is_signal_frame means different frames in different versions, so it is not
 * used.) Without a handler the words read here belong to other frames, which a sanitizer would
 * report. */
static __attribute__((no_sanitize("address"))) uintptr_t
slot_of(struct walk *w, uintptr_t callee_sp, uintptr_t high)
{
	const greg_t *saved = (const greg_t *)(callee_sp + offsetof(ucontext_t, uc_mcontext.gregs));
	if ((uintptr_t)(saved + NGREG) <= high && (uintptr_t)saved[REG_RIP] == w->pc &&
	    (uintptr_t)saved[REG_RSP] == w->sp)
		return (uintptr_t)&saved[REG_RIP];
	return w->sp - sizeof(uintptr_t);
}

#else

static bool bind_machine(void *library)
{
	return bind(library, LH_UNWIND_NAME(unw_get_save_loc), &bound.saved_at);
}

/* unw_getcontext is a macro on these machines. */
static __attribute__((always_inline)) inline int get_context(unw_context_t *context)
{
	return unw_getcontext(context);
}

/* Never run on any machine so far. */
static uintptr_t slot_of(struct walk *w, uintptr_t callee_sp, uintptr_t high)
{
	unw_save_loc_t at;
	(void)callee_sp, (void)high;
#ifdef __aarch64__
	const int reg = UNW_AARCH64_X30;
#else
	const int reg = UNW_REG_IP;
#endif
	if (bound.saved_at(&w->cursor, reg, &at) != 0 || at.type != UNW_SLT_MEMORY)
		return 0;
	return (uintptr_t)at.u.addr;
}

#endif

bool lh_unwind_init(void)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	return library && bind(library, LH_UNWIND_NAME(unw_step), &bound.step) &&
	       bind(library, LH_UNWIND_NAME(unw_get_reg), &bound.get) && bind_machine(library) &&
	       bind(library, LH_UNWIND_NAME(unw_init_local), &bound.init);
}

static bool walk_frames(struct walk *w)
{
	unw_word_t sp, pc;
	if (bound.get(&w->cursor, UNW_REG_SP, &sp) != 0 ||
	    bound.get(&w->cursor, UNW_REG_IP, &pc) != 0)
		return false;
	w->sp = (uintptr_t)sp;
	w->pc = (uintptr_t)pc;
	return true;
}

/* Steps to the caller. False: there is none, and `end` gives the reason. */
static bool step(struct walk *w, uintptr_t high, struct lh_return_slot *out, enum lh_walk_end *end)
{
	uintptr_t from = w->sp;
	int rc = bound.step(&w->cursor);
	*end = rc < 0 ? LH_WALK_NO_CFI : LH_WALK_DONE;
	if (rc <= 0 || !walk_frames(w) || w->pc == 0)
		return false;
	*end = LH_WALK_DAMAGED;
	if (w->sp <= from || w->sp > high || from % sizeof(uintptr_t))
		return false;
	out->pc = w->pc;
	out->slot = slot_of(w, from, high);
	if (out->slot < from || out->slot >= high || out->slot % sizeof(uintptr_t))
		return false;
	*end = LH_WALK_UNSUPPORTED;
	return *(const uintptr_t *)out->slot == w->pc;
}

/* Steps out to the frame that `regs` describe. */
static bool seek(struct walk *w, const struct lh_regs *regs)
{
	for (int i = 0; i < OWN_FRAMES && walk_frames(w) && w->sp <= regs->sp; i++) {
		if (w->sp == regs->sp)
			return w->pc == regs->pc;
		if (bound.step(&w->cursor) <= 0)
			return false;
	}
	return false;
}

int lh_unwind(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	      enum lh_walk_end *end)
{
	unw_context_t context;
	struct walk w;
	int n = 0;
	*end = LH_WALK_UNSUPPORTED;
	if (!bound.init || get_context(&context) != 0 || bound.init(&w.cursor, &context) != 0 ||
	    !seek(&w, regs))
		return 0;
	while (n < capacity && step(&w, high, &out[n], end))
		n++;
	if (n == capacity)
		*end = LH_WALK_CUT;
	return n;
}

#else

bool lh_unwind_init(void)
{
	return false;
}

int lh_unwind(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	      enum lh_walk_end *end)
{
	(void)regs, (void)high, (void)out, (void)capacity;
	*end = LH_WALK_NO_CFI;
	return 0;
}

#endif
