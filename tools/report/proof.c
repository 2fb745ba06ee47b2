/*
 * proof.c — what a proof changes in a finding, and how it reads there.
 *
 * A finding that is confirmed or contradicted says so in its message, which every format has; the
 * other verdicts leave the finding as it is.
 */
#include "tools/report/report_internal.h"

#include <string.h>

static bool is_settled(const struct lh_proof *proof)
{
	return proof && (proof->verdict == LH_VERDICT_CONFIRMED ||
			 proof->verdict == LH_VERDICT_CONTRADICTED);
}

/* "...: this can deadlock" and the condition that may follow, up to the end of the message or to
 * what it says in parentheses. */
const char *lh_report_proved_message(const struct lh_report *report, const struct lh_proof *proof,
				     const char *message)
{
	static const char can[] = "this can deadlock";
	const char *at, *rest = "";
	size_t n = strlen(message);

	if (!is_settled(proof))
		return message;
	at = strstr(message, can);
	if (at) {
		rest = strncmp(at + strlen(can), " (", 2) == 0 ? at + strlen(can) : "";
		n = (size_t)(at - message);
		while (n > 0 && message[n] != ':')
			n--;
	}
	return lh_arena_printf(report->arena, "%.*s%s%s", (int)n, message,
			       proof->verdict == LH_VERDICT_CONFIRMED
				       ? ": this deadlocked"
				       : ", but not at the same time",
			       rest);
}

void lh_report_set_proof(struct lh_report *report, struct lh_report_finding *f,
			 const struct lh_proof *proof)
{
	f->proof = proof;
	f->message = lh_report_proved_message(report, proof, f->message);
	if (proof->verdict != LH_VERDICT_CONTRADICTED)
		return;
	f->severity = LH_NOTE;
	f->help = "Keep that order of threads, or use one order of locks everywhere.";
}

bool lh_report_happened(const struct lh_report_finding *f)
{
	return f->level > LH_POTENTIAL || (f->proof && f->proof->verdict == LH_VERDICT_CONFIRMED);
}

const char *lh_report_proof_text(const struct lh_report *report, const struct lh_report_finding *f)
{
	return f->proof ? lh_arena_printf(report->arena, "%s: %s",
					  lh_name_verdict(f->proof->verdict), f->proof->reason)
			: NULL;
}

const char *lh_report_verdicts(const struct lh_report *report)
{
	uint32_t n[LH_VERDICTS] = {0};
	const char *text = NULL;

	for (uint32_t i = 0; i < report->findings; i++)
		if (report->finding[i]->proof)
			n[report->finding[i]->proof->verdict]++;
	for (enum lh_verdict v = LH_VERDICT_CONFIRMED; v < LH_VERDICTS; v++)
		if (n[v])
			text = lh_arena_printf(report->arena, "%s%s%u %s", text ? text : "",
					       text ? ", " : "", n[v], lh_name_verdict(v));
	return text;
}
