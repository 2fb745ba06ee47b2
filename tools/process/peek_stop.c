/*
 * peek_stop.c — copies the registers and the stack of a thread: stops the thread for that if it
 * will not notice, otherwise copies only the stack.
 */
#include "tools/process/peek_internal.h"
#include "tools/process/stop.h"

#include <stdlib.h>
#include <sys/user.h>

#define STACK_MAX (256u << 10) /* enough for LH_PEEK_FRAMES frames */
#define STOP_MS 200            /* a thread in an uninterruptible sleep may never stop */

static bool is_safe(const struct lh_peek_task *t)
{
	if (!t->blocked || !t->unchanged)
		return false; /* it may enter any call before it stops */
	return lh_stop_restarts(t->call);
}

static void copy_stack(struct lh_peek *p, struct lh_peek_task *t)
{
	const struct lh_peek_map *m = lh_peek_map_at(p, t->sp);
	size_t n = m ? m->end - t->sp : 0;

	if (n > STACK_MAX)
		n = STACK_MAX;
	t->stack = n ? malloc(n) : NULL;
	t->stack_at = t->sp;
	t->stack_n = t->stack && lh_peek_read(p, t->sp, t->stack, n) ? n : 0;
}

/* False: the thread could not be stopped. The thread is resumed in either case. */
static bool stop_and_copy(struct lh_peek *p, struct lh_peek_task *t)
{
	struct user_regs_struct set;

	if (!lh_stop_begin(t->tid))
		return false;
	if (lh_stop_wait(t->tid, STOP_MS, &set)) {
		lh_peek_registers(t, &set);
		copy_stack(p, t);
	}
	lh_stop_end(t->tid, t->registers ? &set : NULL);
	return t->registers;
}

bool lh_peek_copy(struct lh_peek *p, struct lh_peek_task *t)
{
	if (p->core || (is_safe(t) && !p->no_access && stop_and_copy(p, t))) {
		if (!t->stack)
			copy_stack(p, t);
	} else if (t->blocked && t->sp) {
		copy_stack(p, t);
	}
	return t->stack_n > 0;
}
