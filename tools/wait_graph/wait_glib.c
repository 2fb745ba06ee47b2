/*
 * wait_glib.c — recognises waits for GLib's locks by the functions of libglib on the stack.
 *
 * GLib's own locks are words on which it sleeps by syscall(). The innermost function of libglib
 * tells what the word is: a GMutex is waited for in a function without a name. A GRWLock and a
 * GRecMutex have a lock of glibc inside, which tells its owner; g_rec_mutex_lock leaves no frame.
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

/* The lock of glibc in a GRWLock, or in a GRecMutex where its function has a frame. */
void lh_hang_rename_for_glib(const struct lh_peek_task *t, struct lh_hang_wait *w)
{
	const struct lh_peek_frame *f =
		w->called && w->call + 1 < t->frames ? &t->frame[w->call + 1] : NULL;

	if (!f || !is_glib(f) || !f->name)
		return;
	if (w->kind == LH_RWLOCK && strncmp(f->name, "g_rw_lock_", 10) == 0)
		w->kind = LH_G_RW_LOCK;
	else if (w->kind == LH_MUTEX && strncmp(f->name, "g_rec_mutex_", 12) == 0)
		w->kind = LH_G_REC_MUTEX;
	else
		return;
	w->call++;
}
