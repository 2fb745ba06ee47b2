/* copy_rows.c — copies stacks, modules, locks and threads to rows of the front end. */
#include "tools/process/copy_rows.h"

#include <string.h>

uint32_t *lh_copy_id(struct lh_row_copier *c, enum lh_table_name table, uint32_t number)
{
	const uint32_t key[] = {table, number};

	return lh_map_get(&c->copied, c->arena, key, sizeof(key), sizeof(uint32_t));
}

/* ---- modules ---- */

/* A row of another process has no address range: only its code is named. */
static bool same_module(const struct lh_module *a, const struct lh_module *b)
{
	return a->base == b->base && memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0 &&
	       memcmp(a->path, b->path, sizeof(a->path)) == 0;
}

uint32_t lh_put_module(struct lh_row_copier *c, const struct lh_module *m)
{
	uint32_t own = c->own ? lh_read_used(c->own, LH_T_MODULE) : 0;
	const struct lh_module *old;
	struct lh_module known;

	for (uint32_t i = 1; i < own; i++)
		if (lh_read_module(c->own, i, &known) && same_module(&known, m))
			return i;
	for (uint32_t i = c->to->table[LH_T_MODULE].base;
	     (old = lh_overlay_row(c->to, LH_T_MODULE, i)); i++)
		if (same_module(old, m))
			return i;
	return lh_overlay_add(c->to, LH_T_MODULE, m, 1);
}

/* The copy has no address range, so that no address of this process is found in it. */
static uint32_t copy_module(struct lh_row_copier *c, uint32_t number)
{
	struct lh_module m;

	if (c->same_modules || !lh_read_module(c->from, number, &m))
		return c->same_modules ? number : 0;
	m.start = m.end = m.link_map = 0;
	return lh_put_module(c, &m);
}

/* ---- stacks ---- */

lh_stack_id lh_put_frames(struct lh_overlay *to, const uint64_t *frame, uint32_t n, uint32_t flags)
{
	struct lh_stack s = {.n = (uint16_t)n, .flags = (uint16_t)flags};

	s.frame = n ? lh_overlay_add(to, LH_T_FRAME, frame, n) : 0;
	return s.frame ? lh_overlay_add(to, LH_T_STACK, &s, 1) : 0;
}

lh_stack_id lh_copy_stack(struct lh_row_copier *c, lh_stack_id id)
{
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t n, *copy;
	struct lh_stack s;

	if (!id || !lh_read_stack(c->from, id, &s))
		return 0;
	copy = lh_copy_id(c, LH_T_STACK, id);
	if (*copy)
		return *copy;
	n = lh_read_frames(c->from, id, frame);
	for (uint32_t i = 0; i < n; i++)
		frame[i] =
			LH_FRAME(copy_module(c, LH_FRAME_MODULE(frame[i])), LH_FRAME_PC(frame[i]));
	return *copy = lh_put_frames(c->to, frame, n, s.flags);
}

lh_site lh_copy_site(struct lh_row_copier *c, lh_site site)
{
	return LH_SITE_MOVED(site, lh_copy_stack(c, LH_SITE_STACK(site)));
}

/* ---- locks and threads ---- */

lh_lock_id lh_copy_lock_row(struct lh_row_copier *c, struct lh_lock l)
{
	uint32_t row;

	l.gen = 1;
	l.init_stack = lh_copy_stack(c, l.init_stack);
	l.first_stack = lh_copy_stack(c, l.first_stack);
	if (l.kind == LH_FUTEX)
		l.wake_stack = lh_copy_stack(c, l.wake_stack);
	row = lh_overlay_add(c->to, LH_T_LOCK, &l, 1);
	return row ? LH_LOCK_ID(row, 1) : 0;
}

lh_thread_id lh_put_foreign_thread(struct lh_overlay *to, pid_t pid, const struct lh_thread *t)
{
	const struct lh_thread *old;
	struct lh_thread copy = {
		.tid = t->tid, .creator_segment = (uint32_t)pid, .flags = LH_THREAD_FOREIGN};

	for (uint32_t i = to->table[LH_T_THREAD].base; (old = lh_overlay_row(to, LH_T_THREAD, i));
	     i++)
		if (old->tid == copy.tid && old->creator_segment == copy.creator_segment)
			return i;
	memcpy(copy.name, t->name, sizeof(copy.name));
	return lh_overlay_add(to, LH_T_THREAD, &copy, 1);
}
