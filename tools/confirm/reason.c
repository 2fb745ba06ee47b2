/* reason.c — the proof of a finding. */
#include "tools/confirm/reason.h"
#include "tools/util/arena.h"

void lh_prove(struct lh_report *report, struct lh_report_finding *f,
	      const struct lh_reason_facts *x)
{
	static const char *const names[] = {"", "confirmed", "contradicted", "not reached", "open"};
	struct lh_proof *p = lh_arena_alloc(report->arena, sizeof(*p));
	*p = (struct lh_proof){.verdict = x->outcome.verdict,
			       .runs = x->outcome.runs,
			       .hits = x->outcome.hits,
			       .reason = x->why ? x->why : names[x->outcome.verdict],
			       .replay = x->replay};
	f->proof = p;
	if (p->verdict == LH_VERDICT_CONTRADICTED)
		f->severity = LH_NOTE;
}
