/* sim_cycles.c — the cycles that a run predicts, and whether a state closes one. */
#include "tests/unit/libcheck/steer/sim.h"

uint8_t held_at(const struct function *f, unsigned pc, uint8_t *chain)
{
	uint8_t n = 0;

	for (unsigned i = 0; i < pc; i++) {
		const struct op *op = &f->op[i];
		if (op->kind == OP_LOCK || op->kind == OP_TRY)
			chain[n++] = (uint8_t)i;
		if (op->kind != OP_UNLOCK)
			continue;
		for (uint8_t k = 0; k < n; k++)
			if (f->op[chain[k]].object == op->object) {
				memmove(chain + k, chain + k + 1, n - k - 1u);
				n--;
				break;
			}
	}
	return n;
}

unsigned wanted_at(const struct program *p, unsigned t, unsigned pc)
{
	const struct op *op = &p->function[p->runs[t]].op[pc];

	return op->kind == OP_JOIN ? LOCKS + (unsigned)op->object : lock_of(p, t, op);
}

/* ---- prediction ---- */

struct link {
	unsigned t;
	struct part part;
};

struct search {
	const struct program *p;
	bool (*visited)[OPS];
	struct cycle *out;
	uint32_t found;
	struct link link[PARTS + 1];
};

static const struct op *part_op(const struct search *w, const struct part *part, unsigned pc)
{
	return &w->p->function[part->function].op[pc];
}

static unsigned held_id(const struct search *w, const struct link *l)
{
	return l->part.hold == NO_HOLD ? LOCKS + l->t
				       : lock_of(w->p, l->t, part_op(w, &l->part, l->part.hold));
}

static bool exclude(const struct search *w, const struct link *x, const struct link *y)
{
	for (unsigned i = 0; i < x->part.n; i++)
		for (unsigned k = 0; k < y->part.n; k++) {
			const struct op *a = part_op(w, &x->part, x->part.chain[i]),
					*b = part_op(w, &y->part, y->part.chain[k]);
			if (lock_of(w->p, x->t, a) == lock_of(w->p, y->t, b) &&
			    !(a->shared && b->shared))
				return true;
		}
	return false;
}

static bool holds(const struct search *w, const struct link *l, unsigned lock)
{
	for (unsigned i = 0; i < l->part.n; i++)
		if (lock_of(w->p, l->t, part_op(w, &l->part, l->part.chain[i])) == lock)
			return true;
	return false;
}

/* The lock that x wants is held by the next link, and by no other. */
static bool fits_others(const struct search *w, unsigned n)
{
	const struct link *new = &w->link[n];
	unsigned want = wanted_at(w->p, new->t, new->part.want);

	for (unsigned i = 0; i < n; i++) {
		const struct link *o = &w->link[i];
		if (o->t == new->t || exclude(w, o, new) ||
		    wanted_at(w->p, o->t, o->part.want) == want)
			return false;
		if (i > 0 && holds(w, o, want))
			return false;
		if (i + 1 < n && holds(w, new, wanted_at(w->p, o->t, o->part.want)))
			return false;
	}
	return true;
}

static bool is_shared_link(const struct search *w, const struct link *from, const struct link *to)
{
	return to->part.hold != NO_HOLD && part_op(w, &from->part, from->part.want)->shared &&
	       part_op(w, &to->part, to->part.hold)->shared;
}

static bool same_part(const struct part *a, const struct part *b)
{
	return a->function == b->function && a->want == b->want && a->hold == b->hold;
}

static bool is_known(const struct search *w, const struct cycle *c)
{
	for (uint32_t k = 0; k < w->found; k++)
		for (unsigned shift = 0; w->out[k].n == c->n && shift < c->n; shift++) {
			unsigned i = 0;
			while (i < c->n &&
			       same_part(&c->part[i], &w->out[k].part[(i + shift) % c->n]))
				i++;
			if (i == c->n)
				return true;
		}
	return false;
}

/* A thread that was seen to acquire the lock exclusively, for a reader that waits behind it. */
static bool add_writer(struct search *w, unsigned n, unsigned lock)
{
	for (unsigned t = 0; t < w->p->threads; t++)
		for (unsigned pc = 0; pc < OPS; pc++) {
			struct link *l = &w->link[n];
			const struct function *f = &w->p->function[w->p->runs[t]];
			bool fits = w->visited[t][pc] && f->op[pc].kind == OP_LOCK &&
				    !f->op[pc].shared && lock_of(w->p, t, &f->op[pc]) == lock;
			*l = (struct link){.t = t,
					   .part = {.function = w->p->runs[t],
						    .want = (uint8_t)pc,
						    .hold = NO_HOLD,
						    .writer = true}};
			if (!fits)
				continue;
			l->part.n = held_at(f, pc, l->part.chain);
			for (unsigned i = 0; i < n; i++)
				fits &= w->link[i].t != t && !exclude(w, &w->link[i], l);
			if (fits)
				return true;
		}
	return false;
}

static void report(struct search *w, unsigned n)
{
	struct cycle c = {.n = (uint8_t)n};

	for (unsigned i = 0; i < n; i++) {
		const struct link *from = &w->link[i], *to = &w->link[(i + 1) % n];
		if (!is_shared_link(w, from, to))
			continue;
		unsigned lock = held_id(w, to);
		if (c.writers || w->p->lock_kind[lock] != LOCK_RW_WRITERS_FIRST ||
		    !add_writer(w, n, lock))
			return;
		c.writers = 1;
	}
	for (unsigned i = 0; i < n + c.writers; i++)
		c.part[i] = w->link[i].part;
	if (w->found < CYCLES && !is_known(w, &c))
		w->out[w->found++] = c;
}

static void extend(struct search *w, unsigned n);

static void try_link(struct search *w, unsigned n, unsigned t, unsigned pc, uint8_t hold)
{
	struct link *l = &w->link[n];
	unsigned wanted;

	l->part.hold = hold;
	if (n && held_id(w, l) != wanted_at(w->p, w->link[n - 1].t, w->link[n - 1].part.want))
		return;
	if (!fits_others(w, n))
		return;
	wanted = wanted_at(w->p, t, pc);
	if (n && wanted == held_id(w, &w->link[0]))
		report(w, n + 1);
	else if (n + 1 < PARTS && !holds(w, &w->link[0], wanted))
		extend(w, n + 1);
}

static void extend(struct search *w, unsigned n)
{
	for (unsigned t = n ? w->link[0].t + 1 : 0; t < w->p->threads; t++)
		for (unsigned pc = 0; pc < OPS; pc++) {
			const struct function *f = &w->p->function[w->p->runs[t]];
			uint8_t kind = f->op[pc].kind;
			if (!w->visited[t][pc] || (kind != OP_LOCK && kind != OP_JOIN))
				continue;
			w->link[n] = (struct link){
				.t = t, .part = {.function = w->p->runs[t], .want = (uint8_t)pc}};
			w->link[n].part.n = held_at(f, pc, w->link[n].part.chain);
			for (unsigned i = 0; i < w->link[n].part.n; i++)
				try_link(w, n, t, pc, w->link[n].part.chain[i]);
			if (w->p->created >> t & 1)
				try_link(w, n, t, pc, NO_HOLD);
		}
}

uint32_t predict(const struct program *p, bool visited[THREADS][OPS], struct cycle *out)
{
	struct search w = {.p = p, .visited = visited, .out = out};

	extend(&w, 0);
	return w.found;
}

/* ---- closed ---- */

struct assignment {
	const struct program *p;
	const struct state *s;
	const struct cycle *c;
	unsigned t[PARTS];
};

static bool links(const struct assignment *a, unsigned i, unsigned k)
{
	const struct part *from = &a->c->part[i], *to = &a->c->part[k];
	const struct function *f = &a->p->function[to->function];
	unsigned want = wanted_at(a->p, a->t[i], from->want);
	bool shared = a->p->function[from->function].op[from->want].shared;

	if (to->hold == NO_HOLD)
		return want == LOCKS + a->t[k];
	if (want != lock_of(a->p, a->t[k], &f->op[to->hold]))
		return false;
	return !shared || !f->op[to->hold].shared || has_queued_writer(a->p, a->s, want, THREADS);
}

static bool assign(struct assignment *a, unsigned n)
{
	if (n == a->c->n)
		return links(a, n - 1, 0);
	for (unsigned t = 0; t < a->p->threads; t++) {
		bool fits = a->p->runs[t] == a->c->part[n].function &&
			    a->s->pc[t] == a->c->part[n].want && (a->s->started >> t & 1) &&
			    !is_enabled(a->p, a->s, t);
		for (unsigned i = 0; i < n; i++)
			fits &= a->t[i] != t;
		a->t[n] = t;
		if (fits && (!n || links(a, n - 1, n)) && assign(a, n + 1))
			return true;
	}
	return false;
}

bool is_closed(const struct program *p, const struct state *s, const struct cycle *c)
{
	struct assignment a = {.p = p, .s = s, .c = c};

	return assign(&a, 0);
}

void cycle_print(const struct program *p, const struct cycle *c)
{
	(void)p;
	for (unsigned i = 0; i < c->n + (unsigned)c->writers; i++)
		printf("part %u: f%u wants at %u, holds at %u%s\n", i, c->part[i].function,
		       c->part[i].want, c->part[i].hold, c->part[i].writer ? ", writer" : "");
}
