/* stack.c — stacks with names and lines, and the objects that their frames are in. */
#include "tools/report/report_internal.h"
#include "tools/symbols/symbols.h"
#include "tools/util/path.h"

#include <string.h>

struct object {
	struct lh_module row;
	const char *path, *build_id;
	bool program; /* the program's own executable, also in a system folder */
	bool library; /* a system library */
	bool runtime; /* C or C++ library or loader: threads and programs start there */
	bool ours;
	const char *function; /* of a script; NULL: not a script */
	bool lock_name;       /* LH_MODULE_LOCK_NAME */
};

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_runtime(const char *name)
{
	return begins(name, "libc.so") || begins(name, "libc-2") || begins(name, "libpthread") ||
	       begins(name, "libstdc++.so") || begins(name, "libc++.so") || begins(name, "ld-");
}

static const char *hex(struct lh_arena *p, const uint8_t *bytes, unsigned n)
{
	static const char digit[] = "0123456789abcdef";
	char *text = lh_arena_alloc(p, 2 * n + 1);

	for (unsigned i = 0; i < n; i++) {
		text[2 * i] = digit[bytes[i] >> 4];
		text[2 * i + 1] = digit[bytes[i] & 15];
	}
	return text;
}

/* The standard library of Python, and packages installed for it. */
static bool is_script_library(const char *path)
{
	static const char folder[] = "/lib/python";
	const char *at = strstr(path, folder);

	return begins(path, "<frozen ") ||
	       (at && at[sizeof(folder) - 1] >= '0' && at[sizeof(folder) - 1] <= '9');
}

static void set_script(struct lh_arena *arena, struct object *o)
{
	size_t n = strlen(o->row.path) + 1;

	if (!(o->row.flags & LH_MODULE_SCRIPT))
		return;
	o->lock_name = o->row.flags & LH_MODULE_LOCK_NAME;
	o->function = n < sizeof(o->row.path) ? lh_arena_strdup(arena, o->row.path + n) : "";
	o->library = is_script_library(o->path);
	o->program = o->runtime = o->ours = false;
}

static const struct object *object_at(struct lh_report *report, const struct lh_report_process *p,
				      uint32_t row)
{
	struct lh_arena *arena = report->arena;
	struct lh_module module;
	void **memo = lh_report_memo(report, p->ledger, LH_MEMO_OBJECT, row);
	struct object *o = *memo;

	if (o || !lh_read_module(p->ledger, row, &module))
		return o;
	*memo = o = lh_arena_alloc(arena, sizeof(*o));
	o->row = module;
	o->path = lh_arena_strdup(arena, module.path);
	if (module.build_id_n)
		o->build_id = hex(arena, module.build_id, module.build_id_n);
	o->program = strcmp(o->path, p->exe) == 0;
	o->runtime = !o->program && is_runtime(lh_path_base(o->path));
	o->library = !o->program && (begins(o->path, "/usr/lib") || begins(o->path, "/lib"));
	o->ours = begins(lh_path_base(o->path), "liblockhound.so");
	set_script(arena, o);
	return o;
}

static void set_frame(struct lh_report_frame *f, const struct object *o, uint64_t pc)
{
	f->address = pc;
	f->offset = o ? pc - o->row.base : pc;
	if (!o)
		return;
	f->module = o->path[0] ? o->path : NULL;
	f->build_id = o->build_id;
}

/* A line of a script has no object. */
static uint32_t add_script(struct lh_report *report, const struct object *o, uint64_t pc,
			   struct lh_report_frame **list, uint32_t n)
{
	struct lh_report_frame f = {.script = true, .system = o->library};

	f.function = o->function[0] ? o->function : NULL;
	f.file = o->path;
	f.line = LH_SCRIPT_LINE(pc);
	f.column = LH_SCRIPT_COLUMN(pc);
	LH_PUSH(report->arena, *list, n, f);
	return n;
}

/* Sets what follows from the function and the file. */
static void complete(struct lh_report *report, const struct object *o, struct lh_report_frame *f)
{
	const char *rest;

	if (f->file)
		f->file = lh_path_normalize(report->arena, f->file);
	f->system = (o && o->library) || lh_report_is_library(f->function, f->file);
	if (!f->file || f->system || !report->root_known)
		return;
	rest = lh_path_below(report->arena, report->root, f->file, true);
	f->inside = lh_path_is_inside(rest);
}

/*
 * Appends one frame of the ledger, with one more for each function inlined there. `brief`: only
 * with the function's name, without debug information.
 */
static uint32_t expand(struct lh_report *report, const struct object *o, uint64_t pc, bool after,
		       bool brief, struct lh_report_frame **list, uint32_t n)
{
	const struct lh_symbol *line = NULL;
	struct lh_report_frame f = {0};
	uint32_t lines = 0;

	if (o && o->function)
		return add_script(report, o, pc, list, n);
	set_frame(&f, o, pc);
	if (brief && report->options.symbols)
		f.function = lh_symbol_name(report->options.symbols, &o->row, f.offset, after);
	else if (o && report->options.symbols)
		lines = lh_symbol_lines(report->options.symbols, &o->row, f.offset, after, &line);
	for (uint32_t i = 0; i < lines; i++) {
		f.function = line[i].function;
		f.file = line[i].file;
		f.line = line[i].line;
		f.column = line[i].column;
		f.former_function = line[i].former;
		f.folded = line[lines - 1].folded; /* what is inlined there is as uncertain */
		f.inlined = line[i].inlined;
		f.wrapper = line[i].one_call;
		complete(report, o, &f);
		LH_PUSH(report->arena, *list, n, f);
	}
	if (!lines) {
		complete(report, o, &f);
		LH_PUSH(report->arena, *list, n, f);
	}
	return n;
}

static bool is_start(const struct lh_report_frame *f)
{
	return (f->module && is_runtime(lh_path_base(f->module))) ||
	       lh_report_is_library(f->function, f->file) ||
	       (f->function && strcmp(f->function, "_start") == 0);
}

/*
 * Hides frames: at the outer end, how the C library starts a thread; at the inner end, how the C++
 * headers get from lock_guard to pthread. A stack of only such frames is shown whole.
 */
static void mark_ours(struct lh_report_frame *f, uint32_t n)
{
	uint32_t from = 0, to = n;

	while (to > from && is_start(&f[to - 1]))
		to--;
	while (from < to && lh_report_is_library(f[from].function, f[from].file))
		from++;
	for (uint32_t i = 0; i < n; i++)
		f[i].ours = (i < from || i >= to) && from < to;
}

static bool is_of_runtime(struct lh_report *report, const struct lh_report_process *p,
			  uint64_t frame)
{
	const struct object *o = object_at(report, p, LH_FRAME_MODULE(frame));

	return o && (o->runtime || o->ours);
}

/*
 * Index of the first frame with which the C library starts a thread; n: none. mark_ours hides these
 * frames, so only their names are looked up: libc's debug information may be large and compressed,
 * and decompressing it would take longer than the rest of a report.
 */
static uint32_t start_of_thread(struct lh_report *report, const struct lh_report_process *p,
				const uint64_t *frame, uint32_t n)
{
	uint32_t i = n;

	/* main thread: the outermost frame, _start, is in the program and calls the C library */
	if (i > 1 && !is_of_runtime(report, p, frame[i - 1]))
		i--;
	while (i && is_of_runtime(report, p, frame[i - 1]))
		i--;
	return i && i < n && is_of_runtime(report, p, frame[i]) ? i : n;
}

/* The row in front of the frames that says how a script calls the lock that it initializes. */
static void set_lock_name(struct lh_report_stack *t, const struct object *o)
{
	t->lock_name = o->path[0] ? o->path : NULL;
	t->lock_kind = o->function[0] ? o->function : "lock";
}

static void fill(struct lh_report *report, const struct lh_report_process *p, lh_stack_id id,
		 struct lh_report_stack *t)
{
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t frames = lh_read_frames(p->ledger, id, frame);
	struct lh_report_frame *list = NULL;
	struct lh_stack stack;
	bool after = true, announced = false;
	uint32_t start = start_of_thread(report, p, frame, frames);

	for (uint32_t i = 0; i < frames; i++) {
		const struct object *o = object_at(report, p, LH_FRAME_MODULE(frame[i]));
		uint64_t pc = LH_FRAME_PC(frame[i]);

		if (o && o->lock_name) {
			set_lock_name(t, o);
			continue;
		}
		/* Threads start in our library; no stack shows that. */
		if (!o || !o->ours)
			t->n = expand(report, o, pc, after, i >= start && o && o->runtime, &list,
				      t->n);
		/* The address of an interrupted frame is exact, not a return address. */
		after = !(o && o->runtime && report->options.symbols &&
			  lh_symbol_signal(report->options.symbols, &o->row, pc - o->row.base));
	}
	t->frame = list;
	if (lh_read_stack(p->ledger, id, &stack)) {
		t->cut = (stack.flags & LH_STACK_CUT) || frames < stack.n;
		t->approximate = stack.flags & LH_STACK_APPROXIMATE;
		announced = stack.flags & LH_STACK_ANNOUNCED;
	}
	if (list) {
		mark_ours(list, t->n);
		lh_report_mark_wrappers(report, list, t->n, t->cut, announced);
	}
}

const struct lh_report_stack *lh_report_get_stack(struct lh_report *report,
						  const struct lh_report_process *p, lh_stack_id id)
{
	void **memo = lh_report_memo(report, p->ledger, LH_MEMO_STACK, id);

	if (!*memo) {
		struct lh_report_stack *t = lh_arena_alloc(report->arena, sizeof(*t));

		*memo = t;
		fill(report, p, id, t);
		return t;
	}
	return *memo;
}

const struct lh_report_stack *lh_report_site_stack(struct lh_report *report,
						   const struct lh_report_process *p, lh_site site)
{
	return site ? lh_report_get_stack(report, p, LH_SITE_STACK(site)) : NULL;
}

const char *lh_report_data_place(struct lh_report *report, const struct lh_report_process *p,
				 uint64_t address)
{
	struct lh_module module;

	if (!address || !lh_read_module_at(p->ledger, address, &module))
		return NULL;
	return lh_arena_printf(report->arena, "%s+%#llx", lh_path_base(module.path),
			       (unsigned long long)(address - module.base));
}

const char *lh_report_function_at(struct lh_report *report, const struct lh_report_process *p,
				  uint64_t address)
{
	struct lh_module module;

	if (!address || !report->options.symbols || !lh_read_module_at(p->ledger, address, &module))
		return NULL;
	return lh_symbol_name(report->options.symbols, &module, address - module.base, false);
}

const char *lh_report_variable(struct lh_report *report, const struct lh_report_process *p,
			       uint64_t address, uint64_t *into)
{
	struct lh_module module;

	if (!address || !report->options.symbols || !lh_read_module_at(p->ledger, address, &module))
		return NULL;
	return lh_symbol_data(report->options.symbols, &module, address - module.base, into);
}

const char *lh_report_member(struct lh_report *report, const struct lh_report_process *p,
			     uint64_t address, uint64_t own)
{
	struct lh_module module;

	if (!address || !report->options.symbols || !lh_read_module_at(p->ledger, address, &module))
		return "";
	return lh_symbol_member_path(report->options.symbols, &module, address - module.base, own);
}
