/* sightings.c — which processes have a finding, and when. */
#include "tools/report/report_internal.h"

static void add_process(struct lh_report *report, struct lh_sightings *s,
			const struct lh_report_process *p)
{
	/* the rows of a process follow each other */
	if (!s->n || s->process[s->n - 1] != p)
		LH_PUSH(report->arena, s->process, s->n, p);
	if (!s->first)
		s->first = p;
}

void lh_report_see(struct lh_report *report, struct lh_report_finding *f,
		   const struct lh_report_process *p, const struct lh_finding *row)
{
	struct lh_sightings *s = &f->seen;
	uint64_t at = row ? lh_report_wall(p, row->time_ns) : 0, end;

	add_process(report, s, p);
	if (!at)
		return;
	end = at + row->duration_ns > at ? at + row->duration_ns : at;
	if (!s->first_ns || at < s->first_ns) {
		s->first_ns = at;
		s->first = p;
	}
	if (end > s->last_ns)
		s->last_ns = end;
}
