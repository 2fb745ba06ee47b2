/*
 * peek_gil.c — who has the GIL of a CPython, from the memory of its process.
 *
 * From 3.11 to 3.13 the record of a GIL has one layout. A thread that waits for the GIL sleeps on
 * the record's first condition for 5 ms, again and again, so its context switches do not show that
 * it still waits. The record does: it counts the switches of the GIL from thread to thread, and a
 * thread that waited leaves the wait only by such a switch.
 */
#include "libcheck/stack/python_311.h"
#include "tools/process/peek_python.h"
#include "tools/util/path.h"

#include <string.h>

enum { GILS_MAX = 64, SWITCHES = 24 /* offset in the record */ };

/* Other programs need no search for an interpreter. */
static bool may_have_gil(const struct lh_peek *p)
{
	for (uint32_t i = 0; i < p->modules; i++)
		if (strstr(lh_path_base(p->module[i].path), "python"))
			return true;
	return false;
}

static bool read_gil(const struct lh_peek *p, uint64_t at, struct lh_peek_gil *g)
{
	unsigned char record[SWITCHES + sizeof(g->switches)];
	uint64_t state;
	uint32_t locked;

	*g = (struct lh_peek_gil){.at = at};
	if (!lh_peek_read(p, at, record, sizeof(record)))
		return false;
	memcpy(&state, record + PY_GIL_HOLDER, sizeof(state));
	memcpy(&locked, record + PY_GIL_LOCKED, sizeof(locked));
	memcpy(&g->switches, record + SWITCHES, sizeof(g->switches));
	g->holder = locked == 1 ? lh_peek_python_tid(p, state) : 0;
	return true;
}

void lh_peek_read_gils(struct lh_peek *p)
{
	uint64_t at[GILS_MAX];
	unsigned n = may_have_gil(p) ? lh_peek_python_gils(p, at, GILS_MAX) : 0;

	p->gils = 0;
	if (n && !p->gil)
		p->gil = lh_arena_alloc(p->arena, GILS_MAX * sizeof(*p->gil));
	for (unsigned i = 0; i < n; i++)
		p->gils += read_gil(p, at[i], &p->gil[p->gils]);
}

const struct lh_peek_gil *lh_peek_gil_of(const struct lh_peek *p, uint64_t word)
{
	for (uint32_t i = 0; i < p->gils; i++)
		if (word - (p->gil[i].at + PY_GIL_COND) < PY_GIL_MUTEX - PY_GIL_COND)
			return &p->gil[i];
	return NULL;
}

bool lh_peek_gil_is_unchanged(const struct lh_peek *p, uint64_t at)
{
	struct lh_peek_gil now;

	for (uint32_t i = 0; i < p->gils; i++)
		if (p->gil[i].at == at)
			return read_gil(p, at, &now) && now.holder &&
			       now.holder == p->gil[i].holder && now.switches == p->gil[i].switches;
	return false;
}
