/*
 * wait_glib.c — recognises waits for GLib's locks by the functions of libglib on the stack.
 *
 * GLib's own locks are words on which it sleeps by syscall(). The innermost function of libglib
 * tells what the word is: a GMutex is waited for in a function without a name. A GRWLock and a
 * GRecMutex have a lock of glibc inside, which tells its owner.
 */
#include "tools/wait_graph/wait_bytes.h"
#include "libcheck/lock/glibc_layout.h"

#include <linux/futex.h>
#include <string.h>

enum { FRAMES_MAX = 10 }; /* that are searched, from the system call up */

static const struct {
	const char *part; /* of the function name */
	enum lh_kind kind;
} calls[] = {
	{"g_mutex_lock", LH_G_MUTEX},  {"g_cond_", LH_G_COND},
	{"g_bit_lock", LH_G_BIT_LOCK}, {"g_pointer_bit_lock", LH_G_BIT_LOCK},
	{"g_once_impl", LH_G_ONCE},    {"g_once_init_enter", LH_G_ONCE},
};

static bool is_glib(const struct lh_peek_frame *f)
{
	return f->module && strstr(f->module->path, "/libglib-2.0.so");
}

static enum lh_kind kind_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(calls) / sizeof(*calls); i++)
		if (strncmp(name, calls[i].part, strlen(calls[i].part)) == 0)
			return calls[i].kind;
	return LH_NOTHING;
}

/* One bit of the word, if no other is set: the call does not say which it waits for. */
static uint64_t bit_address(const struct lh_peek_task *t)
{
	uint32_t word = (uint32_t)t->arg[2];

	return word && !(word & (word - 1)) ? t->arg[0] | LH_ADDRESS_BIT(__builtin_ctz(word))
					    : t->arg[0];
}

static void set(const struct lh_peek_task *t, struct lh_hang_wait *w, enum lh_kind kind)
{
	w->kind = kind;
	if (kind == LH_G_COND)
		w->address = t->arg[0] - LH_GLIB_COND_WORD;
	else if (kind == LH_G_BIT_LOCK)
		w->address = bit_address(t);
	else if (kind == LH_G_ONCE) /* the word is that of a condition of GLib's own */
		w->address = 0;
}

bool lh_hang_wait_in_glib(const struct lh_peek_task *t, int op, struct lh_hang_wait *w)
{
	bool found = false;

	for (uint32_t i = 0; i < t->frames && i < FRAMES_MAX; i++) {
		const struct lh_peek_frame *f = &t->frame[i];
		enum lh_kind kind = is_glib(f) ? kind_of(f->name) : LH_NOTHING;

		if (!is_glib(f) && (found || !f->name || strcmp(f->name, "syscall") != 0))
			break;
		if (is_glib(f) && !found && kind == LH_NOTHING && !f->name && op == FUTEX_WAIT &&
		    t->arg[2] == LH_GLIB_MUTEX_CONTENDED)
			kind = LH_G_MUTEX;
		/* a wait for another thread's initializer is one on a condition of GLib's own */
		if (kind != LH_NOTHING && (!found || kind == LH_G_ONCE)) {
			set(t, w, kind);
			w->call = i;
		}
		found |= is_glib(f);
	}
	w->called = found;
	return found;
}

/* ---- the lock of glibc in a GRWLock or GRecMutex ---- */

/* The function whose address is in the slot that the instruction at `at` jumps through. */
static uint64_t target_of_jump(const struct lh_peek *p, uint64_t at)
{
	uint8_t code[16];
	int32_t distance;
	uint64_t target = 0;

	if (!lh_peek_read(p, at, code, sizeof(code)))
		return 0;
	for (size_t i = 0; i + 6 <= sizeof(code) && i <= 5; i++) /* after endbr64, and bnd */
		if (code[i] == 0xff && code[i + 1] == 0x25) {
			memcpy(&distance, &code[i + 2], sizeof(distance));
			lh_peek_read(p, at + i + 6 + (uint64_t)(int64_t)distance, &target,
				     sizeof(target));
			break;
		}
	return target;
}

/* Of the call before the return address, on x86-64: a direct one, through an entry of the procedure
 * linkage table perhaps, or one through a slot. 0: unknown. */
static uint64_t callee(const struct lh_peek *p, uint64_t after)
{
	uint8_t code[6];
	int32_t distance;
	uint64_t target = 0;

	if (!lh_peek_read(p, after - sizeof(code), code, sizeof(code)))
		return 0;
	memcpy(&distance, &code[2], sizeof(distance));
	target = after + (uint64_t)(int64_t)distance;
	if (code[0] == 0xff && code[1] == 0x15)
		return lh_peek_read(p, target, &target, sizeof(target)) ? target : 0;
	return code[1] == 0xe8 ? target_of_jump(p, target) : 0;
}

/* g_rec_mutex_lock ends in a jump to pthread_mutex_lock: the caller's call leads to it. */
static bool is_rec_mutex(const struct lh_peek *p, const struct lh_peek_frame *caller)
{
	uint64_t target = callee(p, caller->pc);
	const struct lh_peek_module *m = target ? lh_peek_module_at(p, target) : NULL;

	return m && strstr(m->path, "/libglib-2.0.so") &&
	       target == lh_peek_symbol((struct lh_peek *)p, m, "g_rec_mutex_lock");
}

void lh_hang_rename_for_glib(const struct lh_peek *p, const struct lh_peek_task *t,
			     struct lh_hang_wait *w)
{
	const struct lh_peek_frame *f =
		w->called && w->call + 1 < t->frames ? &t->frame[w->call + 1] : NULL;

	if (!f)
		return;
	if (w->kind == LH_RWLOCK && is_glib(f) && f->name &&
	    strncmp(f->name, "g_rw_lock_", 10) == 0) {
		w->kind = LH_G_RW_LOCK;
		w->call++;
	} else if (w->kind == LH_MUTEX && !is_glib(f) && is_rec_mutex(p, f)) {
		w->kind = LH_G_REC_MUTEX;
	}
}
