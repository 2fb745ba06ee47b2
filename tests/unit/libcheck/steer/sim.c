/* Draft of the simulator: random programs, all interleavings as the truth, steered runs. */
#include "libcheck/steer/steer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 4, OPS = 14, LOCKS = 4, SEMS = 2, FLAGS = 2, QUEUES = 1, CHAIN = 4 };
enum what { LOCK, UNLOCK, POST, WAIT, SET, AWAIT, PUSH, POP, END };
struct op {
	enum what what;
	int o;
};
struct prog {
	int threads, funs;
	int fun[T];
	int n[T];
	struct op op[T][OPS + LOCKS];
	int init[SEMS];
};
static uint64_t rs;
static uint32_t rnd(uint32_t n)
{
	rs = rs * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rs >> 33) % n;
}

static void make(struct prog *p, uint64_t seed)
{
	memset(p, 0, sizeof *p);
	rs = seed * 0x9e3779b97f4a7c15u + 1;
	p->threads = 2 + rnd(T - 1);
	p->funs = 2 + rnd(p->threads - 1);
	int locks = 2 + rnd(LOCKS - 1), sync = rnd(4);
	for (int f = 0; f < p->funs; f++) {
		int held[LOCKS] = {0}, n = 4 + rnd(OPS - 4), k = 0;
		while (k < n) {
			int l = rnd(locks), d = rnd(10 + sync * 3);
			if (d < 6) {
				if (!held[l]) {
					held[l] = 1;
					p->op[f][k++] = (struct op){LOCK, l};
				}
			} else if (d < 10) {
				if (held[l]) {
					held[l] = 0;
					p->op[f][k++] = (struct op){UNLOCK, l};
				}
			} else
				switch (rnd(6)) {
				case 0:
					p->op[f][k++] = (struct op){POST, rnd(SEMS)};
					break;
				case 1:
					p->op[f][k++] = (struct op){WAIT, rnd(SEMS)};
					break;
				case 2:
					p->op[f][k++] = (struct op){SET, rnd(FLAGS)};
					break;
				case 3:
					p->op[f][k++] = (struct op){AWAIT, rnd(FLAGS)};
					break;
				case 4:
					p->op[f][k++] = (struct op){PUSH, 0};
					break;
				case 5:
					p->op[f][k++] = (struct op){POP, 0};
					break;
				}
		}
		for (int l = 0; l < locks; l++)
			if (held[l])
				p->op[f][k++] = (struct op){UNLOCK, l};
		p->op[f][k] = (struct op){END, 0};
		p->n[f] = k;
	}
	for (int t = 0; t < p->threads; t++)
		p->fun[t] = t < p->funs ? t : (int)rnd(p->funs);
	for (int s = 0; s < SEMS; s++)
		p->init[s] = rnd(3) == 0;
}

static const struct op *at(const struct prog *p, const int *pc, int t)
{
	return &p->op[p->fun[t]][pc[t]];
}
static int owner(const struct prog *p, const int *pc, int l)
{
	for (int t = 0; t < p->threads; t++) {
		int h = 0;
		for (int i = 0; i < pc[t]; i++) {
			const struct op *o = &p->op[p->fun[t]][i];
			if (o->o == l && o->what == LOCK)
				h = 1;
			else if (o->o == l && o->what == UNLOCK)
				h = 0;
		}
		if (h)
			return t;
	}
	return -1;
}
static int count(const struct prog *p, const int *pc, enum what w, int o)
{
	int n = 0;
	for (int t = 0; t < p->threads; t++)
		for (int i = 0; i < pc[t]; i++)
			n += p->op[p->fun[t]][i].what == w && p->op[p->fun[t]][i].o == o;
	return n;
}
static bool can(const struct prog *p, const int *pc, int t)
{
	const struct op *o = at(p, pc, t);
	switch (o->what) {
	case LOCK:
		return owner(p, pc, o->o) < 0;
	case WAIT:
		return p->init[o->o] + count(p, pc, POST, o->o) > count(p, pc, WAIT, o->o);
	case POP:
		return count(p, pc, PUSH, o->o) > count(p, pc, POP, o->o);
	case AWAIT:
		return count(p, pc, SET, o->o) > 0;
	case END:
		return false;
	default:
		return true;
	}
}

/* a part: function, op index of the wanted lock; chain of held ops */
struct part {
	int fun, want;
	int chain[LOCKS + 1], n;
	int hold;
};
struct cyc {
	int n;
	struct part part[3];
};

static void chain_of(const struct prog *p, int f, int k, int *chain, int *n)
{
	*n = 0;
	for (int i = 0; i < k; i++) {
		if (p->op[f][i].what == LOCK)
			chain[(*n)++] = i;
		if (p->op[f][i].what == UNLOCK)
			for (int j = 0; j < *n; j++)
				if (p->op[f][chain[j]].o == p->op[f][i].o) {
					memmove(chain + j, chain + j + 1,
						sizeof(int) * (size_t)(*n - j - 1));
					(*n)--;
					break;
				}
	}
}
/* is thread t (at pc) holding lock of part's hold op and about to do the part's wanted op? */
static bool stands(const struct prog *p, const int *pc, int t, const struct part *x)
{
	return p->fun[t] == x->fun && pc[t] == x->want;
}
static bool closed(const struct prog *p, const int *pc, const struct cyc *c)
{
	int t[3];
	for (t[0] = 0; t[0] < p->threads; t[0]++) {
		if (!stands(p, pc, t[0], &c->part[0]))
			continue;
		for (t[1] = 0; t[1] < p->threads; t[1]++) {
			if (t[1] == t[0] || !stands(p, pc, t[1], &c->part[1]))
				continue;
			if (c->n == 2)
				return true;
			for (t[2] = 0; t[2] < p->threads; t[2]++)
				if (t[2] != t[0] && t[2] != t[1] &&
				    stands(p, pc, t[2], &c->part[2]))
					return true;
		}
	}
	return false;
}

static char *seen_states; /* 20^4 */
static int code(const struct prog *p, const int *pc)
{
	int c = 0;
	for (int t = 0; t < p->threads; t++)
		c = c * (OPS + LOCKS) + pc[t];
	return c;
}
static bool truth(const struct prog *p, const struct cyc *c)
{
	static int stack[18 * 18 * 18 * 18][T];
	int n = 0, pc[T] = {0};
	memset(seen_states, 0, 18 * 18 * 18 * 18);
	memcpy(stack[n++], pc, sizeof pc);
	seen_states[code(p, pc)] = 1;
	while (n) {
		memcpy(pc, stack[--n], sizeof pc);
		if (closed(p, pc, c))
			return true;
		for (int t = 0; t < p->threads; t++)
			if (can(p, pc, t)) {
				pc[t]++;
				if (!seen_states[code(p, pc)]) {
					seen_states[code(p, pc)] = 1;
					memcpy(stack[n++], pc, sizeof pc);
				}
				pc[t]--;
			}
	}
	return false;
}

enum { O_SEM = 100, O_FLAG = 200, O_QUEUE = 300, O_LOCK = 1 };
static uint64_t object(const struct op *o)
{
	switch (o->what) {
	case POST:
	case WAIT:
		return O_SEM + o->o;
	case SET:
	case AWAIT:
		return O_FLAG + o->o;
	case PUSH:
	case POP:
		return O_QUEUE + o->o;
	default:
		return O_LOCK + o->o;
	}
}

/* One run. c NULL: unsteered. Returns whether it ended in the cycle. */
static bool run(const struct prog *p, const struct cyc *c, struct lh_steer *s, uint64_t seed,
		int *visited, bool trace)
{
	int pc[T] = {0}, touched[400][T]; /* who took what */
	bool asked[T] = {0}, blocked[T] = {0}, ended[T] = {0};
	uint64_t now = 0;
	memset(touched, 0, sizeof touched);
	rs = seed * 0x9e3779b97f4a7c15u + 77;
	for (;;) {
		int ready[T], n = 0;
		bool paused[T];
		for (int t = 0; t < p->threads; t++) {
			paused[t] = c && lh_steer_is_paused(s, t + 1);
			/* a blocked thread that announced its wait runs again when it can; others
			 * can always go up to their block */
			if (at(p, pc, t)->what == END) {
				if (!ended[t]) {
					ended[t] = true;
					if (c)
						lh_steer_thread_ends(s, t + 1);
				}
				continue;
			}
			if (!paused[t] && (!blocked[t] || can(p, pc, t)))
				ready[n++] = t;
		}
		if (!n) {
			if (c && closed(p, pc, c)) {
				bool any = false;
				for (int t = 0; t < p->threads; t++)
					any |= paused[t];
				if (!any)
					return true;
			}
			if (c && lh_steer_any_paused(s)) {
				if (trace)
					printf("  quiet\n");
				lh_steer_quiet(s, now);
				continue;
			}
			return c && closed(p, pc, c);
		}
		int t = ready[rnd(n)];
		const struct op *o = at(p, pc, t);
		now++;
		if (c && o->what == LOCK && !asked[t]) {
			asked[t] = true;
			int chain[LOCKS + 1], k;
			chain_of(p, p->fun[t], pc[t], chain, &k);
			bool pause = false;
			for (int i = 0; i < c->n && !pause; i++) {
				const struct part *x = &c->part[i];
				if (x->fun != p->fun[t])
					continue;
				int stop = -1;
				for (int j = 0; j <= x->n; j++)
					if (pc[t] == (j < x->n ? x->chain[j] : x->want))
						stop = j;
				if (stop < 0)
					continue;
				struct lh_steer_arrival a = {
					.thread = t + 1,
					.part = i,
					.stop = stop,
					.may_pause = true,
					.holds_more = k > stop,
					.held = stop == x->n ? O_LOCK + p->op[x->fun][x->hold].o
							     : 0,
					.wanted = O_LOCK + o->o,
					.now_ns = now};
				pause = lh_steer_arrive(s, &a);
				if (trace)
					printf("  T%d at stop %d of part %d %s\n", t + 1, stop, i,
					       pause ? "pauses" : "");
			}
			if (pause)
				continue;
		}
		if (!can(p, pc, t)) {
			if (!blocked[t]) {
				blocked[t] = true;
				if (trace)
					printf("  T%d blocks at %d\n", t + 1, pc[t]);
				if (c) {
					lh_steer_blocks(s, t + 1, object(o));
				}
			}
			if (c && o->what == LOCK) {
				/* whoever it waits for, along the waits */
				int w = t;
				for (int k = 0; k < T && w >= 0; k++) {
					if (at(p, pc, w)->what != LOCK || (w != t && !blocked[w])) {
						w = -1;
						break;
					}
					w = owner(p, pc, at(p, pc, w)->o);
					if (w >= 0 && lh_steer_is_paused(s, w + 1)) {
						if (trace)
							printf("  T%d needs T%d\n", t + 1, w + 1);
						lh_steer_end_pause(s, w + 1, LH_STEER_NEEDED, t + 1,
								   now);
						break;
					}
					if (w == t)
						break;
				}
			}
			continue;
		}
		if (c && blocked[t]) {
			bool alone = true;
			const struct lh_steer_object *unused = NULL;
			(void)unused;
			if (o->what == WAIT) {
				for (int u = 0; u < p->threads; u++)
					if (u != t && touched[object(o)][u])
						alone = false;
			} else if (o->what == POP || o->what == AWAIT) {
				/* third threads that had the mutex: neither this one nor the one
				 * that signalled */
				int others = 0;
				for (int u = 0; u < p->threads; u++)
					others += u != t && touched[object(o)][u];
				alone = others <= 1;
			} else
				alone = o->what != LOCK;
			lh_steer_wakes(s, t + 1, object(o), alone);
		}
		blocked[t] = false;
		if (o->what == WAIT || o->what == POP || o->what == PUSH || o->what == SET ||
		    o->what == AWAIT)
			touched[object(o)][t]++;
		if (c && (o->what == POST || o->what == SET || o->what == PUSH))
			lh_steer_signals(s, t + 1, object(o));
		if (visited && o->what == LOCK)
			visited[p->fun[t] * (OPS + LOCKS) + pc[t]] |= 1 << t;
		if (trace)
			printf("  T%d does %d\n", t + 1, pc[t]);
		asked[t] = false;
		pc[t]++;
	}
}

static void show(const struct prog *p, const struct cyc *c)
{
	static const char *name[] = {"lock",  "unlock", "post", "wait", "set",
				     "await", "push",   "pop",  "end"};
	for (int t = 0; t < p->threads; t++)
		printf("T%d runs f%d\n", t + 1, p->fun[t]);
	for (int f = 0; f < p->funs; f++) {
		printf("f%d:", f);
		for (int i = 0; i < p->n[f]; i++)
			printf(" %d:%s(%d)", i, name[p->op[f][i].what], p->op[f][i].o);
		printf("\n");
	}
	for (int s = 0; s < SEMS; s++)
		printf("sem %d init %d\n", s, p->init[s]);
	for (int i = 0; i < c->n; i++)
		printf("part %d: f%d holds at %d wants at %d\n", i, c->part[i].fun, c->part[i].hold,
		       c->part[i].want);
}

int main(int argc, char **argv)
{
	uint64_t from = argc > 1 ? strtoull(argv[1], 0, 0) : 1,
		 to = argc > 2 ? strtoull(argv[2], 0, 0) : from + 1;
	bool trace = argc > 3;
	long cycles = 0, real = 0, conf = 0, contra = 0, wrong = 0, open_real = 0, open_false = 0,
	     first = 0, notmet = 0;
	seen_states = malloc(18 * 18 * 18 * 18);
	for (uint64_t seed = from; seed < to; seed++) {
		struct prog p;
		int visited[T * (OPS + LOCKS)] = {0};
		make(&p, seed);
		run(&p, NULL, NULL, seed, visited, false);
		/* dependencies of that run */
		struct part d[64];
		int nd = 0;
		for (int f = 0; f < p.funs; f++)
			for (int k = 0; k < p.n[f]; k++) {
				if (p.op[f][k].what != LOCK || !visited[f * (OPS + LOCKS) + k])
					continue;
				struct part x = {.fun = f, .want = k};
				chain_of(&p, f, k, x.chain, &x.n);
				for (int j = 0; j < x.n && nd < 64; j++) {
					x.hold = x.chain[j];
					d[nd++] = x;
				}
			}
#define H(x) p.op[(x).fun][(x).hold].o
#define W(x) p.op[(x).fun][(x).want].o
		for (int i = 0; i < nd; i++)
			for (int j = i + 1; j < nd; j++)
				for (int k = j; k < nd; k++) {
					struct cyc c = {.n = 2, .part = {d[i], d[j]}};
					if (k > j) {
						c.n = 3;
						c.part[2] = d[k];
						if (W(d[i]) != H(d[j]) || W(d[j]) != H(d[k]) ||
						    W(d[k]) != H(d[i]))
							continue;
					} else if (W(d[i]) != H(d[j]) || W(d[j]) != H(d[i]))
						continue;
					bool gate = false; /* gate locks, minimality: no lock in two
							      chains */
					for (int a = 0; a < c.n; a++)
						for (int b = 0; b < c.n; b++)
							for (int u = 0; a != b && u < c.part[a].n;
							     u++) {
								int l = p.op[c.part[a].fun]
									    [c.part[a].chain[u]]
										    .o;
								for (int v = 0; v < c.part[b].n;
								     v++)
									gate |= p.op[c.part[b].fun]
										    [c.part[b].chain
											     [v]]
											    .o == l;
							}
					if (gate)
						continue;
					/* distinct threads */
					int nt = 0;
					for (int t = 0; t < p.threads; t++)
						for (int a = 0; a < c.n; a++)
							if (p.fun[t] == c.part[a].fun) {
								nt++;
								break;
							}
					if (nt < c.n)
						continue;
					if (c.n == 2 && c.part[0].fun == c.part[1].fun) {
						int m = 0;
						for (int t = 0; t < p.threads; t++)
							m += p.fun[t] == c.part[0].fun;
						if (m < 2)
							continue;
					}
					cycles++;
					bool is = truth(&p, &c);
					real += is;
					static struct lh_steer s;
					int excluded = 0, attempts = 0;
					bool hit = false, never = false, met_all = false;
					for (attempts = 0; attempts < 10 && !hit &&
							   !(excluded >= 3 && excluded == attempts);
					     attempts++) {
						static const enum lh_steer_mode modes[] = {
							LH_STEER_EVERY_STOP, LH_STEER_EVERY_STOP,
							LH_STEER_EVERY_STOP, LH_STEER_OUTER,
							LH_STEER_INNER,      LH_STEER_LAST};
						struct lh_plan_cycle plan = {
							.parts = (uint8_t)c.n,
							.mode = modes[attempts % 6]};
						for (int a = 0; a < c.n; a++) {
							plan.part[a].stops =
								(uint8_t)(c.part[a].n + 1);
							for (int u = 0; u < c.part[a].n; u++)
								if (c.part[a].chain[u] ==
								    c.part[a].hold)
									plan.part[a].holds_at =
										(uint8_t)u;
						}
						lh_steer_init(&s, &plan);
						hit = run(&p, &c, &s, seed * 131 + attempts, NULL,
							  trace);
						if (trace)
							printf("attempt %d: hit %d result %d\n",
							       attempts, hit, lh_steer_result(&s));
						if (hit && !s.closed) { /* closed by itself */
						}
						excluded += !hit &&
							    lh_steer_result(&s) == LH_STEER_ORDERED;
						(void)never;
						bool m = true;
						for (int a = 0; a < c.n; a++)
							m &= s.part[a].visits[plan.part[a].stops -
									      1] > 0;
						met_all |= m;
					}
					if (hit) {
						conf++;
						first += attempts == 1;
						if (!is) {
							printf("seed %lu: confirmed but false!\n",
							       seed);
							show(&p, &c);
							return 1;
						}
					} else if (excluded >= 3 && excluded == attempts) {
						contra++;
						if (is) {
							wrong++;
							if (wrong <= 3 || trace) {
								printf("seed %lu: contradicted but "
								       "real\n",
								       seed);
								show(&p, &c);
							}
						}
					} else {
						if (!met_all) {
							notmet++;
							continue;
						}
						if (is) {
							open_real++;
							if (open_real <= 4 && to - from > 1000) {
								printf("seed %lu: open but real\n",
								       seed);
								show(&p, &c);
							}
						} else
							open_false++;
					}
				}
	}
	printf("cycles %ld real %ld: confirmed %ld (first run %ld), contradicted %ld (wrong %ld), "
	       "open: real %ld false %ld (part not met %ld)\n",
	       cycles, real, conf, first, contra, wrong, open_real, open_false, notmet);
	return wrong != 0;
}
