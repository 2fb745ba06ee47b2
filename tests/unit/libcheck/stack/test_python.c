/*
 * test_python.c — reads a Python interpreter made by hand: frames, names, lines, the intent of an
 * instruction; and tests that nothing is reported of data that does not match.
 * LINKS: libcheck/stack/python.c libcheck/stack/python_expression.c libcheck/stack/python_name.c
 *        libcheck/stack/python_text.c libcheck/stack/python_thread.c
 *        libcheck/stack/python_symbols.c libcheck/base/
 */
#include "libcheck/stack/python.h"
#include "libcheck/stack/python_311.h"
#include "libcheck/stack/python_name.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

/* The symbols that stack/python.c binds to; it tells types apart by their addresses. */
extern char _PyRuntime[], PyCode_Type[], PyUnicode_Type[], PyBytes_Type[], PyTuple_Type[],
	PyType_Type[], PyDict_Type[], _Py_TrueStruct[];
extern unsigned long Py_Version;
alignas(16) char _PyRuntime[1024], PyCode_Type[512], PyUnicode_Type[8], PyBytes_Type[8],
	PyTuple_Type[8], PyType_Type[8], PyDict_Type[8], _Py_TrueStruct[8];
unsigned long Py_Version = 0x030b02f0;
void PyEval_RestoreThread(void *unused);
void PyEval_RestoreThread(void *unused)
{
	(void)unused;
}

static void set_word(void *at, size_t offset, uintptr_t v)
{
	memcpy((char *)at + offset, &v, sizeof(v));
}

static uintptr_t word_at(const void *object, size_t offset)
{
	uintptr_t v;

	memcpy(&v, (const char *)object + offset, sizeof(v));
	return v;
}

static void set_half_word(void *at, size_t offset, uint32_t v)
{
	memcpy((char *)at + offset, &v, sizeof(v));
}

static void *object(const char *type, uintptr_t size, size_t bytes)
{
	void *o = calloc(1, bytes + 64);

	set_word(o, PY_OBJECT_COUNT, 1);
	set_word(o, PY_OBJECT_TYPE, (uintptr_t)type);
	set_word(o, PY_VAR_SIZE, size);
	return o;
}

static void *ascii(const char *s)
{
	void *o = object(PyUnicode_Type, strlen(s), PY_TEXT_ASCII + strlen(s));

	set_half_word(o, PY_TEXT_STATE,
		      1 << PY_STATE_KIND_SHIFT | PY_STATE_COMPACT | PY_STATE_ASCII |
			      PY_STATE_READY);
	memcpy((char *)o + PY_TEXT_ASCII, s, strlen(s));
	return o;
}

static void *wide(const uint32_t *letter, size_t n, unsigned width)
{
	char *o = object(PyUnicode_Type, n, PY_TEXT_COMPACT + n * width);

	set_half_word(o, PY_TEXT_STATE,
		      width << PY_STATE_KIND_SHIFT | PY_STATE_COMPACT | PY_STATE_READY);
	for (size_t i = 0; i < n; i++)
		memcpy(o + PY_TEXT_COMPACT + i * width, &letter[i], width);
	return o;
}

static void *bytes(const uint8_t *b, size_t n)
{
	char *o = object(PyBytes_Type, n, PY_BYTES_TEXT + n);

	memcpy(o + PY_BYTES_TEXT, b, n);
	return o;
}

static void *tuple_of(void *a, void *b)
{
	void *o = object(PyTuple_Type, 300, PY_TUPLE_ITEMS + 300 * sizeof(void *));

	for (unsigned i = 0; i < 300; i++)
		set_word(o, PY_TUPLE_ITEMS + i * sizeof(void *),
			 (uintptr_t)(i == 1 || i == 257 ? b : a));
	return o;
}

static void *code_of(const uint8_t *units, size_t n, const char *function)
{
	static const uint8_t table[] = {
		0x80 | 0 << 3 | 1,
		0, /* 2 units, columns only: the first line */
		0x80 | 11 << 3 | 0,
		4,
		9, /* 1 unit, one line on */
		0x80 | 13 << 3 | 0,
		2 << 1, /* 1 unit, two lines on */
		0x80 | 14 << 3 | 0,
		0x40 | 1,
		2,
		0,
		0,
		0,                  /* 1 unit; a long number: 1 | 2 << 6, signed: -64 */
		0x80 | 15 << 3 | 7, /* 8 units of no line */
		0x80 | 12 << 3 | 7,
		1,
		1, /* 8 units, two lines on */
	};
	void *o = object(PyCode_Type, n, PY_CODE_BYTES + 2 * n);

	set_half_word(o, PY_CODE_FIRST_LINE, 100);
	set_word(o, PY_CODE_FILE, (uintptr_t)ascii("/app/app.py"));
	set_word(o, PY_CODE_NAME, (uintptr_t)ascii("f"));
	set_word(o, PY_CODE_QUALIFIED, (uintptr_t)ascii(function));
	set_word(o, PY_CODE_LINES, (uintptr_t)bytes(table, sizeof(table)));
	set_word(o, PY_CODE_NAMES, (uintptr_t)tuple_of(ascii("release"), ascii("acquire")));
	memcpy((char *)o + PY_CODE_BYTES, units, 2 * n);
	return o;
}

static void *frame_of(void *code, size_t unit, void *previous, bool entry)
{
	char *f = calloc(1, 128);

	set_word(f, PY_FRAME_CODE, (uintptr_t)code);
	set_word(f, PY_FRAME_INSTR, (uintptr_t)code + PY_CODE_BYTES + 2 * unit);
	set_word(f, PY_FRAME_PREVIOUS, (uintptr_t)previous);
	f[PY_FRAME_ENTRY] = entry;
	return f;
}

alignas(16) static char state[512], cframe[64], outer_cframe[64];

static void set_current_frame(void *frame)
{
	set_word(cframe, PY_CFRAME_FRAME, (uintptr_t)frame);
}

static void start(void)
{
	pthread_key_t key;

	pthread_key_create(&key, NULL);
	pthread_setspecific(key, state);
	set_word(PyCode_Type, PY_TYPE_BASIC, PY_CODE_BYTES);
	set_word(PyCode_Type, PY_TYPE_ITEM, 2);
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, (uintptr_t)state);
	set_half_word(_PyRuntime, PY_RUNTIME_KEY_MADE, 1);
	set_half_word(_PyRuntime, PY_RUNTIME_KEY, key);
	set_word(state, PY_TSTATE_THREAD, (uintptr_t)pthread_self());
	set_word(state, PY_TSTATE_CFRAME, (uintptr_t)cframe);
	set_word(cframe, PY_CFRAME_PREVIOUS, (uintptr_t)outer_cframe);
	lh_python_init(true);
}

enum { CALL_AT = 14, UNITS = 19 };

/* x.method() with this number of arguments; wider: the index of the name is 256 or more. */
static void *call(uint8_t name, uint8_t arguments, bool wider, const char *function)
{
	uint8_t u[UNITS][2] = {{0}};

	if (wider)
		u[0][0] = PY_OP_EXTENDED_ARG, u[0][1] = 1;
	u[1][0] = 59 /* LOAD_METHOD, specialized */, u[1][1] = name;
	u[12][0] = PY_OP_PRECALL, u[12][1] = arguments;
	u[CALL_AT][0] = PY_OP_CALL, u[CALL_AT][1] = arguments;
	return code_of(&u[0][0], UNITS, function);
}

/* x.acquire(constant), or x.acquire(name=constant). */
static void *flagged(const char *constant, const char *name)
{
	uint8_t u[24][2] = {{0}};
	size_t at = 13;

	u[2][0] = PY_OP_LOAD_METHOD, u[2][1] = 1;
	u[at][0] = PY_OP_LOAD_CONST, u[at++][1] = 1;
	if (name)
		u[at][0] = PY_OP_KW_NAMES, u[at++][1] = 0;
	u[at][0] = PY_OP_PRECALL, u[at][1] = 1;
	u[at + 2][0] = PY_OP_CALL, u[at + 2][1] = 1;
	void *code = code_of(&u[0][0], 24, "f");
	set_word(code, PY_CODE_CONSTANTS,
		 (uintptr_t)tuple_of(name ? tuple_of(ascii(name), NULL) : NULL, (void *)constant));
	return code;
}

static enum lh_python_intent intent_at(void *code, size_t unit)
{
	set_current_frame(frame_of(code, unit, NULL, true));
	return lh_python_read_intent();
}

static void instructions(void)
{
	static const uint8_t with[] = {1, 0, PY_OP_BEFORE_WITH, 0, 1, 0};

	CHECK_EQ(intent_at(code_of(with, 3, "f"), 1), LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(code_of(with, 3, "f"), 2), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(code_of(with, 3, "f"), 3), LH_PYTHON_TRY); /* behind the end */
	CHECK_EQ(intent_at(call(1, 0, false, "f"), CALL_AT), LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(call(1, 1, false, "f"), CALL_AT), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(call(2, 0, false, "f"), CALL_AT), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(call(1, 0, true, "f"), CALL_AT), LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(call(0, 0, true, "f"), CALL_AT), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(call(1, 0, false, "Thread._set_tstate_lock"), CALL_AT),
		 LH_PYTHON_UNTIL_THREAD_END);
	CHECK_EQ(intent_at(call(2, 1, false, "_BaseExitStack.enter_context"), CALL_AT),
		 LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(flagged(_Py_TrueStruct, NULL), 16), LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(flagged(PyDict_Type, NULL), 16), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(flagged(_Py_TrueStruct, "blocking"), 17), LH_PYTHON_BLOCKING);
	CHECK_EQ(intent_at(flagged(PyDict_Type, "blocking"), 17), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(flagged(_Py_TrueStruct, "timeout"), 17), LH_PYTHON_TRY);
	CHECK_EQ(intent_at(call(255, 0, true, "f"), CALL_AT), LH_PYTHON_TRY); /* no such name */
}

static void joins(void)
{
	void *inner = call(1, 2, false, "Thread._wait_for_tstate_lock");

	for (uint8_t arguments = 0; arguments < 2; arguments++) {
		void *join = frame_of(call(2, arguments, false, "Thread.join"),
				      CALL_AT + PY_CACHE_CALL, NULL, true);
		set_current_frame(frame_of(inner, CALL_AT, join, false));
		CHECK_EQ(lh_python_read_intent(), arguments ? LH_PYTHON_TRY : LH_PYTHON_BLOCKING);
	}
	set_current_frame(frame_of(
		inner, CALL_AT, frame_of(call(2, 0, false, "Thread.is_alive"), CALL_AT, NULL, true),
		false));
	CHECK_EQ(lh_python_read_intent(), LH_PYTHON_TRY);
	set_current_frame(frame_of(inner, CALL_AT, NULL, true));
	CHECK_EQ(lh_python_read_intent(), LH_PYTHON_TRY);
}

static void lines(void)
{
	static const uint32_t should[] = {100, 100, 101, 103, 39, 0,  0,  0,  0, 0,
					  0,   0,   0,   41,  41, 41, 41, 41, 41};
	static const uint32_t column[UNITS] = {1, 1, 5, [13] = 2, 2, 2, 2, 2, 2};
	void *code = call(1, 0, false, "f");
	struct lh_python_location p;

	for (unsigned i = 0; i < UNITS; i++) {
		struct lh_python_frame f = {(uintptr_t)code,
					    (uintptr_t)code + PY_CODE_BYTES + 2 * i, 0};
		CHECK(lh_python_locate(&f, &p));
		CHECK_EQ(p.place.line, should[i]);
		CHECK_EQ(p.place.column, column[i]);
	}
	CHECK_STR(p.file, "/app/app.py");
	CHECK_STR(p.function, "f");
	struct lh_python_frame outside = {(uintptr_t)code, (uintptr_t)code + 2, 0};
	CHECK(lh_python_locate(&outside, &p));
	CHECK_EQ(p.place.line, 0);
	for (uint8_t last = 0x80; last; last++) { /* a truncated table, in every form */
		set_word(code, PY_CODE_LINES, (uintptr_t)bytes(&last, 1));
		struct lh_python_frame f = {(uintptr_t)code, (uintptr_t)code + PY_CODE_BYTES + 30,
					    0};
		CHECK(lh_python_locate(&f, &p));
		CHECK_EQ(p.place.line, 0);
	}
}

/* The same content is the same location: each part of it, and no byte of the table behind the
 * entry. */
static void contents(void)
{
	enum { AT = 2 };
	void *code = call(1, 0, false, "f");
	struct lh_python_frame f = {(uintptr_t)code, (uintptr_t)code + PY_CODE_BYTES + 2 * AT, 0};
	struct lh_python_location p;
	uint8_t table[64];

	CHECK(lh_python_locate(&f, &p));
	const uint64_t content = lh_python_content(&f, p.read);
	CHECK(content == lh_python_content(&f, p.read));
	uintptr_t old = word_at(code, PY_CODE_LINES);
	size_t n = word_at((void *)old, PY_VAR_SIZE);
	CHECK(p.read && p.read < n && n <= sizeof(table));
	for (size_t i = 0; i < n; i++) {
		memcpy(table, (const uint8_t *)old + PY_BYTES_TEXT, n);
		table[i] ^= 1;
		set_word(code, PY_CODE_LINES, (uintptr_t)bytes(table, n));
		CHECK((lh_python_content(&f, p.read) == content) == (i >= p.read));
	}
	set_word(code, PY_CODE_LINES, old);
	static const struct {
		size_t at;
		const char *text;
	} others[] = {{PY_CODE_FILE, "/app/apq.py"}, {PY_CODE_QUALIFIED, "g"}};
	for (int i = 0; i < 2; i++) {
		old = word_at(code, others[i].at);
		set_word(code, others[i].at, (uintptr_t)ascii(others[i].text));
		CHECK(lh_python_content(&f, p.read) != content);
		set_word(code, others[i].at, old);
	}
	CHECK(lh_python_content(&f, p.read) == content);
	set_half_word(code, PY_CODE_FIRST_LINE, 7);
	CHECK(lh_python_content(&f, p.read) != content);
	set_word(code, PY_OBJECT_COUNT, 0);
	CHECK(!lh_python_content(&f, p.read));
}

static void texts(void)
{
	static const uint32_t letters[] = {'a', 0xe9, 0x6f22, 0x1f600, 0xdcff};
	void *code = call(1, 0, false, "f");
	struct lh_python_frame f = {(uintptr_t)code, (uintptr_t)code + PY_CODE_BYTES, 0};
	struct lh_python_location p;
	char name[3001];

	set_word(code, PY_CODE_QUALIFIED, (uintptr_t)wide(letters, 5, 4));
	CHECK(lh_python_locate(&f, &p));
	CHECK_STR(p.function, "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xff");
	set_word(code, PY_CODE_QUALIFIED, (uintptr_t)wide(letters, 3, 2));
	CHECK(lh_python_locate(&f, &p));
	CHECK_STR(p.function, "a\xc3\xa9\xe6\xbc\xa2");
	for (unsigned n = LH_PYTHON_FILE - 8; n <= LH_PYTHON_FILE + 4; n++) {
		memset(name, 'x', n);
		name[n - 1] = 'y';
		name[n] = 0;
		set_word(code, PY_CODE_FILE, (uintptr_t)ascii(name));
		CHECK(lh_python_locate(&f, &p));
		CHECK(n < LH_PYTHON_FILE - 4 ? strcmp(p.file, name) == 0
					     : strncmp(p.file, "...x", 4) == 0);
		CHECK(strlen(p.file) < sizeof(p.file) && p.file[strlen(p.file) - 1] == 'y');
	}
	set_word(code, PY_CODE_FILE, (uintptr_t)bytes((const uint8_t *)"no text", 7));
	CHECK(!lh_python_locate(&f, &p));
	set_word(code, PY_OBJECT_COUNT, 0);
	CHECK(!lh_python_locate(&f, &p));
}

static void chains(void)
{
	struct lh_python_chain c, again;
	void *code = call(1, 0, false, "f");
	char *first = frame_of(code, 0, NULL, true), *middle = frame_of(code, 1, first, false);

	set_word(outer_cframe, PY_CFRAME_FRAME, (uintptr_t)middle);
	set_current_frame(frame_of(code, 2, frame_of(code, 3, middle, true), false));
	lh_python_read_frames(&c);
	CHECK_EQ(c.n, 4);
	CHECK_EQ(c.at[1].activation, (uintptr_t)cframe);
	CHECK_EQ(c.at[2].activation, (uintptr_t)outer_cframe);
	CHECK_EQ(c.at[3].activation, (uintptr_t)outer_cframe);
	CHECK(!c.cut && c.identity && c.identity == lh_python_frames_id());
	set_word(first, PY_FRAME_INSTR,
		 (uintptr_t)code + PY_CODE_BYTES + 8); /* only the outermost moved */
	lh_python_read_frames(&again);
	CHECK(again.identity != c.identity && again.identity == lh_python_frames_id());
	set_word(middle, PY_FRAME_PREVIOUS, (uintptr_t)middle); /* an endless chain */
	lh_python_read_frames(&again);
	CHECK(again.cut && again.n == LH_PYTHON_FRAMES);
	set_word(middle, PY_FRAME_PREVIOUS, 0x1235);
	lh_python_read_frames(&again);
	CHECK_EQ(again.n, 3);
}

/* ---- names of locks ---- */

enum { LOCK, QUEUE = 2 }; /* indexes in both tuples of names */

static void *names(void)
{
	static const char *const text[] = {"Lock", "self", "jobs", "__init__"};
	void *o = object(PyTuple_Type, 4, PY_TUPLE_ITEMS + sizeof(text));

	for (unsigned i = 0; i < 4; i++)
		set_word(o, PY_TUPLE_ITEMS + i * sizeof(void *), (uintptr_t)ascii(text[i]));
	return o;
}

/* `store` follows a call of Lock(). */
static void *maker(const char *file, const char *function, const uint8_t *store, size_t n)
{
	uint8_t u[64] = {PY_OP_PUSH_NULL, 0, PY_OP_LOAD_NAME, LOCK, PY_OP_PRECALL, 0, 0, 0,
			 PY_OP_CALL,      0}; /* and four units of cache */

	memcpy(u + 18, store, n);
	void *code = code_of(u, 9 + n / 2, function);
	set_word(code, PY_CODE_FILE, (uintptr_t)ascii(file));
	set_word(code, PY_CODE_NAMES, (uintptr_t)names());
	set_word(code, PY_CODE_LOCALS, (uintptr_t)names());
	set_half_word(code, PY_CODE_ARGUMENTS, 1);
	return code;
}

enum { IN_CALL = 4, BEHIND_CALL = 8 };

static const char *name_in(void *inner, void *outer)
{
	static struct lh_python_name out;
	struct lh_python_chain c = {.n = outer ? 2 : 1};

	c.at[0].code = (uintptr_t)inner;
	c.at[0].instruction = c.at[0].code + PY_CODE_BYTES + 2 * IN_CALL;
	c.at[1].code = (uintptr_t)outer;
	c.at[1].instruction = c.at[1].code + PY_CODE_BYTES + 2 * BEHIND_CALL;
	lh_python_name_lock(&c, &out);
	return out.name;
}

static void lock_names(void)
{
	static const uint8_t name[] = {PY_OP_STORE_NAME, QUEUE}, fast[] = {PY_OP_STORE_FAST, QUEUE};
	static const uint8_t member[] = {PY_OP_LOAD_FAST, 0, 154 /* STORE_ATTR, specialized */, 2};
	static const uint8_t jump[] = {PY_OP_JUMP_FORWARD, 1, PY_OP_POP_TOP, 0,
				       PY_OP_STORE_NAME,   2};
	static const uint8_t far[] = {PY_OP_JUMP_FORWARD, 255, PY_OP_STORE_NAME, 2};
	static const uint8_t absent[] = {PY_OP_STORE_NAME, 9}, returned[] = {PY_OP_RETURN_VALUE, 0};
	static const uint8_t prefix[] = {PY_OP_EXTENDED_ARG, 0, PY_OP_STORE_NAME, QUEUE};
	static const uint8_t odd[] = {255, 0, PY_OP_STORE_NAME, QUEUE};
	static const char library[] = "/usr/lib/python3.11/queue.py", app[] = "/app/app.py";
	void *main_code = maker(app, "<module>", name, 2);

#define NAME(file, function, store) name_in(maker(file, function, store, sizeof(store)), NULL)
	CHECK_STR(NAME(app, "<module>", name), "jobs");
	CHECK_STR(NAME(app, "Pool", name), "Pool.jobs");
	CHECK_STR(NAME(app, "main", fast), "main.jobs");
	CHECK_STR(NAME(app, "Pool.__init__", member), "Pool.jobs");
	CHECK_STR(NAME(app, "f.<locals>.Pool.start", member), "Pool.jobs");
	CHECK_STR(NAME(app, "f.<locals>.start", member), "Lock.jobs");
	CHECK_STR(NAME(app, "<module>", jump), "jobs");
	CHECK_STR(NAME(app, "<module>", prefix), "jobs");
	CHECK_STR(NAME(library, "<module>", name), "queue.jobs");
	CHECK_STR(NAME("/venv/lib/python3.11/site-packages/x.py", "<module>", name), "jobs");
	CHECK_STR(NAME(app, "<module>", far), "");
	CHECK_STR(NAME(app, "<module>", absent), "");
	CHECK_STR(NAME(app, "<module>", returned), "");
	CHECK_STR(NAME(app, "<module>", odd), "");
	CHECK_STR(name_in(maker(app, "f", returned, 2), main_code), "jobs");
	CHECK_STR(name_in(maker(library, "Queue.__init__", member, 4), main_code), "jobs.jobs");
	CHECK_STR(name_in(maker(library, "Queue.put", member, 4), main_code), "Queue.jobs");
	CHECK_STR(name_in(maker(library, "Queue.__init__", member, 4), NULL), "Queue.jobs");
	CHECK_STR(
		name_in(maker("<string>", "__create_fn__.<locals>.__init__", member, 4), main_code),
		"Lock.jobs");
}

/* Any bytes are read without harm, whatever they name. */
static void odd_code(void)
{
	static const uint8_t known[] = {
		PY_OP_CALL,         PY_OP_BUILD_TUPLE,      PY_OP_UNPACK_SEQUENCE, PY_OP_SWAP,
		PY_OP_COPY,         PY_OP_LOAD_METHOD,      PY_OP_EXTENDED_ARG,    PY_OP_LOAD_ATTR,
		PY_OP_STORE_SUBSCR, PY_OP_CALL_FUNCTION_EX, PY_OP_BUILD_MAP,       PY_OP_LOAD_FAST};
	uint8_t store[40];
	unsigned seed = 1;

	for (unsigned n = 0; n < 20000; n++) {
		for (unsigned i = 0; i < sizeof(store); i++) {
			seed = seed * 1103515245 + 12345;
			store[i] = (uint8_t)(seed >> 16);
			if (i % 2 == 0 && store[i] & 1)
				store[i] = known[(seed >> 20) % sizeof(known)];
		}
		static void *code;
		if (!code)
			code = maker("/app/app.py", "Pool.__init__", store, sizeof(store));
		memcpy((char *)code + PY_CODE_BYTES + 18, store, sizeof(store));
		struct lh_python_chain c = {.n = 1};
		struct lh_python_name out;
		c.at[0].code = (uintptr_t)code;
		c.at[0].instruction = (uintptr_t)code + PY_CODE_BYTES + seed % 70;
		lh_python_name_lock(&c, &out);
		if (strlen(out.name) >= sizeof(out.name))
			CHECK(false);
	}
}

/* ---- names of threads ---- */

/* The keys `a` and `_name`; with values, if there are any. */
static void *keys_of(unsigned kind, void *value)
{
	size_t size = kind == PY_KEYS_GENERAL ? 24 : 16, key = kind == PY_KEYS_GENERAL ? 8 : 0;
	char *k = calloc(1, 256);

	k[PY_KEYS_LOG_INDEX] = 3;
	k[PY_KEYS_LOG_INDEX + 1] = (char)kind;
	set_word(k, PY_KEYS_ENTRIES, 2);
	set_word(k, PY_KEYS_INDEXES + 8 + key, (uintptr_t)ascii("a"));
	set_word(k, PY_KEYS_INDEXES + 8 + size + key, (uintptr_t)ascii("_name"));
	set_word(k, PY_KEYS_INDEXES + 8 + size + key + 8, (uintptr_t)value);
	return k;
}

/* An instance of a class, whose attributes are in `values` or in `dictionary`. */
static char *instance(void *keys, void *values, void *dictionary)
{
	char *type = object(PyType_Type, 0, 1024), *o = (char *)calloc(1, 128) + 64;

	set_word(type, PY_TYPE_FLAGS, 1 << 9 | 1 << 4);
	set_word(type, PY_TYPE_KEYS, (uintptr_t)keys);
	set_word(o, PY_OBJECT_COUNT, 1);
	set_word(o, PY_OBJECT_TYPE, (uintptr_t)type);
	set_word(o - PY_OBJECT_VALUES, 0, (uintptr_t)values);
	set_word(o - PY_OBJECT_DICTIONARY, 0, (uintptr_t)dictionary);
	return o;
}

static const char *name_of(void *thread, const char *function)
{
	static char name[16];
	char *frame = frame_of(call(1, 0, false, function), CALL_AT, NULL, true);

	set_word(frame, PY_FRAME_VARIABLES, (uintptr_t)thread);
	set_current_frame(frame);
	return lh_python_thread_name(name, sizeof(name)) ? name : "";
}

static void thread_names(void)
{
	uintptr_t values[] = {(uintptr_t)ascii("other"), (uintptr_t)ascii("pay-bob")};
	void *dictionary = object(PyDict_Type, 0, 64), *shared = keys_of(2, NULL);

	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "pay-bob");
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.stop"), "");
	CHECK_STR(name_of(instance(NULL, values, NULL), "Thread.start"), "");
	CHECK_STR(name_of(NULL, "Thread.start"), "");
	for (unsigned kind = 0; kind < 2; kind++) {
		set_word(dictionary, PY_DICTIONARY_KEYS,
			 (uintptr_t)keys_of(kind, ascii("in a dict")));
		CHECK_STR(name_of(instance(shared, NULL, dictionary), "Thread.start"), "in a dict");
	}
	set_word(dictionary, PY_DICTIONARY_KEYS, (uintptr_t)shared);
	set_word(dictionary, PY_DICTIONARY_VALUES, (uintptr_t)values);
	CHECK_STR(name_of(instance(shared, NULL, dictionary), "Thread.start"), "pay-bob");
	set_word(shared, PY_KEYS_ENTRIES, 1); /* too few, and far too many */
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "");
	set_word(shared, PY_KEYS_ENTRIES, 1 << 30);
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "");
	set_word(shared, PY_KEYS_ENTRIES, 2);
	values[1] = (uintptr_t)ascii("Thread-12 (work)");
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "");
	values[1] = (uintptr_t)ascii("Thread-safe");
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "Thread-safe");
	values[1] = (uintptr_t)dictionary;
	CHECK_STR(name_of(instance(shared, values, NULL), "Thread.start"), "");
}

static void expect_unknown(void)
{
	struct lh_python_chain c;

	lh_python_read_frames(&c);
	CHECK_EQ(c.n, 0);
	CHECK_EQ(c.identity, 0);
	CHECK_EQ(lh_python_frames_id(), 0);
	CHECK_EQ(lh_python_read_intent(), LH_PYTHON_TRY);
}

/* Another thread state, another thread, no key, no frame. */
static void other_threads(void)
{
	void *frame = frame_of(call(1, 0, false, "f"), CALL_AT, NULL, true);

	set_current_frame(frame);
	CHECK_EQ(lh_python_read_intent(), LH_PYTHON_BLOCKING);
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, (uintptr_t)state + 16);
	expect_unknown();
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, 0);
	expect_unknown();
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, (uintptr_t)state);
	set_word(state, PY_TSTATE_THREAD, 1);
	expect_unknown();
	set_word(state, PY_TSTATE_THREAD, (uintptr_t)pthread_self());
	set_half_word(_PyRuntime, PY_RUNTIME_KEY_MADE, 0);
	expect_unknown();
	set_half_word(_PyRuntime, PY_RUNTIME_KEY_MADE, 1);
	set_current_frame(NULL);
	expect_unknown();
	set_current_frame((void *)8);
	expect_unknown();
}

static void gil_parts(void)
{
	const char *gil = _PyRuntime + PY_RUNTIME_GIL;

	CHECK(lh_python_in_gil(gil) && lh_python_in_gil(gil + PY_GIL_BYTES - 1));
	CHECK(!lh_python_in_gil(gil - 1) && !lh_python_in_gil(gil + PY_GIL_BYTES));
	CHECK(lh_python_is_gil_mutex(gil + PY_GIL_MUTEX) && !lh_python_is_gil_mutex(gil));
	CHECK(lh_python_is_gil_cond(gil + PY_GIL_COND) &&
	      !lh_python_is_gil_cond(gil + PY_GIL_MUTEX));
	for (int locked = -1; locked <= 1; locked++) {
		set_half_word(_PyRuntime + PY_RUNTIME_GIL, PY_GIL_LOCKED, (uint32_t)locked);
		CHECK_EQ(lh_python_gil_is_held(), locked == 1);
	}
}

/* The thread has released the GIL: its frames are those that it had then. */
static void without_gil(void)
{
	static struct lh_python_chain away, now;
	char *gil = _PyRuntime + PY_RUNTIME_GIL;

	gil_parts();
	set_current_frame(frame_of(call(1, 0, false, "f"), CALL_AT, NULL, true));
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, 0);
	set_word(gil, PY_GIL_HOLDER, (uintptr_t)state);
	lh_python_read_last_frames(&away);
	CHECK_EQ(away.n, 1);
	CHECK(away.identity && !away.stack);
	CHECK_EQ(lh_python_frames_id(), 0);
	lh_python_away = &away;
	away.stack = 7;
	CHECK_EQ(lh_python_frames_id(), away.identity);
	set_current_frame(NULL); /* nothing of CPython is read any more */
	lh_python_read_frames(&now);
	CHECK(now.n == 1 && now.identity == away.identity && now.stack == 7);
	set_word(gil, PY_GIL_HOLDER, (uintptr_t)state + 16); /* another thread's, or a freed one */
	lh_python_read_last_frames(&away);
	CHECK(away.n == 0 && away.identity == 0);
	set_word(gil, PY_GIL_HOLDER, 0);
	lh_python_read_last_frames(&away);
	CHECK_EQ(away.n, 0);
	lh_python_away = NULL;
	set_word(_PyRuntime, PY_RUNTIME_CURRENT, (uintptr_t)state);
}

static void other_versions(void)
{
	static const unsigned long versions[] = {0x030a00f0, 0x030c01f0, 0x030b00a7, 0x030b00b4,
						 0x040b00f0};

	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		Py_Version = versions[i];
		lh_python_init(true);
		CHECK(!lh_python.on && lh_python.kind == LH_PYTHON_UNREAD);
	}
	Py_Version = 0x030b09f0;
	set_word(PyCode_Type, PY_TYPE_BASIC, PY_CODE_BYTES + 16); /* built with other options */
	lh_python_init(true);
	CHECK(!lh_python.on && lh_python.kind == LH_PYTHON_UNREAD);
	set_word(PyCode_Type, PY_TYPE_BASIC, PY_CODE_BYTES);
	lh_python_init(false);
	CHECK(lh_python.on && lh_python.kind == LH_PYTHON_READ && lh_python.depth == 1);
	set_current_frame(frame_of(bytes((const uint8_t *)"no code at all", 14), 0, NULL,
				   true)); /* the first frame */
	CHECK_EQ(lh_python_frames_id(), 0);
	CHECK(!lh_python.on && lh_python.kind == LH_PYTHON_UNREAD);
}

int main(void)
{
#if !defined(__x86_64__)
	return unit_done();
#endif
	start();
	instructions();
	joins();
	lines();
	contents();
	texts();
	chains();
	lock_names();
	odd_code();
	thread_names();
	other_threads();
	without_gil();
	other_versions();
	return unit_done();
}
