/* plan.c — reads the plan of the run header, and finds out which stacks are at its stops. */
#include "libcheck/base/text.h"
#include "libcheck/steer/pause_internal.h"

enum { STACKS = 4096, STOPS = 8192 };

uint64_t lh_stop_pages[4096 / 64];

/* Stacks that were compared with the plan. */
struct known {
	lh_stack_id stack; /* 0: free */
	uint16_t first, n; /* in `stop` */
};
static const struct lh_plan *plan;
static struct known *known; /* a hash table */
static struct lh_stop *stop;
static uint32_t known_n, stops_n;

/* ---- checks: the program may have written to the header ---- */

static bool stop_is_right(const struct lh_plan *p, const struct lh_plan_stop *s)
{
	if (s->frame > p->frames || s->frames > p->frames - s->frame || s->frames > LH_FRAMES_MAX ||
	    s->kind >= LH_KINDS)
		return false;
	for (uint32_t i = 0; i < s->frames; i++)
		if (LH_FRAME_MODULE(p->frame[s->frame + i]) >= p->modules)
			return false;
	return true;
}

static bool part_is_right(const struct lh_plan *p, const struct lh_plan_part *part)
{
	if (!part->stops || part->stops > LH_PLAN_STOPS ||
	    (part->holds_at >= part->stops - 1 && part->holds_at != part->stops))
		return false;
	for (unsigned i = 0; i < part->stops; i++)
		if (!stop_is_right(p, &part->stop[i]))
			return false;
	return true;
}

static bool cycle_is_right(const struct lh_plan *p, const struct lh_plan_cycle *c)
{
	unsigned n = (unsigned)c->parts + c->writers;

	if (!c->parts || n > LH_PLAN_PARTS || c->mode >= LH_STEER_MODES)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!part_is_right(p, &c->part[i]))
			return false;
	return true;
}

static void add_page(const struct lh_plan *p, const struct lh_plan_stop *s)
{
	uint64_t frame = s->frames ? p->frame[s->frame] : 0;

	if (!s->frames)
		return;
	if (p->module[LH_FRAME_MODULE(frame)].flags & LH_MODULE_SCRIPT)
		__builtin_memset(lh_stop_pages, 0xff, sizeof(lh_stop_pages));
	else
		lh_stop_pages[(frame & 4095) / 64] |= 1ull << (frame & 63);
}

static void add_pages(const struct lh_plan *p)
{
	__builtin_memset(lh_stop_pages, 0, sizeof(lh_stop_pages));
	for (unsigned c = 0; c < p->cycles; c++)
		for (unsigned i = 0; i < (unsigned)p->cycle[c].parts + p->cycle[c].writers; i++)
			for (unsigned k = 0; k < p->cycle[c].part[i].stops; k++)
				add_page(p, &p->cycle[c].part[i].stop[k]);
}

const struct lh_plan *lh_plan_read(void)
{
	const struct lh_run_header *header = lh_own_ledger.run_header;
	struct lh_plan *p = header && header->plan.cycles ? lh_private_alloc(sizeof(*p)) : NULL;
	unsigned right = 0;

	known = lh_private_alloc(p ? STACKS * sizeof(*known) : 0);
	stop = lh_private_alloc(p ? STOPS * sizeof(*stop) : 0);
	known_n = stops_n = 0;
	if (!p || !known || !stop)
		return NULL;
	__builtin_memcpy(p, &header->plan, sizeof(*p));
	if (p->cycles > LH_PLAN_CYCLES || p->modules > LH_PLAN_MODULES ||
	    p->frames > LH_PLAN_FRAMES)
		return NULL;
	for (unsigned i = 0; i < p->modules; i++)
		p->module[i].path[LH_PATH_MAX - 1] = '\0';
	for (unsigned i = 0; i < p->cycles; i++) {
		if (!cycle_is_right(p, &p->cycle[i]))
			p->cycle[i].parts = p->cycle[i].writers = 0;
		right += p->cycle[i].parts != 0;
	}
	if (p->late_before >= p->cycle[0].parts || p->late_after >= p->cycle[0].parts)
		p->late_thread = 0;
	add_pages(p);
	return right ? plan = p : NULL;
}

/* ---- stacks ---- */

static bool is_module(const struct lh_plan_module *p, const struct lh_module *m)
{
	if ((p->flags ^ m->flags) & LH_MODULE_SCRIPT)
		return false;
	if (!(m->flags & LH_MODULE_SCRIPT) && p->build_id_n && m->build_id_n)
		return p->build_id_n == m->build_id_n && p->build_id_n <= sizeof(p->build_id) &&
		       __builtin_memcmp(p->build_id, m->build_id, p->build_id_n) == 0;
	return lh_text_equal(p->path, m->path);
}

static bool is_frame(uint64_t planned, uint64_t frame)
{
	const struct lh_module *m = &LH_MODULES[LH_FRAME_MODULE(frame)];

	if (!LH_FRAME_MODULE(frame) || !is_module(&plan->module[LH_FRAME_MODULE(planned)], m))
		return false;
	if (m->flags & LH_MODULE_SCRIPT)
		return LH_SCRIPT_LINE(LH_FRAME_PC(frame)) == LH_SCRIPT_LINE(LH_FRAME_PC(planned));
	return LH_FRAME_PC(frame) - m->base == LH_FRAME_PC(planned);
}

static bool is_at(const struct lh_stack *s, const struct lh_plan_stop *at)
{
	if (!at->frames || s->n < at->frames)
		return false;
	for (uint32_t i = 0; i < at->frames; i++)
		if (!is_frame(plan->frame[at->frame + i], LH_FRAMES[s->frame + i]))
			return false;
	return true;
}

/* Adds the stops of the stack behind the known ones; returns how many. */
static unsigned compare(lh_stack_id stack)
{
	unsigned n = 0;

	for (unsigned c = 0; c < plan->cycles; c++)
		for (unsigned i = 0; i < (unsigned)plan->cycle[c].parts + plan->cycle[c].writers;
		     i++)
			for (unsigned k = 0; k < plan->cycle[c].part[i].stops; k++)
				if (stops_n + n < STOPS &&
				    is_at(&LH_STACKS[stack], &plan->cycle[c].part[i].stop[k]))
					stop[stops_n + n++] = (struct lh_stop){
						(uint8_t)c, (uint8_t)i, (uint8_t)k};
	return n;
}

unsigned lh_stops_of(lh_stack_id stack, const struct lh_stop **stops)
{
	uint32_t i = stack * 0x9e3779b1u >> 16 & (STACKS - 1);

	while (known[i].stack && known[i].stack != stack)
		i = (i + 1) & (STACKS - 1);
	if (!stack)
		return 0;
	if (!known[i].stack) {
		struct known new = {stack, (uint16_t)stops_n, (uint16_t)compare(stack)};
		*stops = &stop[new.first];
		if (known_n >= STACKS * 3 / 4) /* compared again the next time */
			return new.n;
		known_n++;
		stops_n += new.n;
		known[i].first = new.first;
		known[i].n = new.n;
		__atomic_store_n(&known[i].stack, stack, __ATOMIC_RELEASE);
	}
	*stops = &stop[known[i].first];
	return known[i].n;
}

bool lh_stops_known(lh_stack_id stack, const struct lh_stop **stops, unsigned *n)
{
	uint32_t i = stack * 0x9e3779b1u >> 16 & (STACKS - 1), at;

	while ((at = __atomic_load_n(&known[i].stack, __ATOMIC_ACQUIRE)) && at != stack)
		i = (i + 1) & (STACKS - 1);
	*stops = &stop[known[i].first];
	*n = known[i].n;
	return at != 0;
}
