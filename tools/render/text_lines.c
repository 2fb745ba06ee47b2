/* text_lines.c — the lines before and behind the rows of the short form of a finding. */
#include "tools/render/text_lines.h"
#include "tools/render/text_paint.h"
#include "tools/render/text_rows.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

/* ---- lines ---- */

/*
 * Writes the text, or counts only, in lines of at most `width` columns, broken at blanks. `indent`
 * columns are free on the first line, and blank on the others.
 */
static uint32_t wrap(struct lh_text_lines *g, const char *text, uint32_t indent, bool write)
{
	uint32_t lines = 1, at = indent;

	for (const char *word = text; *word;) {
		size_t n = strcspn(word, " ");
		const char *shown =
			lh_shorten(g->v->arena, lh_arena_printf(g->v->arena, "%.*s", (int)n, word),
				   g->width - indent);
		uint32_t w = lh_text_width(shown);

		if (at > indent && at + 1 + w > g->width) {
			lines++;
			at = indent;
			if (write)
				lh_text_say(g->v, LH_PLAIN, "\n%*s", (int)indent, "");
		} else if (at > indent) {
			at++;
			if (write)
				lh_text_say(g->v, LH_PLAIN, " ");
		}
		if (write)
			lh_text_say(g->v, LH_PLAIN, "%s", shown);
		at += w;
		word += n;
		word += strspn(word, " ");
	}
	if (write)
		lh_text_say(g->v, LH_PLAIN, "\n");
	return lines;
}

/* "  help: …" */
static uint32_t labelled(struct lh_text_lines *g, enum lh_paint paint, const char *label,
			 const char *text, bool write)
{
	uint32_t indent = 2 + (uint32_t)strlen(label);

	if (g->tight)
		text = lh_shorten_end(g->v->arena, text, g->width - indent);
	if (write)
		lh_text_say(g->v, paint, "  %s", label);
	return wrap(g, text, indent, write);
}

/* ---- the first line: file:line:column: error: message [rule] ---- */

/* Not if a condition follows. */
static const char *without(struct lh_arena *p, const char *text, const char *words)
{
	const char *at = strstr(text, words);
	const char *next = at ? at + strlen(words) : "";

	return at && (!*next || strncmp(next, " (", 2) == 0 || strncmp(next, " in ", 4) == 0)
		       ? lh_arena_printf(p, "%.*s%s", (int)(at - text), text, at + strlen(words))
		       : text;
}

const char *lh_text_fitting_message(struct lh_view *v, const struct lh_report_finding *f,
				    uint32_t columns)
{
	static const uint8_t name_columns[] = {200, 60, 52, 44, 38, 32, 28, 24};
	static const char *const dispensable[] = {": this can deadlock", ": this deadlocked",
						  ", but not at the same time", " are acquired"};
	const size_t n = sizeof(dispensable) / sizeof(dispensable[0]);
	const char *message = lh_view_clean(v, f->message), *text;

	for (size_t i = 0; i < sizeof(name_columns); i++) {
		text = lh_text_short_names(v, f, message, name_columns[i]);
		for (size_t k = 0; k < n && lh_text_width(text) > columns; k++)
			text = without(v->arena, text, dispensable[k]);
		if (lh_text_width(text) <= columns)
			return text;
	}
	return NULL;
}

/* Does the message say nothing that the title and the rows do not say too? */
static bool is_plain(const struct lh_text_lines *g)
{
	return g->f->cycle && !g->f->by_class && !g->f->told &&
	       strcmp(g->f->message, lh_report_message(g->v->report, g->f)) == 0;
}

static uint32_t first_line(struct lh_text_lines *g, bool write)
{
	struct lh_view *v = g->v;
	const struct lh_report_finding *f = g->f;
	const char *at = f->frame ? lh_text_position(v, f->frame)
				  : lh_view_clean(v, f->process->comm),
		   *severity = lh_name_severity(f->severity), *rule = lh_name_rule(f->rule);
	uint32_t others = (uint32_t)(strlen(severity) + strlen(rule) + strlen(": :  []")), room;
	const char *message, *text;

	at = lh_shorten(v->arena, at, g->width - others);
	room = g->width - others - lh_text_width(at);
	message = text = lh_text_fitting_message(v, f, room);
	if (!text)
		text = lh_text_width(f->title) <= room ? f->title : "";
	if (write) {
		lh_text_say(v, LH_BOLD, "%s: ", at);
		lh_text_say(v, lh_text_severity_paint(f->severity), "%s: ", severity);
		lh_text_say(v, LH_BOLD, "%s%s", text, *text ? " " : "");
		lh_text_say(v, LH_PLAIN, "[%s]\n", rule);
	}
	if (message || (*text && is_plain(g)))
		return 1;
	message = lh_text_fitting_message(v, f, g->width - 2);
	return 1 +
	       labelled(g, LH_PLAIN, "", message ? message : lh_view_clean(v, f->message), write);
}

/* The second line: the fingerprint, where, how often, status. */
static uint32_t id_line(struct lh_text_lines *g, bool write)
{
	const struct lh_report_finding *f = g->f;
	struct lh_view *v = g->v;
	const char *text = lh_arena_printf(v->arena, "id %s", f->fingerprint);

	if (v->report->processes > 1)
		text = lh_arena_printf(
			v->arena, "%s, in %s", text,
			lh_view_clean(v, lh_report_process_text(v->report, f->process)));
	if (f->count > 1)
		text = lh_arena_printf(v->arena, "%s, seen %llu times", text,
				       (unsigned long long)f->count);
	if (f->count > 1 && f->processes > 1)
		text = lh_arena_printf(v->arena, "%s in %u processes", text, f->processes);
	if (f->status != LH_NEW)
		text = lh_arena_printf(v->arena, "%s, %s%s%s", text, lh_name_status(f->status),
				       f->reason ? ": " : "", lh_view_clean(v, f->reason));
	return labelled(g, LH_DIM, "", text, write);
}

/* ---- the proof ---- */

/* The length of the command's next word and of the blank behind it; quoted blanks end no word. */
static size_t shell_word(const char *text)
{
	char quote = '\0';
	size_t n = 0;

	for (; text[n] && (quote || text[n] != ' '); n++) {
		if (text[n] == '\\' && quote != '\'' && text[n + 1])
			n++;
		else if (quote ? text[n] == quote : text[n] == '\'' || text[n] == '"')
			quote = quote ? '\0' : text[n];
	}
	return n + (text[n] == ' ');
}

/* "  again: COMMAND", whole, to be copied: a line that goes on ends in a backslash. */
static uint32_t command(struct lh_text_lines *g, const char *text, bool write)
{
	static const char label[] = "again: ";
	uint32_t lines = 1, indent = 2 + (uint32_t)strlen(label), at = indent;

	if (write)
		lh_text_say(g->v, LH_GREEN, "  %s", label);
	for (size_t n; *text; text += n) {
		const char *word;

		n = shell_word(text);
		word = lh_arena_printf(g->v->arena, "%.*s", (int)n, text);
		if (at > indent && at + lh_text_width(word) + 1 > g->width) {
			lines++;
			at = indent;
			if (write)
				lh_text_say(g->v, LH_PLAIN, "\\\n%*s", (int)indent, "");
		}
		if (write)
			lh_text_say(g->v, LH_PLAIN, "%s", word);
		at += lh_text_width(word);
	}
	if (write)
		lh_text_say(g->v, LH_PLAIN, "\n");
	return lines;
}

static uint32_t proof_lines(struct lh_text_lines *g, bool write)
{
	const struct lh_proof *proof = g->f->proof;
	uint32_t n;

	if (!proof)
		return 0;
	n = labelled(g, lh_text_verdict_paint(proof->verdict),
		     lh_arena_printf(g->v->arena, "%s: ", lh_name_verdict(proof->verdict)),
		     lh_view_clean(g->v, proof->reason), write);
	return n + (proof->replay ? command(g, lh_view_clean(g->v, proof->replay), write) : 0);
}

/* ---- the last lines ---- */

/* The consequence; only its first sentence if two do not fit into a line. */
static uint32_t consequence(struct lh_text_lines *g, bool write)
{
	const char *text = lh_report_consequence(g->v->report, g->f), *end;

	if (!text)
		return 0;
	text = lh_view_clean(g->v, text);
	end = strstr(text, ". ");
	if (lh_text_width(text) + 2 > g->width && end)
		text = lh_arena_printf(g->v->arena, "%.*s", (int)(end + 1 - text), text);
	return labelled(g, LH_PLAIN, "", text, write);
}

/* The other places, and what a baseline has of a finding that is new all the same. */
static uint32_t baseline_lines(struct lh_text_lines *g, bool write)
{
	const char *places = lh_view_places(g->v, g->f);
	uint32_t n = 0;

	if (places)
		n += labelled(g, LH_PLAIN, "and ", places, write);
	if (g->f->known)
		n += labelled(g, LH_BOLD, "", lh_view_clean(g->v, g->f->known), write);
	return n;
}

uint32_t lh_text_last_lines(struct lh_text_lines *g, bool write)
{
	const struct lh_report_finding *f = g->f;
	const char *paths = "", *more;

	if (f->variants)
		paths = lh_arena_printf(
			g->v->arena, " and %s",
			lh_view_count(g->v, f->variants, "other call path", "other call paths"));
	more = lh_arena_printf(g->v->arena, "-v for stacks%s; lockhound explain %s%s%s", paths,
			       lh_name_rule(f->rule), f->proof ? " " : "",
			       f->proof ? lh_name_verdict(f->proof->verdict) : "");
	return baseline_lines(g, write) + proof_lines(g, write) + consequence(g, write) +
	       labelled(g, LH_GREEN, "help: ", f->help, write) +
	       labelled(g, LH_DIM, "more: ", more, write);
}

uint32_t lh_text_first_lines(struct lh_text_lines *g, bool write)
{
	return first_line(g, write) + id_line(g, write);
}
