/*
 * lockhound_steered.c — the command, linked once more, in which every program is steered by a plan
 * of everything: all chains of locks of a recorded run are parts of cycles, so that threads pause
 * at all places where they acquire locks. FROM names the record; with DAMAGE, a number, some
 * numbers of the plan are wrong: the library must not believe them.
 *
 * Linked with --wrap=lh_start_program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ledger/reader.h"
#include "tools/run/start.h"

enum { PARTS = 4, PAUSE_MS = 20 };

static struct lh_plan plan;

static unsigned module_of(const struct lh_module *m)
{
	for (unsigned i = 0; i < plan.modules; i++)
		if (!strcmp(plan.module[i].path, m->path))
			return i;
	if (plan.modules == LH_PLAN_MODULES)
		return LH_PLAN_MODULES;
	struct lh_plan_module *p = &plan.module[plan.modules];
	strcpy(p->path, m->path);
	memcpy(p->build_id, m->build_id, sizeof(p->build_id));
	p->build_id_n = m->build_id_n;
	p->flags = m->flags & LH_MODULE_SCRIPT;
	return plan.modules++;
}

/* False: there is no room. */
static bool add_stop(const struct lh_ledger_view *v, struct lh_plan_part *p, lh_chain_id id)
{
	struct lh_plan_stop *stop = &p->stop[p->stops];
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_module m;
	struct lh_chain c;
	struct lh_lock l;
	if (p->stops == LH_PLAN_STOPS || !lh_read_chain_row(v, id, &c) ||
	    !lh_read_lock(v, c.lock, &l))
		return false;
	*stop = (struct lh_plan_stop){.frame = (uint16_t)plan.frames, .kind = l.kind};
	uint32_t n = lh_read_frames(v, LH_SITE_STACK(c.site), frame);
	for (uint32_t i = 0; i < n && plan.frames < LH_PLAN_FRAMES; i++) {
		unsigned row = lh_read_module(v, LH_FRAME_MODULE(frame[i]), &m) ? module_of(&m)
										: LH_PLAN_MODULES;
		if (row == LH_PLAN_MODULES)
			break;
		plan.frame[plan.frames++] = LH_FRAME(
			row, LH_FRAME_PC(frame[i]) - (m.flags & LH_MODULE_SCRIPT ? 0 : m.base));
		stop->frames++;
	}
	p->stops += stop->frames != 0;
	return stop->frames != 0;
}

/* The chain is a part; the last lock but one is the one that the part before wants. */
static bool add_part(const struct lh_ledger_view *v, struct lh_plan_part *p, lh_chain_id id)
{
	lh_chain_id path[LH_PLAN_STOPS];
	uint32_t n = lh_read_chain_path(v, id, path, LH_PLAN_STOPS);
	for (uint32_t i = 0; i < n; i++)
		if (!add_stop(v, p, path[i]))
			return false;
	p->holds_at = (uint8_t)(n > 1 ? n - 2 : n);
	return n > 0;
}

static void make_plan(const struct lh_ledger_view *v)
{
	uint32_t chains = lh_read_used(v, LH_T_CHAIN);
	uint32_t step = 1 + chains / (LH_PLAN_CYCLES * PARTS); /* of all, if there are more */
	struct lh_plan_cycle *c = &plan.cycle[0];
	for (lh_chain_id id = 1; id < chains && c < &plan.cycle[LH_PLAN_CYCLES]; id += step) {
		struct lh_plan_part *p = &c->part[c->parts];
		if (!add_part(v, p, id)) {
			memset(p, 0, sizeof(*p));
			continue;
		}
		c->mode = (uint8_t)((c - plan.cycle) % LH_STEER_MODES);
		c += ++c->parts == PARTS;
	}
	plan.cycles = (uint32_t)(c - plan.cycle) + (c < &plan.cycle[LH_PLAN_CYCLES] && c->parts);
	plan.pause_ms = PAUSE_MS;
	plan.late_thread = 2; /* the first that is created */
	plan.late_after = 1;
}

/* Each number in turn is the largest that fits; the number of cycles stays. */
static void damage(unsigned what)
{
	plan.late_before = what == 1 ? UINT8_MAX : 0;
	plan.late_after = what == 2 ? UINT8_MAX : 1;
	for (unsigned i = 0; i < LH_PLAN_CYCLES; i++) {
		struct lh_plan_cycle *c = &plan.cycle[i];
		if (what == 1)
			c->parts = c->writers = UINT8_MAX;
		for (unsigned k = 0; k < LH_PLAN_PARTS; k++) {
			struct lh_plan_part *p = &c->part[k];
			if (what == 2)
				p->stops = UINT8_MAX;
			else if (what == 3)
				p->stop[0].frame = p->stop[0].frames = UINT16_MAX;
		}
	}
}

enum lh_start_error __real_lh_start_program(struct lh_start *, struct lh_monitor *,
					    const struct lh_plan *, const int *, pid_t *);
enum lh_start_error __wrap_lh_start_program(struct lh_start *, struct lh_monitor *,
					    const struct lh_plan *, const int *, pid_t *);

enum lh_start_error __wrap_lh_start_program(struct lh_start *start, struct lh_monitor *m,
					    const struct lh_plan *none, const int *standard,
					    pid_t *pid)
{
	static struct lh_ledger_file record;
	const char *from = getenv("FROM");
	(void)none;
	if (!from || !lh_read_open(&record, from)) {
		fprintf(stderr, "no record: %s\n", from ? record.error : "FROM is not set");
		exit(2);
	}
	for (uint32_t i = 0; i < record.n && !plan.cycles; i++)
		make_plan(&record.view[i]);
	unsetenv("FROM");
	if (getenv("DAMAGE"))
		damage((unsigned)atoi(getenv("DAMAGE")));
	unsetenv("DAMAGE");
	return __real_lh_start_program(start, m, &plan, standard, pid);
}
