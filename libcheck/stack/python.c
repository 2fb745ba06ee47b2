/* python.c — finds the frames of the calling thread in CPython, their names and lines, and whether
 * the current instruction waits for a lock. */
#include "libcheck/stack/python.h"
#include "libcheck/base/hash.h"
#include "libcheck/stack/python_expression.h"
#include "libcheck/stack/python_internal.h"

#include <pthread.h>

static bool proves(uintptr_t frame)
{
	uintptr_t code = read_word(frame, PY_FRAME_CODE);

	return is_a(code, lh_py.PyCode_Type) &&
	       is_a(read_word(code, PY_CODE_FILE), lh_py.PyUnicode_Type) &&
	       is_a(read_word(code, PY_CODE_NAME), lh_py.PyUnicode_Type) &&
	       is_a(read_word(code, PY_CODE_QUALIFIED), lh_py.PyUnicode_Type) &&
	       is_a(read_word(code, PY_CODE_LINES), lh_py.PyBytes_Type) &&
	       is_a(read_word(code, PY_CODE_NAMES), lh_py.PyTuple_Type);
}

/* The first frame ever read must match the offsets, otherwise no frame is read again. */
static __attribute__((noinline)) bool prove(uintptr_t frame)
{
	lh_python.proven = proves(frame);
	if (!lh_python.proven) {
		lh_python.on = false;
		lh_python.kind = LH_PYTHON_UNREAD;
	}
	return lh_python.proven;
}

/*
 * The innermost frame of the calling thread, and the interpreter's activation record (_PyCFrame)
 * that runs the frame. No other thread frees a thread state now. CPython clears the thread's key
 * before it frees the thread state, so a state that the key names exists; the thread in the state
 * excludes another thread's state at the same address.
 */
static uintptr_t frame_of(uintptr_t state, uintptr_t *cframe)
{
	uintptr_t runtime = (uintptr_t)lh_py._PyRuntime;

	if (!state || !read_half(runtime, PY_RUNTIME_KEY_MADE) ||
	    (uintptr_t)pthread_getspecific(read_half(runtime, PY_RUNTIME_KEY)) != state ||
	    read_word(state, PY_TSTATE_THREAD) != lh_thread_handle())
		return 0;
	*cframe = read_word(state, PY_TSTATE_CFRAME);
	uintptr_t frame = is_plausible(*cframe) ? read_word(*cframe, PY_CFRAME_FRAME) : 0;
	return is_plausible(frame) && (LH_LIKELY(lh_python.proven) || prove(frame)) ? frame : 0;
}

/* If the thread holds the GIL; otherwise 0. */
static uintptr_t current_frame(uintptr_t *cframe)
{
	return frame_of(read_word((uintptr_t)lh_py._PyRuntime, PY_RUNTIME_CURRENT), cframe);
}

uintptr_t lh_python_frame(void)
{
	uintptr_t cframe;

	return current_frame(&cframe);
}

/*
 * The instruction lies in its code object, so its address identifies both; the first line of the
 * code also guards against another code object at the same address.
 */
static uintptr_t add(uintptr_t identity, uintptr_t frame)
{
	uintptr_t code = read_word(frame, PY_FRAME_CODE);
	uintptr_t first = is_plausible(code) ? read_half(code, PY_CODE_FIRST_LINE) : 0;

	return lh_hash_mix(identity, read_word(frame, PY_FRAME_INSTR) ^ first << 47);
}

static uintptr_t identity_from(uintptr_t frame)
{
	uintptr_t identity = 0;

	for (unsigned n = 0; n < lh_python.depth && is_plausible(frame); n++) {
		identity = add(identity, frame);
		frame = read_word(frame, PY_FRAME_PREVIOUS);
	}
	return identity;
}

uintptr_t lh_python_frames_id(void)
{
	uintptr_t cframe, frame = current_frame(&cframe);

	if (!frame)
		return lh_python_away ? lh_python_away->identity : 0;
	return identity_from(frame);
}

/* Each activation of the interpreter runs a frame and the frames it called without C between. */
static void read_frames(struct lh_python_chain *c, uintptr_t frame, uintptr_t cframe)
{
	c->identity = 0;
	c->n = 0;
	c->stack = 0;
	for (; c->n < lh_python.depth && is_plausible(frame); c->n++) {
		c->identity = add(c->identity, frame);
		c->at[c->n] = (struct lh_python_frame){read_word(frame, PY_FRAME_CODE),
						       read_word(frame, PY_FRAME_INSTR), cframe};
		bool entry = read_byte(frame, PY_FRAME_ENTRY);
		frame = read_word(frame, PY_FRAME_PREVIOUS);
		if (!entry || !cframe)
			continue;
		cframe = read_word(cframe, PY_CFRAME_PREVIOUS);
		/* inconsistent records do not show the C frame, but the Python frames are right */
		if (!is_plausible(cframe) || read_word(cframe, PY_CFRAME_FRAME) != frame)
			cframe = 0;
	}
	c->cut = is_plausible(frame);
}

void lh_python_read_frames(struct lh_python_chain *c)
{
	uintptr_t cframe = 0, frame = lh_python.on ? current_frame(&cframe) : 0;

	if (!frame && lh_python_away)
		*c = *lh_python_away;
	else
		read_frames(c, frame, cframe);
}

/* ---- the GIL ---- */

bool lh_python_is_gil_mutex(const void *object)
{
	return (uintptr_t)object == lh_python.gil + PY_GIL_MUTEX;
}

bool lh_python_is_gil_cond(const void *object)
{
	return (uintptr_t)object == lh_python.gil + PY_GIL_COND;
}

bool lh_python_gil_is_held(void)
{
	return read_half(lh_python.gil, PY_GIL_LOCKED) == 1;
}

/* The thread state is still there, because only a thread with the GIL frees thread states; or this
 * thread is about to free its own, and then the key does not name it any more. */
void lh_python_read_last_frames(struct lh_python_chain *c)
{
	uintptr_t cframe = 0, state = read_word(lh_python.gil, PY_GIL_HOLDER);
	uintptr_t frame = lh_python.on && is_plausible(state) ? frame_of(state, &cframe) : 0;

	read_frames(c, frame, cframe);
}

/* ---- lines ---- */

static struct lh_python_bytes table_of(uintptr_t code)
{
	uintptr_t table = read_word(code, PY_CODE_LINES);
	const uint8_t *at = (const uint8_t *)(table + PY_BYTES_TEXT);

	if (!is_a(table, lh_py.PyBytes_Type))
		return (struct lh_python_bytes){NULL, NULL};
	return (struct lh_python_bytes){at, at + (read_word(table, PY_VAR_SIZE) & 0xffffff)};
}

static struct lh_python_place place_of(uintptr_t code, uintptr_t instruction, size_t *read)
{
	uintptr_t into = instruction - (code + PY_CODE_BYTES);

	*read = 0;
	if (into >= 2 * read_word(code, PY_VAR_SIZE))
		return (struct lh_python_place){0, 0};
	return lh_python_place_of(table_of(code), read_half(code, PY_CODE_FIRST_LINE),
				  (uint32_t)(into / 2), read);
}

uintptr_t lh_python_object(void)
{
	return (uintptr_t)lh_py.PyEval_RestoreThread;
}

bool lh_python_locate(const struct lh_python_frame *f, struct lh_python_location *out)
{
	if (!is_a(f->code, lh_py.PyCode_Type))
		return false;
	out->place = place_of(f->code, f->instruction, &out->read);
	return lh_python_copy_text(read_word(f->code, PY_CODE_FILE), out->file,
				   sizeof(out->file)) &&
	       lh_python_copy_text(read_word(f->code, PY_CODE_QUALIFIED), out->function,
				   sizeof(out->function));
}

uint64_t lh_python_content(const struct lh_python_frame *f, size_t read)
{
	if (!is_a(f->code, lh_py.PyCode_Type))
		return 0;
	struct lh_python_bytes table = table_of(f->code);
	size_t n = (size_t)(table.end - table.at);
	uint64_t h = lh_hash_mix(f->instruction - f->code, read_half(f->code, PY_CODE_FIRST_LINE));

	h = lh_hash_mix(h, read_word(f->code, PY_VAR_SIZE));
	h = lh_python_hash_text(h, read_word(f->code, PY_CODE_FILE));
	h = lh_python_hash_text(h, read_word(f->code, PY_CODE_QUALIFIED));
	return lh_hash_bytes(lh_hash_mix(h, n), table.at, read < n ? read : n);
}

/* ---- does the current instruction wait for the lock? ---- */

struct unit {
	uint8_t op, argument;
};

/* The position of a frame in its code: the unit, and how many units come before it. */
struct position {
	uintptr_t code;
	const struct unit *at;
	size_t before;
};

static bool find_position(uintptr_t frame, struct position *s)
{
	s->code = is_plausible(frame) ? read_word(frame, PY_FRAME_CODE) : 0;
	if (!is_a(s->code, lh_py.PyCode_Type))
		return false;
	uintptr_t instruction = read_word(frame, PY_FRAME_INSTR);
	uintptr_t into = instruction - (s->code + PY_CODE_BYTES);
	s->at = (const struct unit *)instruction;
	s->before = into / 2;
	return into < 2 * read_word(s->code, PY_VAR_SIZE) && !(into & 1);
}

static bool is_op(const struct unit *u, uint8_t op)
{
	return lh_python_base_op(u->op) == op;
}

static uintptr_t item_of(uintptr_t tuple, size_t i)
{
	return is_a(tuple, lh_py.PyTuple_Type) && i < read_word(tuple, PY_VAR_SIZE)
		       ? read_word(tuple, PY_TUPLE_ITEMS + i * sizeof(uintptr_t))
		       : 0;
}

/* The only argument of the call, before this position, is True or blocking=True. Returns how many
 * units load it; 0: another argument. */
static size_t units_of_true(const struct position *s, size_t before_precall)
{
	const struct unit *at = s->at - before_precall;
	uintptr_t constants = read_word(s->code, PY_CODE_CONSTANTS);
	size_t units = is_op(at - 1, PY_OP_KW_NAMES) ? 2 : 1;

	if (!is_op(at - units, PY_OP_LOAD_CONST) ||
	    item_of(constants, at[-(long)units].argument) != (uintptr_t)lh_py._Py_TrueStruct ||
	    (units == 2 &&
	     !lh_python_text_is(item_of(item_of(constants, at[-1].argument), 0), "blocking")))
		return 0;
	return units;
}

/* A call of x.acquire() or x.__enter__() without arguments, so without timeout and flag; or with a
 * flag that is True. */
static bool is_acquire_call(const struct position *s)
{
	enum { PRECALL = 1 + PY_CACHE_PRECALL, LOAD = 1 + PY_CACHE_LOAD_METHOD, FLAG = 2 };
	uintptr_t names = read_word(s->code, PY_CODE_NAMES);
	unsigned arguments = s->at->argument;

	if (arguments > 1 || s->before < PRECALL + arguments * FLAG + LOAD + 1u ||
	    !is_op(s->at - PRECALL, PY_OP_PRECALL) || s->at[-PRECALL].argument != arguments)
		return false;
	size_t flag = arguments ? units_of_true(s, PRECALL) : 0;
	const struct unit *load = s->at - PRECALL - flag - LOAD;
	if ((arguments && !flag) || !is_op(load, PY_OP_LOAD_METHOD))
		return false;
	bool wider = is_op(load - 1, PY_OP_EXTENDED_ARG);
	uintptr_t name =
		item_of(names, load->argument | (wider ? (uint32_t)load[-1].argument << 8 : 0));
	return lh_python_text_is(name, "acquire") || lh_python_text_is(name, "__enter__");
}

static bool is_in(const struct position *s, const char *function)
{
	return lh_python_text_is(read_word(s->code, PY_CODE_QUALIFIED), function);
}

/* join() without a timeout: then Thread.join calls this function without arguments. The caller's
 * position may be the last of the caches that follow its call. */
static bool is_join_call(const struct position *s, uintptr_t frame)
{
	struct position caller;

	if (!is_in(s, "Thread._wait_for_tstate_lock") ||
	    !find_position(read_word(frame, PY_FRAME_PREVIOUS), &caller) ||
	    !is_in(&caller, "Thread.join"))
		return false;
	if (!is_op(caller.at, PY_OP_CALL) && caller.before >= PY_CACHE_CALL)
		caller.at -= PY_CACHE_CALL;
	return is_op(caller.at, PY_OP_CALL) && !caller.at->argument;
}

/* Where threading acquires the lock that the interpreter releases when the thread has ended. */
static bool starts_thread(const struct position *s)
{
	return is_in(s, "Thread._set_tstate_lock") || is_in(s, "Thread._reset_internal_locks");
}

static enum lh_python_intent intent_at(uintptr_t frame)
{
	struct position s;

	if (!find_position(frame, &s))
		return LH_PYTHON_TRY;
	if (s.at->op == PY_OP_BEFORE_WITH)
		return LH_PYTHON_BLOCKING;
	if (!is_op(s.at, PY_OP_CALL))
		return LH_PYTHON_TRY;
	if (is_acquire_call(&s))
		return starts_thread(&s) ? LH_PYTHON_UNTIL_THREAD_END : LH_PYTHON_BLOCKING;
	/* ExitStack calls the type's __enter__ with the lock as the only argument */
	if (s.at->argument == 1 && is_in(&s, "_BaseExitStack.enter_context"))
		return LH_PYTHON_BLOCKING;
	return is_join_call(&s, frame) ? LH_PYTHON_BLOCKING : LH_PYTHON_TRY;
}

enum lh_python_intent lh_python_read_intent(void)
{
	uintptr_t cframe;

	return intent_at(current_frame(&cframe));
}

__thread struct lh_python_kept lh_python_kept;

/*
 * Code decides, and the identity says which code: of the innermost frame, and of its caller if more
 * than one frame is read. So the answer is kept for it, in the low bits of the word.
 */
enum lh_python_intent lh_python_read_intent_once(uintptr_t hook)
{
	enum { KNOWN = 64, INTENT = 3 };
	static uintptr_t known[KNOWN];
	uintptr_t cframe, frame = current_frame(&cframe),
			  identity = frame ? identity_from(frame) : 0;
	uintptr_t *k = &known[identity >> 2 & (KNOWN - 1)], was = *k;

	if (!frame)
		return LH_PYTHON_TRY;
	lh_python_kept = (struct lh_python_kept){hook, identity};
	if ((was | INTENT) == (identity | INTENT) && lh_python.depth > 1 && was)
		return (enum lh_python_intent)(was & INTENT);
	enum lh_python_intent intent = intent_at(frame);
	*k = (identity & ~(uintptr_t)INTENT) | intent;
	return intent;
}
