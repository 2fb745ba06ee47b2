/*
 * wait_openmp.c — recognises waits for libgomp's locks: the thread sleeps in libgomp itself, by the
 * library's own instruction, on a word whose value says that it is locked and waited for.
 *
 * libgomp's functions leave no frame, so the word tells the kind: a word in libgomp is that of the
 * unnamed critical section; a named section's word has a symbol, which the report knows. libgomp's
 * barriers count upwards, and their waits are not told from those of idle threads.
 */
#include "tools/wait_graph/wait_bytes.h"

#include <linux/futex.h>
#include <string.h>

enum { LOCKED_AND_WAITED_FOR = -1 };

static bool is_libgomp(const struct lh_peek_module *m)
{
	return m && strstr(m->path, "/libgomp.so");
}

bool lh_hang_wait_in_libgomp(const struct lh_peek *p, const struct lh_peek_task *t, int op,
			     struct lh_hang_wait *w)
{
	if (!t->frames || !is_libgomp(t->frame[0].module))
		return false;
	w->called = true;
	w->call = 0;
	if (op == FUTEX_WAIT && (int)t->arg[2] == LOCKED_AND_WAITED_FOR)
		w->kind =
			is_libgomp(lh_peek_module_at(p, t->arg[0])) ? LH_OMP_CRITICAL : LH_OMP_LOCK;
	return true;
}
