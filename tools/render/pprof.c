/*
 * pprof.c — profiles for pprof and the viewers that read its files (go tool pprof, Pyroscope,
 * Parca, speedscope): a gzip file with a message of protocol buffers, whose description is
 * github.com/google/pprof/proto/profile.proto.
 *
 * Samples are those of Go's profiles of blocking and of mutexes: contentions/count and
 * delay/nanoseconds. By waiter, they have the stack of the thread that waited; by holder, the stack
 * where the thread that it waited for acquired the lock. Both have the same sum, the exact waits of
 * each lock, which is divided among its stacks as the monitor sampled them. Waits that no sample
 * saw are in a function `(stack not seen)`.
 */
#include "tools/render/pprof_bytes.h"
#include "tools/render/view.h"
#include "tools/report/lock_stats.h"
#include "tools/util/map.h"

#include <string.h>

/* Fields of the messages. */
enum { SAMPLE_TYPE = 1, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING };
enum { TIME_NANOS = 9, DURATION_NANOS, PERIOD_TYPE, PERIOD };
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE, SAMPLE_LABEL };
enum { LABEL_KEY = 1, LABEL_STR, LABEL_NUM };
enum {
	MAPPING_ID = 1,
	MAPPING_START,
	MAPPING_LIMIT,
	MAPPING_FILENAME = 5,
	MAPPING_BUILD_ID,
	MAPPING_HAS_FUNCTIONS,
	MAPPING_HAS_FILENAMES,
	MAPPING_HAS_LINES,
	MAPPING_HAS_INLINES
};
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE, LOCATION_FOLDED };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILENAME };

#define VALUE_MAX ((uint64_t)INT64_MAX) /* readers take values as signed */

/* An object, whose addresses are those in its file. */
struct mapping {
	uint32_t id;
	uint64_t limit;
	const char *path, *build_id;
	bool functions, files, lines, inlines; /* are any of them known? */
};

/* The waits of one lock, to divide among its pairs. */
struct waits {
	uint64_t seen_ns; /* of all pairs */
	uint64_t count;   /* given to pairs but the first */
	uint32_t pairs;
	const struct lh_wait_pair_stats *first;
};

struct profile {
	struct lh_view *view;
	bool by_holder;
	struct lh_map strings, functions, locations, mappings, waits;
	uint32_t n_strings, n_functions, n_locations;
	struct mapping **mapping;
	uint32_t n_mappings;
	struct lh_bytes string, function, location, sample;
};

static struct lh_bytes bytes(struct profile *p)
{
	return (struct lh_bytes){.arena = p->view->arena};
}

/* ---- what samples name ---- */

/* The number of a text in the table of strings. */
static uint32_t string(struct profile *p, const char *text)
{
	const char *clean = lh_view_clean(p->view, text);
	size_t n = strlen(clean);
	uint32_t *id;

	if (!n)
		return 0;
	id = lh_map_get(&p->strings, p->view->arena, clean, n, sizeof(*id));
	if (!*id) {
		*id = ++p->n_strings;
		lh_field_bytes(&p->string, STRING, clean, n);
	}
	return *id;
}

static uint32_t function(struct profile *p, const char *name, const char *file)
{
	const uint32_t key[] = {string(p, name), string(p, file)};
	uint32_t *id = lh_map_get(&p->functions, p->view->arena, key, sizeof(key), sizeof(*id));

	if (!*id) {
		struct lh_bytes f = bytes(p);

		*id = ++p->n_functions;
		lh_field_number(&f, FUNCTION_ID, *id);
		lh_field_number(&f, FUNCTION_NAME, key[0]);
		lh_field_number(&f, FUNCTION_SYSTEM_NAME, key[0]);
		lh_field_number(&f, FUNCTION_FILENAME, key[1]);
		lh_field_message(&p->function, FUNCTION, &f);
	}
	return *id;
}

/* The object of a frame; NULL: it has none, as a line of a script. */
static struct mapping *mapping(struct profile *p, const struct lh_report_frame *f)
{
	struct mapping *m;
	const char *key;

	if (f->script || !f->module)
		return NULL;
	key = lh_arena_printf(p->view->arena, "%s\n%s", f->build_id ? f->build_id : "", f->module);
	m = lh_map_get(&p->mappings, p->view->arena, key, strlen(key), sizeof(*m));
	if (!m->id) {
		LH_PUSH(p->view->arena, p->mapping, p->n_mappings, m);
		m->id = p->n_mappings;
		m->path = f->module;
		m->build_id = f->build_id;
	}
	if (f->offset >= m->limit && f->offset < UINT64_MAX)
		m->limit = f->offset + 1;
	m->functions |= f->function != NULL;
	m->files |= f->file != NULL;
	m->lines |= f->line != 0;
	m->inlines |= f->inlined;
	return m;
}

static void add_line(struct profile *p, struct lh_bytes *location, const char *name,
		     const char *file, uint32_t number)
{
	struct lh_bytes line = bytes(p);

	lh_field_number(&line, LINE_FUNCTION, function(p, name, file));
	lh_field_number(&line, LINE_LINE, number);
	lh_field_message(location, LOCATION_LINE, &line);
}

/* A location of n frames: all but the last are inlined into the next. */
static uint32_t location(struct profile *p, const struct lh_report_frame *f, uint32_t n)
{
	const struct lh_report_frame *outer = &f[n - 1];
	struct mapping *m = mapping(p, outer);
	const uint64_t key[] = {m ? m->id : 0,
				outer->offset,
				outer->line,
				string(p, outer->function),
				string(p, outer->file),
				n};
	uint32_t *id = lh_map_get(&p->locations, p->view->arena, key, sizeof(key), sizeof(*id));
	struct lh_bytes l = bytes(p);

	for (uint32_t i = 0; i + 1 < n; i++)
		mapping(p, &f[i]);
	if (*id)
		return *id;
	*id = ++p->n_locations;
	lh_field_number(&l, LOCATION_ID, *id);
	lh_field_number(&l, LOCATION_MAPPING, m ? m->id : 0);
	/* that of the call: the frame has the address behind it */
	lh_field_number(&l, LOCATION_ADDRESS, m && outer->offset ? outer->offset - 1 : 0);
	for (uint32_t i = 0; i < n; i++)
		if (!f[i].ours && (f[i].function || f[i].file))
			add_line(p, &l, f[i].function ? f[i].function : "?", f[i].file, f[i].line);
	lh_field_number(&l, LOCATION_FOLDED, outer->folded);
	lh_field_message(&p->location, LOCATION, &l);
	return *id;
}

static uint32_t no_location(struct profile *p, const char *name)
{
	const struct lh_report_frame f = {.function = name};

	return location(p, &f, 1);
}

/* ---- samples ---- */

static void add_label(struct profile *p, struct lh_bytes *sample, const char *key, const char *text)
{
	struct lh_bytes label = bytes(p);

	if (!text || !*text)
		return;
	lh_field_number(&label, LABEL_KEY, string(p, key));
	lh_field_number(&label, LABEL_STR, string(p, text));
	lh_field_message(sample, SAMPLE_LABEL, &label);
}

static void add_labels(struct profile *p, struct lh_bytes *s, const struct lh_report_lock *lock,
		       const struct lh_wait_pair_stats *c)
{
	const struct lh_report_process *process = lock ? lock->process : c->process;
	struct lh_arena *arena = p->view->arena;

	add_label(p, s, "lock", lock ? lock->name : "an unknown lock");
	add_label(p, s, "kind", lock ? lock->kind_text : NULL);
	if (c && c->thread)
		add_label(p, s, "thread", lh_report_thread_text(p->view->report, c->thread));
	add_label(p, s, "process", lh_arena_printf(arena, "%s %d", process->comm, process->pid));
	add_label(p, s, "host", process->host);
	add_label(p, s, "container", process->container);
	add_label(p, s, "test", process->test);
	if (process->rank)
		add_label(p, s, "rank", lh_arena_printf(arena, "%u", process->rank - 1));
}

/* The locations of a stack, innermost first. */
static void add_stack(struct profile *p, struct lh_bytes *sample, const struct lh_report_stack *t)
{
	struct lh_bytes ids = bytes(p);

	for (uint32_t i = 0, n; t && i < t->n; i += n) {
		bool ours = true;

		for (n = 1; i + n < t->n && t->frame[i + n - 1].inlined; n++)
			;
		for (uint32_t k = i; k < i + n; k++)
			ours &= t->frame[k].ours;
		if (!ours)
			lh_bytes_varint(&ids, location(p, &t->frame[i], n));
	}
	if (!ids.n)
		lh_bytes_varint(&ids, no_location(p, "(stack not seen)"));
	lh_field_message(sample, SAMPLE_LOCATION, &ids);
}

static void add_sample(struct profile *p, const struct lh_report_lock *lock,
		       const struct lh_wait_pair_stats *c, uint64_t count, uint64_t ns)
{
	struct lh_bytes s = bytes(p), values = bytes(p);

	if (!count && !ns)
		return;
	add_stack(p, &s, !c ? NULL : p->by_holder ? c->holder : c->waiter);
	lh_bytes_varint(&values, count < VALUE_MAX ? count : VALUE_MAX);
	lh_bytes_varint(&values, ns < VALUE_MAX ? ns : VALUE_MAX);
	lh_field_message(&s, SAMPLE_VALUE, &values);
	add_labels(p, &s, lock, c);
	lh_field_message(&p->sample, SAMPLE, &s);
}

static struct waits *waits_of(struct profile *p, const struct lh_report_lock *lock)
{
	return lh_map_get(&p->waits, p->view->arena, &lock, sizeof(lock), sizeof(struct waits));
}

static uint64_t part_of(const struct lh_wait_pair_stats *c, const struct waits *w)
{
	double all = c->lock ? (double)c->lock->stats.contended : 0,
	       part = w->seen_ns ? all * ((double)c->ns / (double)w->seen_ns) : 0;

	return part < (double)VALUE_MAX ? (uint64_t)part : 0; /* more: a damaged file */
}

/* The waits of a lock that are not in other pairs are in the first one, which is the longest. */
static uint64_t count_of(struct profile *p, const struct lh_wait_pair_stats *c)
{
	const struct waits *w = waits_of(p, c->lock);

	if (c != w->first || !c->lock)
		return part_of(c, w);
	return c->lock->stats.contended > w->count ? c->lock->stats.contended - w->count : 0;
}

/* The first pair also has the nanoseconds that the scaling rounded away. */
static uint64_t ns_of(struct profile *p, const struct lh_wait_pair_stats *c)
{
	const struct waits *w = waits_of(p, c->lock);
	uint64_t exact = c->lock ? c->lock->stats.wait_ns : 0;

	return c == w->first && exact > w->seen_ns && exact - w->seen_ns <= w->pairs
		       ? c->ns + (exact - w->seen_ns)
		       : c->ns;
}

static void add_samples(struct profile *p)
{
	static const struct lh_wait_stats none;
	const struct lh_report *report = p->view->report;
	const struct lh_wait_stats *stats = report->profile ? report->profile : &none;

	for (uint32_t i = 0; i < stats->pairs; i++)
		if (stats->pair[i]->waiter) {
			struct waits *w = waits_of(p, stats->pair[i]->lock);

			w->pairs++;
			w->seen_ns += stats->pair[i]->ns;
			w->first = w->first ? w->first : stats->pair[i];
		}
	for (uint32_t i = 0; i < stats->pairs; i++) {
		struct waits *w = waits_of(p, stats->pair[i]->lock);

		if (stats->pair[i]->waiter && w->first != stats->pair[i])
			w->count += part_of(stats->pair[i], w);
	}
	for (uint32_t i = 0; i < stats->pairs; i++)
		if (stats->pair[i]->waiter)
			add_sample(p, stats->pair[i]->lock, stats->pair[i],
				   count_of(p, stats->pair[i]), ns_of(p, stats->pair[i]));
	for (uint32_t i = 0; i < report->locks; i++) {
		const struct lh_report_lock *lock = report->lock[i];

		if (lock->row.kind != LH_THREAD_END && !lock->worst)
			add_sample(p, lock, NULL, lock->stats.contended, lock->stats.wait_ns);
	}
}

/* ---- the file ---- */

static void put_type(struct profile *p, struct lh_bytes *out, unsigned field, const char *type,
		     const char *unit)
{
	struct lh_bytes t = bytes(p);

	lh_field_number(&t, TYPE_TYPE, string(p, type));
	lh_field_number(&t, TYPE_UNIT, string(p, unit));
	lh_field_message(out, field, &t);
}

static void put_mapping(struct profile *p, struct lh_bytes *out, const struct mapping *m)
{
	enum { PAGE = 4096 };
	struct lh_bytes b = bytes(p);

	lh_field_number(&b, MAPPING_ID, m->id);
	lh_field_number(&b, MAPPING_LIMIT, (m->limit | (PAGE - 1)) + 1);
	lh_field_number(&b, MAPPING_FILENAME, string(p, m->path));
	lh_field_number(&b, MAPPING_BUILD_ID, string(p, m->build_id));
	lh_field_number(&b, MAPPING_HAS_FUNCTIONS, m->functions);
	lh_field_number(&b, MAPPING_HAS_FILENAMES, m->files);
	lh_field_number(&b, MAPPING_HAS_LINES, m->lines);
	lh_field_number(&b, MAPPING_HAS_INLINES, m->inlines);
	lh_field_message(out, MAPPING, &b);
}

/* From the begin of the first process to the end of the last, as far as the times are known. */
static void put_times(struct profile *p, struct lh_bytes *out)
{
	const struct lh_report *report = p->view->report;
	uint64_t from = 0, to = 0;

	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_report_process *x = report->process[i];
		uint64_t end = lh_report_wall(x, x->ledger->head.end_ns);

		if (x->start_wall_ns && (!from || x->start_wall_ns < from))
			from = x->start_wall_ns;
		to = end > to ? end : to;
	}
	lh_field_number(out, TIME_NANOS, from);
	lh_field_number(out, DURATION_NANOS, from && to > from ? to - from : 0);
}

static void render(struct lh_view *v, bool by_holder)
{
	struct profile p = {.view = v, .by_holder = by_holder};
	struct lh_bytes out = bytes(&p);

	p.string = p.function = p.location = p.sample = out;
	lh_field_bytes(&p.string, STRING, "", 0);
	put_type(&p, &out, SAMPLE_TYPE, "contentions", "count");
	put_type(&p, &out, SAMPLE_TYPE, "delay", "nanoseconds");
	add_samples(&p);
	lh_bytes_add(&out, p.sample.at, p.sample.n);
	for (uint32_t i = 0; i < p.n_mappings; i++)
		put_mapping(&p, &out, p.mapping[i]);
	lh_bytes_add(&out, p.location.at, p.location.n);
	lh_bytes_add(&out, p.function.at, p.function.n);
	put_type(&p, &out, PERIOD_TYPE, "contentions", "count");
	put_times(&p, &out);
	lh_field_number(&out, PERIOD, 1);
	lh_bytes_add(&out, p.string.at, p.string.n);
	lh_gzip_write(&out, v->out);
}

void lh_render_pprof(struct lh_view *v)
{
	render(v, false);
}

void lh_render_pprof_holder(struct lh_view *v)
{
	render(v, true);
}
