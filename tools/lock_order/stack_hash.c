/* stack_hash.c — hashes of stacks that are equal in every process that runs the same code. */
#include "tools/lock_order/lock_order_internal.h"

#include "libcheck/base/hash.h"

#include <string.h>

uint64_t lh_hash_text(uint64_t h, const char *text)
{
	while (*text)
		h = lh_hash_mix(h, (unsigned char)*text++);
	return h;
}

struct lh_stack_hashes lh_stack_hashes_new(struct lh_arena *arena, const struct lh_ledger_view *r)
{
	uint32_t modules = lh_read_used(r, LH_T_MODULE), stacks = lh_read_used(r, LH_T_STACK);
	struct lh_stack_hashes s = {
		.ledger = r,
		.module = lh_arena_alloc(arena, (modules + 1) * sizeof(*s.module)),
		.stack = lh_arena_alloc(arena, (stacks + 1) * sizeof(*s.stack)),
	};
	struct lh_module m;
	uint64_t h;

	for (uint32_t i = 1; i < modules; i++) {
		if (!lh_read_module(r, i, &m))
			continue;
		h = lh_hash_text(lh_hash_text(1, m.path), ":");
		if (!(m.flags & LH_MODULE_SCRIPT))
			s.module[i] = (struct lh_hashed_module){m.start, m.end, m.base, h, m.gone};
		else if (strlen(m.path) + 1 < sizeof(m.path)) /* the function follows the path */
			s.module[i].path = lh_hash_text(h, m.path + strlen(m.path) + 1);
		else
			s.module[i].path = h;
	}
	return s;
}

uint64_t lh_stack_hash(const struct lh_stack_hashes *s, lh_stack_id id)
{
	uint32_t modules = lh_read_used(s->ledger, LH_T_MODULE), n;
	static const struct lh_hashed_module none;
	uint64_t frame[LH_FRAMES_MAX], h = 2;

	if (!id || id >= lh_read_used(s->ledger, LH_T_STACK))
		return 0;
	if (s->stack[id])
		return s->stack[id];
	n = lh_read_frames(s->ledger, id, frame);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = LH_FRAME_MODULE(frame[i]);
		const struct lh_hashed_module *m = row < modules ? &s->module[row] : &none;

		h = lh_hash_mix(lh_hash_mix(h, m->path), LH_FRAME_PC(frame[i]) - m->base);
	}
	return s->stack[id] = h ? h : 1;
}
