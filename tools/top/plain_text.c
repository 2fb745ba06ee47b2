/* plain_text.c — writes the table for scripts, as text columns or JSON. */
#include "tools/util/escape.h"
#include "tools/top/top.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* ---- text columns ---- */

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static double per_second(uint64_t n, uint64_t ns)
{
	return ns ? (double)n * 1e9 / (double)ns : 0;
}

static double percent(uint64_t part, uint64_t of)
{
	return of ? 100.0 * (double)part / (double)of : 0;
}

/* One word without blanks: scripts find columns by counting words. */
static const char *one_word(struct lh_arena *p, const char *text)
{
	const char *at = text ? lh_escape(p, LH_ESCAPE_TEXT, text) : "-", *out = "";

	for (size_t n; *at; at += n) {
		n = strcspn(at, " ");
		out = lh_arena_printf(p, "%s%.*s%s", out, (int)n, at, at[n] ? "\\x20" : "");
		n += at[n] == ' ';
	}
	return *out ? out : "-";
}

static void print_row(const struct lh_top *t, struct lh_arena *p, const struct lh_top_row *r,
		      FILE *out)
{
	fprintf(out, "%9.1f %8.1f %12.1f %12.1f %6u %14llu %12llu %14.3f %14.3f %14.3f %14.3f ",
		percent(r->last.wait_ns, t->span_ns), percent(r->last.hold_ns, t->span_ns),
		per_second(r->last.taken, t->span_ns), per_second(r->last.contended, t->span_ns),
		r->queue, (unsigned long long)r->all.taken, (unsigned long long)r->all.contended,
		ms(r->all.wait_ns), ms(r->wait_max_ns), ms(r->all.hold_ns), ms(r->hold_max_ns));
	if (r->holder)
		fprintf(out, "%8d %12.3f %-24s ", r->tid, ms(r->held_ns), one_word(p, r->at));
	else
		fprintf(out, "%8s %12s %-24s ", "-", "-", "-");
	fprintf(out, "%s\n", lh_escape(p, LH_ESCAPE_TEXT, r->name));
}

void lh_top_text(const struct lh_top *t, const struct lh_top_page *w, uint32_t most, FILE *out)
{
	struct lh_arena *p = lh_arena_new();

	fprintf(out,
		"process %d %s seconds %.3f interval %.3f threads %u locks %u waiting %u taken "
		"%llu contended %llu\n",
		w->pid, one_word(p, w->comm), (double)t->at_ns / 1e9, (double)t->span_ns / 1e9,
		t->threads, t->locks, t->waiting, (unsigned long long)t->all.taken,
		(unsigned long long)t->all.contended);
	fprintf(out, "%9s %8s %12s %12s %6s %14s %12s %14s %14s %14s %14s %8s %12s %-24s %s\n",
		"wait%", "held%", "taken/s", "contended/s", "queue", "taken", "contended",
		"wait-ms", "wait-max-ms", "held-ms", "held-max-ms", "holder", "for-ms", "taken-at",
		"lock");
	for (uint32_t i = 0; i < t->rows && i < most; i++)
		print_row(t, p, &t->row[i], out);
	fputc('\n', out);
	lh_arena_free(p);
}

/* ---- JSON ---- */

static json_t *text(struct lh_arena *p, const char *raw)
{
	return json_string(lh_escape(p, LH_ESCAPE_JSON, raw ? raw : ""));
}

static json_t *sum(const struct lh_top_sum *s)
{
	return json_pack("{sI sI sI sI}", "acquired", (json_int_t)s->taken, "contended",
			 (json_int_t)s->contended, "wait_ns", (json_int_t)s->wait_ns, "hold_ns",
			 (json_int_t)s->hold_ns);
}

/* A FRAME of docs/format.md, with the fields that are known. */
static json_t *frame(struct lh_arena *p, const struct lh_report_frame *f)
{
	json_t *o = json_object();

	if (f->function)
		json_object_set_new(o, "function", text(p, f->function));
	if (f->file)
		json_object_set_new(o, "file", text(p, f->file));
	if (f->line)
		json_object_set_new(o, "line", json_integer(f->line));
	if (f->module)
		json_object_set_new(o, "module", text(p, f->module));
	if (f->module)
		json_object_set_new(o, "offset",
				    json_sprintf("%#llx", (unsigned long long)f->offset));
	return o;
}

static json_t *holder(struct lh_arena *p, const struct lh_top_row *r)
{
	json_t *o = json_pack("{sI si so sI}", "thread", (json_int_t)r->holder, "tid", r->tid,
			      "who", text(p, r->owner), "held_ns", (json_int_t)r->held_ns);

	if (r->frame)
		json_object_set_new(o, "taken_at", frame(p, r->frame));
	return o;
}

static json_t *lock(struct lh_arena *p, const struct lh_top_row *r)
{
	char address[32];
	json_t *o;

	snprintf(address, sizeof(address), "%#llx", (unsigned long long)r->address);
	o = json_pack("{so ss ss so so sI sI si si}", "name", text(p, r->name), "kind",
		      lh_name_kind(r->kind), "address", address, "last", sum(&r->last), "total",
		      sum(&r->all), "wait_max_ns", (json_int_t)r->wait_max_ns, "hold_max_ns",
		      (json_int_t)r->hold_max_ns, "queue", (int)r->queue, "holders",
		      (int)r->holders);
	if (r->holder)
		json_object_set_new(o, "holder", holder(p, r));
	return o;
}

int lh_top_json(const struct lh_top *t, const struct lh_top_page *w, uint32_t most, FILE *out)
{
	struct lh_arena *p = lh_arena_new();
	json_t *locks = json_array(),
	       *all = json_pack("{ss si so sI sI si si si so so}", "schema", "lockhound-top/1",
				"pid", w->pid, "comm", text(p, w->comm), "time_ns",
				(json_int_t)t->at_ns, "interval_ns", (json_int_t)t->span_ns,
				"threads", (int)t->threads, "locks_alive", (int)t->locks, "waiting",
				(int)t->waiting, "last", sum(&t->last), "total", sum(&t->all));
	int rc;

	for (uint32_t i = 0; i < t->rows && i < most; i++)
		json_array_append_new(locks, lock(p, &t->row[i]));
	if (t->longest) {
		json_t *longest = holder(p, t->longest);

		json_object_set_new(longest, "lock", text(p, t->longest->name));
		json_object_set_new(all, "longest", longest);
	}
	json_object_set_new(all, "locks", locks);
	rc = json_dumpf(all, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(all);
	lh_arena_free(p);
	return rc || ferror(out) ? EIO : 0;
}
