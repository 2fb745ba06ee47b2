/* peek_python.c — finds the CPython of a process, and walks the frames of its threads. */
#include "tools/process/peek_python.h"
#include "libcheck/stack/python_311.h"
#include "libcheck/stack/python_lines.h"
#include "tools/process/peek_internal.h"
#include "tools/util/path.h"

#include <stdio.h>
#include <string.h>

enum {
	INTERPRETERS_MAX = 64,
	THREADS_MAX = 1 << 16,
	FRAMES_MAX = LH_PEEK_FRAMES,
	TABLE_MAX = 1 << 20, /* bytes of a location table */
	CODE_BYTES = 256,    /* of a code object, up to its instructions */
	FRAME_BYTES = 96,    /* of a frame, up to its variables */
};

/* Offsets of fields, and what differs between versions. */
struct layout {
	uint64_t interpreters, next_interpreter, threads, next_thread, native_id;
	uint64_t cframe, current_frame; /* 3.13: no cframe, the thread has the frame */
	uint64_t frame_code, frame_previous, frame_instruction, frame_owner, frame_entry;
	uint64_t code_file, code_function, code_lines, code_first_line, code_units;
	uint64_t text_ascii, text_compact;
	uint64_t variables; /* of a frame; 0: objects cannot be read */
	uint64_t gil;       /* of an interpreter: the pointer to its GIL; 0: 3.11, one for all */
	bool has_cframe;
	bool has_entry; /* 3.11: a flag marks the first frame of an activation; later a frame does
			 */
};

/* A thread of the interpreter. */
struct state {
	uint64_t native_id, at;
};

struct lh_peek_python {
	const struct lh_peek_module *module; /* with the interpreter */
	uint64_t runtime, code_type;
	struct layout at;
	struct state *state;
	uint32_t states;
	bool listed; /* `state` is complete */
	bool readable;
	char version[16];
};

/* ---- which CPython, and where ---- */

static bool read_at(const struct lh_peek *p, uint64_t address, uint64_t offset, void *out, size_t n)
{
	return address >= 0x10000 && lh_peek_read(p, address + offset, out, n);
}

static uint64_t word_at(const struct lh_peek *p, uint64_t address, uint64_t offset)
{
	uint64_t v;

	return read_at(p, address, offset, &v, sizeof(v)) ? v : 0;
}

static const struct layout layout_311 = {
	.interpreters = 40,
	.threads = 16,
	.next_thread = 8,
	.native_id = 160,
	.cframe = PY_TSTATE_CFRAME,
	.has_cframe = true,
	.current_frame = PY_CFRAME_FRAME,
	.frame_code = PY_FRAME_CODE,
	.frame_previous = PY_FRAME_PREVIOUS,
	.frame_instruction = PY_FRAME_INSTR,
	.frame_entry = PY_FRAME_ENTRY,
	.variables = PY_FRAME_VARIABLES,
	.has_entry = true,
	.code_file = PY_CODE_FILE,
	.code_function = PY_CODE_QUALIFIED,
	.code_lines = PY_CODE_LINES,
	.code_first_line = PY_CODE_FIRST_LINE,
	.code_units = PY_CODE_BYTES,
	.text_ascii = PY_TEXT_ASCII,
	.text_compact = PY_TEXT_COMPACT,
};

static const struct layout layout_312 = {
	.interpreters = 40,
	.gil = 384,
	.threads = 72,
	.next_thread = 8,
	.native_id = 144,
	.cframe = 56,
	.has_cframe = true,
	.current_frame = 0,
	.frame_code = 0,
	.frame_previous = 8,
	.frame_instruction = 56,
	.frame_owner = 70,
	.code_file = 112,
	.code_function = 128,
	.code_lines = 136,
	.code_first_line = 68,
	.code_units = 192,
	.text_ascii = 40,
	.text_compact = 56,
};

/*
 * CPython 3.13 begins its runtime with the offsets of its own fields, as words: "xdebugpy", the
 * version, free threading or not, and then for each structure its size and its fields.
 */
static bool read_offsets(const struct lh_peek *p, uint64_t runtime, struct layout *at)
{
	enum {
		VERSION = 1,
		FREE_THREADED,
		INTERPRETERS = 5,
		NEXT_INTERPRETER = 8,
		THREADS = 9,
		GIL = 14,
		NEXT_THREAD = 21,
		CURRENT_FRAME = 23,
		NATIVE_ID = 25,
		FRAME_SIZE = 28,
		PREVIOUS,
		CODE,
		INSTRUCTION,
		OWNER = 33,
		CODE_SIZE,
		FILE_NAME,
		FUNCTION = 37,
		LINES,
		FIRST_LINE,
		UNITS = 43,
		ASCII_SIZE = 70,
		WORDS
	};
	uint64_t w[WORDS];

	if (!lh_peek_read(p, runtime, w, sizeof(w)) || memcmp(w, "xdebugpy", 8) != 0 ||
	    w[VERSION] >> 16 != 0x030d || w[FREE_THREADED])
		return false;
	*at = (struct layout){.interpreters = w[INTERPRETERS],
			      .next_interpreter = w[NEXT_INTERPRETER],
			      .threads = w[THREADS],
			      .gil = w[GIL],
			      .next_thread = w[NEXT_THREAD],
			      .native_id = w[NATIVE_ID],
			      .current_frame = w[CURRENT_FRAME],
			      .frame_code = w[CODE],
			      .frame_previous = w[PREVIOUS],
			      .frame_instruction = w[INSTRUCTION],
			      .frame_owner = w[OWNER],
			      .code_file = w[FILE_NAME],
			      .code_function = w[FUNCTION],
			      .code_lines = w[LINES],
			      .code_first_line = w[FIRST_LINE],
			      .code_units = w[UNITS],
			      .text_ascii = w[ASCII_SIZE],
			      .text_compact = w[ASCII_SIZE] + 16};
	return w[FRAME_SIZE] < 1024 && w[CODE_SIZE] < 1024;
}

/* The last number of "python3.11", "libpython3.11.so.1.0": its version. 0: there is none. */
static unsigned version_in_name(const char *path)
{
	const char *at = strstr(lh_path_base(path), "python3.");
	unsigned minor = 0;

	if (!at || sscanf(at, "python3.%3u", &minor) != 1)
		return 0;
	return 3u << 8 | minor;
}

/* In a core the constants of a file are missing: then the name of the file tells the version. */
static unsigned version_of(struct lh_peek *p, const struct lh_peek_module *m)
{
	uint64_t at = lh_peek_symbol(p, m, "Py_Version"), version = at ? word_at(p, at, 0) : 0;
	unsigned named = version_in_name(m->path);

	return version >> 24 == 3 ? (unsigned)(version >> 16 & 0xffff)
	       : named            ? named
				  : version_in_name(m->file ? m->file : "");
}

static bool may_have_python(const struct lh_peek *p, const struct lh_peek_module *m)
{
	return strstr(lh_path_base(m->path), "python") || strcmp(m->path, p->exe) == 0;
}

static void set_layout(struct lh_peek *p, struct lh_peek_python *python)
{
	unsigned version = version_of(p, python->module);

	snprintf(python->version, sizeof(python->version), version ? "%u.%u" : "3", version >> 8,
		 version & 255);
	python->code_type = lh_peek_symbol(p, python->module, "PyCode_Type");
	python->readable = python->code_type != 0;
	if (version == 0x030b)
		python->at = layout_311;
	else if (version == 0x030c)
		python->at = layout_312;
	else
		python->readable = version == 0x030d && python->readable &&
				   read_offsets(p, python->runtime, &python->at);
#if !defined(__x86_64__)
	python->readable = false;
#endif
}

static struct lh_peek_python *python_of(struct lh_peek *p)
{
	struct lh_peek_python *python = p->python;

	if (python)
		return python;
	p->python = python = lh_arena_alloc(p->arena, sizeof(*python));
	for (uint32_t i = 0; i < p->modules && !python->runtime; i++) {
		if (!may_have_python(p, &p->module[i]))
			continue;
		python->runtime = lh_peek_symbol(p, &p->module[i], "_PyRuntime");
		python->module = &p->module[i];
	}
	if (python->runtime)
		set_layout(p, python);
	else
		python->module = NULL;
	return python;
}

const char *lh_peek_unread_python(const struct lh_peek *p)
{
	const struct lh_peek_python *python = p->python;

	return python && python->runtime && !python->readable ? python->version : NULL;
}

bool lh_peek_in_interpreter(const struct lh_peek *p, const struct lh_peek_frame *f)
{
	return p->python && f->module && f->module == p->python->module;
}

bool lh_peek_runs_scripts(const struct lh_peek *p, const struct lh_peek_frame *f)
{
	static const char name[] = "_PyEval_EvalFrameDefault";

	return lh_peek_in_interpreter(p, f) && f->name && strncmp(f->name, name, strlen(name)) == 0;
}

/* ---- threads ---- */

/* Lists the threads of one interpreter; at most so many that a damaged list ends. */
static void add_states(struct lh_peek *p, uint64_t interpreter)
{
	struct lh_peek_python *python = p->python;
	const struct layout *at = &python->at;
	uint64_t thread = word_at(p, interpreter, at->threads);

	while (thread && python->states < THREADS_MAX) {
		struct state s = {word_at(p, thread, at->native_id), thread};

		LH_PUSH(p->arena, python->state, python->states, s);
		thread = word_at(p, thread, at->next_thread);
	}
}

static void list_states(struct lh_peek *p)
{
	const struct layout *at = &p->python->at;
	uint64_t interpreter = word_at(p, p->python->runtime, at->interpreters);

	for (unsigned i = 0; interpreter && i < INTERPRETERS_MAX; i++) {
		add_states(p, interpreter);
		interpreter = word_at(p, interpreter, at->next_interpreter);
	}
	p->python->listed = true;
}

unsigned lh_peek_python_gils(struct lh_peek *p, uint64_t *list, unsigned most)
{
	const struct lh_peek_python *python = python_of(p);
	const struct layout *at = &python->at;
	uint64_t interpreter = python->readable ? word_at(p, python->runtime, at->interpreters) : 0;
	unsigned n = 0;

	if (interpreter && !at->gil) {
		list[n++] = python->runtime + PY_RUNTIME_GIL;
		interpreter = 0;
	}
	for (unsigned i = 0; interpreter && i < INTERPRETERS_MAX && n < most; i++) {
		uint64_t gil = word_at(p, interpreter, at->gil);

		if (gil && (!n || list[n - 1] != gil)) /* interpreters may share one */
			list[n++] = gil;
		interpreter = word_at(p, interpreter, at->next_interpreter);
	}
	return n;
}

pid_t lh_peek_python_tid(const struct lh_peek *p, uint64_t state)
{
	return (pid_t)word_at(p, state, p->python->at.native_id);
}

/* The state of the thread, 0: it has none. */
static uint64_t state_of(struct lh_peek *p, pid_t own_tid)
{
	const struct lh_peek_python *python = p->python;

	if (!python->listed)
		list_states(p);
	for (uint32_t i = 0; i < python->states; i++)
		if (python->state[i].native_id == (uint64_t)own_tid)
			return python->state[i].at;
	return 0;
}

static uint64_t innermost_frame(const struct lh_peek *p, uint64_t thread)
{
	const struct layout *at = &p->python->at;

	if (!at->has_cframe)
		return word_at(p, thread, at->current_frame);
	return word_at(p, word_at(p, thread, at->cframe), at->current_frame);
}

/* ---- lines ---- */

static struct lh_python_place place_of(const struct lh_peek *p, const unsigned char *code,
				       uint64_t code_at, uint64_t instruction)
{
	const struct layout *at = &p->python->at;
	uint64_t table, size, into = instruction - (code_at + at->code_units);
	unsigned char *bytes;
	uint32_t first;
	size_t read;

	memcpy(&table, code + at->code_lines, sizeof(table));
	memcpy(&first, code + at->code_first_line, sizeof(first));
	size = word_at(p, table, PY_VAR_SIZE);
	if (!size || size > TABLE_MAX || into / 2 > UINT32_MAX)
		return (struct lh_python_place){0, 0};
	bytes = lh_arena_alloc(p->arena, size);
	if (!read_at(p, table, PY_BYTES_TEXT, bytes, size))
		return (struct lh_python_place){0, 0};
	return lh_python_place_of((struct lh_python_bytes){bytes, bytes + size}, first,
				  (uint32_t)(into / 2), &read);
}

/* ---- frames ---- */

static const char *text_at(const struct lh_peek *p, uint64_t object)
{
	return lh_peek_python_text(p, object, p->python->at.text_ascii, p->python->at.text_compact);
}

/* A code object at this address, up to its instructions. */
static bool read_code(const struct lh_peek *p, uint64_t code, unsigned char out[CODE_BYTES])
{
	uint64_t type;

	if (p->python->at.code_units > CODE_BYTES ||
	    !read_at(p, code, 0, out, p->python->at.code_units))
		return false;
	memcpy(&type, out + PY_OBJECT_TYPE, sizeof(type));
	return type == p->python->code_type;
}

/* False: no frame of a script. */
static bool read_script(struct lh_peek *p, const unsigned char *frame, struct lh_peek_script *s)
{
	const struct layout *at = &p->python->at;
	unsigned char code[CODE_BYTES];
	uint64_t code_at, instruction, file, function;

	memcpy(&code_at, frame + at->frame_code, sizeof(code_at));
	memcpy(&instruction, frame + at->frame_instruction, sizeof(instruction));
	if (!read_code(p, code_at, code))
		return false;
	memcpy(&file, code + at->code_file, sizeof(file));
	memcpy(&function, code + at->code_function, sizeof(function));
	struct lh_python_place place = place_of(p, code, code_at, instruction);
	s->file = text_at(p, file);
	s->function = text_at(p, function);
	s->line = place.line;
	s->column = place.column;
	return s->file && s->function;
}

/* Does the frame stand for the C function that runs the frames called from it? */
static bool is_boundary(const struct layout *at, const unsigned char *frame)
{
	enum { OWNED_BY_C_STACK = 3 };

	return !at->has_entry && frame[at->frame_owner] == OWNED_BY_C_STACK;
}

static bool fits(const struct layout *at)
{
	enum { WORD = 8 };

	return at->frame_code + WORD <= FRAME_BYTES && at->frame_previous + WORD <= FRAME_BYTES &&
	       at->frame_instruction + WORD <= FRAME_BYTES && at->frame_owner < FRAME_BYTES &&
	       at->frame_entry < FRAME_BYTES && at->code_file + WORD <= at->code_units &&
	       at->code_function + WORD <= at->code_units &&
	       at->code_lines + WORD <= at->code_units && at->code_first_line + 4 <= at->code_units;
}

void lh_peek_read_scripts(struct lh_peek *p, struct lh_peek_task *t)
{
	const struct lh_peek_python *python = python_of(p);
	const struct layout *at = &python->at;
	uint64_t thread, frame;

	if (t->scripts_read || !python->readable || !fits(at))
		return;
	t->scripts_read = true;
	thread = state_of(p, t->own_tid);
	frame = thread ? innermost_frame(p, thread) : 0;
	for (unsigned n = 0; frame && n < 2 * FRAMES_MAX; n++) {
		unsigned char bytes[FRAME_BYTES];
		struct lh_peek_script s = {0};

		if (!read_at(p, frame, 0, bytes, sizeof(bytes)))
			break;
		if (is_boundary(at, bytes)) {
			if (t->scripts)
				t->script[t->scripts - 1].entry = true;
		} else if (t->scripts < FRAMES_MAX && read_script(p, bytes, &s)) {
			s.entry = at->has_entry && bytes[at->frame_entry];
			LH_PUSH(p->arena, t->script, t->scripts, s);
			if (at->variables && strcmp(s.function, "Thread._bootstrap") == 0)
				t->script_name = lh_peek_python_thread_name(
					p, word_at(p, frame, at->variables));
		} else {
			break;
		}
		memcpy(&frame, bytes + at->frame_previous, sizeof(frame));
	}
}
