/* policy_learn.c — chooses rules from observed orders and prints them as a policy file. */
#include "tools/project/policy_learn.h"

#include <stdlib.h>
#include <string.h>

#include "tools/render/view.h"

/* An order between two names, from all pairs of locks with these names. */
struct candidate {
	uint32_t from, to;
	uint64_t sites;
	const char *at; /* the first site; NULL unknown */
	bool accepted;
};

struct learning {
	struct lh_view *view;
	struct lh_policy policy; /* the rules accepted so far */
	struct candidate *candidate;
	uint32_t candidates;
	struct lh_map init_sites; /* by name, such as born:FUNCTION */
	const char **nameless;
	uint32_t nameless_n;
};

struct init_sites {
	const char *exact; /* one of them: born:bank.c:41 */
	bool several;
};

/* If a function has two init sites, its name is ambiguous. */
static void find_init_sites(struct learning *l)
{
	const struct lh_report *report = l->view->report;
	struct lh_arena *arena = l->view->arena;

	for (uint32_t i = 0; i < report->locks; i++) {
		const char *text = lh_policy_lock_text(arena, report->lock[i], false), *exact;
		struct init_sites *sites;

		if (report->lock[i]->named || !text)
			continue;
		exact = lh_policy_lock_text(arena, report->lock[i], true);
		sites = lh_map_get(&l->init_sites, arena, text, strlen(text), sizeof(*sites));
		sites->several |= sites->exact && strcmp(sites->exact, exact) != 0;
		sites->exact = exact;
	}
}

static bool is_ambiguous(const struct learning *l, const char *text)
{
	const struct init_sites *sites = lh_map_find(&l->init_sites, text, strlen(text));

	return sites && sites->several;
}

static uint32_t name_of(struct learning *l, const struct lh_report_lock *lock)
{
	struct lh_arena *arena = l->view->arena;
	const char *lock_text = lh_policy_lock_text(arena, lock, false);

	if (!lock_text) {
		for (uint32_t i = 0; i < l->nameless_n; i++)
			if (strcmp(l->nameless[i], lock->name) == 0)
				return UINT32_MAX;
		LH_PUSH(arena, l->nameless, l->nameless_n, lock->name);
		return UINT32_MAX;
	}
	if (!lock->named && is_ambiguous(l, lock_text))
		lock_text = lh_policy_lock_text(arena, lock, true);
	return lh_policy_add_name(&l->policy, lock_text, 0);
}

static void add_order(struct learning *l, const struct lh_report_order *o)
{
	struct candidate w = {.from = name_of(l, o->held), .to = name_of(l, o->wanted)};

	if (w.from == UINT32_MAX || w.to == UINT32_MAX || w.from == w.to)
		return;
	for (uint32_t i = 0; i < l->candidates; i++)
		if (l->candidate[i].from == w.from && l->candidate[i].to == w.to) {
			l->candidate[i].sites += o->sites;
			return;
		}
	w.sites = o->sites;
	w.at = lh_view_at(l->view, lh_report_order_frame(l->view->report, o));
	LH_PUSH(l->view->arena, l->candidate, l->candidates, w);
}

static int by_name(const void *x, const void *y, void *policy)
{
	const struct candidate *a = x, *b = y;
	const struct lh_policy *p = policy;
	int c = strcmp(p->name[a->from].text, p->name[b->from].text);

	return c ? c : strcmp(p->name[a->to].text, p->name[b->to].text);
}

static int by_sites(const void *x, const void *y, void *policy)
{
	const struct candidate *a = x, *b = y;

	if (a->sites != b->sites)
		return a->sites > b->sites ? -1 : 1;
	return by_name(x, y, policy);
}

/* Takes the orders with the most sites first, unless they close a cycle. */
static void choose_rules(struct learning *l)
{
	if (l->candidates > 1)
		qsort_r(l->candidate, l->candidates, sizeof(*l->candidate), by_sites, &l->policy);
	for (uint32_t i = 0; i < l->candidates; i++) {
		struct candidate *w = &l->candidate[i];

		w->accepted = !lh_policy_reaches_without(&l->policy, w->to, w->from, UINT32_MAX);
		if (w->accepted)
			lh_policy_add_rule(&l->policy, w->from, w->to, 0);
	}
	if (l->candidates > 1)
		qsort_r(l->candidate, l->candidates, sizeof(*l->candidate), by_name, &l->policy);
}

static uint32_t rule_of(const struct lh_policy *p, const struct candidate *w)
{
	for (uint32_t i = 0; i < p->rules; i++)
		if (p->rule[i].from == w->from && p->rule[i].to == w->to)
			return i;
	return UINT32_MAX;
}

/* A name is a word, or is quoted. A byte that fits neither form is written as a star. */
static const char *quoted_name(struct learning *l, uint32_t name)
{
	const char *text = l->policy.name[name].text;
	bool odd = strcmp(lh_view_clean(l->view, text), text) != 0;
	char *out = lh_arena_strdup(l->view->arena, text);

	for (char *c = out; *c; c++)
		if (*c == '"' || (odd && (*c < ' ' || *c > '~')))
			*c = '*';
	if (*out && !strpbrk(out, " \t#<"))
		return out;
	return lh_arena_printf(l->view->arena, "\"%s\"", out);
}

static void print_candidate(struct learning *l, const struct candidate *w)
{
	FILE *out = l->view->out;

	/* An order that follows from other rules needs no line. */
	if (w->accepted &&
	    lh_policy_reaches_without(&l->policy, w->from, w->to, rule_of(&l->policy, w)))
		return;
	if (!w->accepted)
		fputs("# contradicts the other lines: ", out);
	fprintf(out, "%s < %s", quoted_name(l, w->from), quoted_name(l, w->to));
	fprintf(out, "  %s%s%s%s\n", w->accepted ? "# " : "(",
		lh_view_count(l->view, w->sites, "place", "places"),
		w->at ? lh_arena_printf(l->view->arena, ", %s", w->at) : "",
		w->accepted ? "" : ")");
}

void lh_policy_learn(struct lh_view *v)
{
	struct learning l = {.view = v};

	l.policy.arena = v->arena;
	find_init_sites(&l);
	for (uint32_t i = 0; i < v->report->orders; i++)
		add_order(&l, v->report->order[i]);
	choose_rules(&l);
	fputs("# lockhound policy: 'a < b' allows a thread that holds a to acquire b, and forbids "
	      "the opposite\n"
	      "# order. Orders that follow from other lines are omitted. You can edit this file.\n",
	      v->out);
	for (uint32_t i = 0; i < l.candidates; i++)
		print_candidate(&l, &l.candidate[i]);
	for (uint32_t i = 0; i < l.nameless_n; i++)
		fprintf(v->out, "# has no stable name: %s\n", lh_view_clean(v, l.nameless[i]));
}

void lh_policy_count(struct lh_policy *p, const struct lh_report *report)
{
	for (uint32_t i = 0; i < report->orders; i++) {
		struct candidate w = {.from = lh_policy_name_of(p, report->order[i]->held),
				      .to = lh_policy_name_of(p, report->order[i]->wanted)};
		uint32_t rule = rule_of(p, &w);

		if (rule != UINT32_MAX)
			p->rule[rule].seen += report->order[i]->sites;
	}
}

uint32_t lh_policy_first_rule(const struct lh_policy *p, uint32_t from, uint32_t to)
{
	uint32_t best = to, best_steps = UINT32_MAX;
	uint32_t *steps = calloc(p->names + 1, sizeof(*steps)); /* rules up to `to`; 0 none */
	bool more = steps != NULL;

	for (uint32_t round = 1; more && round <= p->names; round++) {
		more = false;
		for (uint32_t i = 0; i < p->rules; i++) {
			const struct lh_policy_rule *a = &p->rule[i];
			bool reaches = round == 1 ? a->to == to : steps[a->to] == round - 1;

			if (!reaches || steps[a->from])
				continue;
			steps[a->from] = round;
			more = true;
		}
	}
	for (uint32_t i = 0; steps && i < p->rules; i++) {
		uint32_t left = p->rule[i].to == to ? 0 : steps[p->rule[i].to];

		if (p->rule[i].from == from && (left || p->rule[i].to == to) && left < best_steps) {
			best = p->rule[i].to;
			best_steps = left;
		}
	}
	free(steps);
	return best;
}
