/* python_intent.c — finds out from the current instruction whether Python waits for the lock. */
#include "libcheck/stack/python_internal.h"

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
	s->code = lh_python_plausible(frame) ? lh_python_read_word(frame, PY_FRAME_CODE) : 0;
	if (!lh_python_is_a(s->code, PyCode_Type))
		return false;
	uintptr_t instruction = lh_python_read_word(frame, PY_FRAME_INSTR);
	uintptr_t into = instruction - (s->code + PY_CODE_BYTES);
	s->at = (const struct unit *)instruction;
	s->before = into / 2;
	return into < 2 * lh_python_read_word(s->code, PY_VAR_SIZE) && !(into & 1);
}

static bool is_call(const struct unit *u)
{
	return u->op == PY_OP_CALL || u->op == PY_OP_CALL_ADAPTIVE ||
	       u->op == PY_OP_CALL_PY_EXACT_ARGS || u->op == PY_OP_CALL_PY_WITH_DEFAULTS;
}

static bool is_precall(const struct unit *u)
{
	return u->op == PY_OP_PRECALL || u->op == PY_OP_PRECALL_ADAPTIVE;
}

static bool is_load_method(const struct unit *u)
{
	return u->op == PY_OP_LOAD_METHOD ||
	       (u->op >= PY_OP_LOAD_METHOD_ADAPTIVE && u->op <= PY_OP_LOAD_METHOD_NO_DICT) ||
	       u->op == PY_OP_LOAD_METHOD_WITH_DICT || u->op == PY_OP_LOAD_METHOD_WITH_VALUES;
}

static bool is_wider(const struct unit *u)
{
	return u->op == PY_OP_EXTENDED_ARG || u->op == PY_OP_EXTENDED_ARG_QUICK;
}

/* A call of x.acquire() or x.__enter__() without arguments, so without timeout and flag. */
static bool is_acquire_call(const struct position *s)
{
	enum { PRECALL = 1 + PY_CACHE_PRECALL, LOAD = PRECALL + 1 + PY_CACHE_LOAD_METHOD };
	const struct unit *load = s->at - LOAD;
	uintptr_t names = lh_python_read_word(s->code, PY_CODE_NAMES);

	if (s->at->argument || s->before < LOAD + 1 || !is_precall(s->at - PRECALL) ||
	    s->at[-PRECALL].argument || !is_load_method(load) ||
	    !lh_python_is_a(names, PyTuple_Type))
		return false;
	uint32_t i = load->argument | (is_wider(load - 1) ? (uint32_t)load[-1].argument << 8 : 0);
	if (i >= lh_python_read_word(names, PY_VAR_SIZE))
		return false;
	uintptr_t name = lh_python_read_word(names, PY_TUPLE_ITEMS + i * sizeof(uintptr_t));
	return lh_python_is_text(name, "acquire") || lh_python_is_text(name, "__enter__");
}

static bool is_in(const struct position *s, const char *function)
{
	return lh_python_is_text(lh_python_read_word(s->code, PY_CODE_QUALIFIED), function);
}

/* join() without a timeout: then Thread.join calls this function without arguments. The caller's
 * position may be the last of the caches that follow its call. */
static bool is_join_call(const struct position *s, uintptr_t frame)
{
	struct position caller;

	if (!is_in(s, "Thread._wait_for_tstate_lock") ||
	    !find_position(lh_python_read_word(frame, PY_FRAME_PREVIOUS), &caller) ||
	    !is_in(&caller, "Thread.join"))
		return false;
	if (!is_call(caller.at) && caller.before >= PY_CACHE_CALL)
		caller.at -= PY_CACHE_CALL;
	return is_call(caller.at) && !caller.at->argument;
}

/* Where threading acquires the lock that the interpreter releases when the thread has ended. */
static bool starts_thread(const struct position *s)
{
	return is_in(s, "Thread._set_tstate_lock") || is_in(s, "Thread._reset_internal_locks");
}

enum lh_python_intent lh_python_read_intent(void)
{
	uintptr_t cframe = lh_python_cframe(),
		  frame = cframe ? lh_python_read_word(cframe, PY_CFRAME_FRAME) : 0;
	struct position s;

	if (!find_position(frame, &s))
		return LH_PYTHON_TRY;
	if (s.at->op == PY_OP_BEFORE_WITH)
		return LH_PYTHON_BLOCKING;
	if (!is_call(s.at))
		return LH_PYTHON_TRY;
	if (is_acquire_call(&s))
		return starts_thread(&s) ? LH_PYTHON_UNTIL_THREAD_END : LH_PYTHON_BLOCKING;
	/* ExitStack calls the type's __enter__ with the lock as the only argument */
	if (s.at->argument == 1 && is_in(&s, "_BaseExitStack.enter_context"))
		return LH_PYTHON_BLOCKING;
	return is_join_call(&s, frame) ? LH_PYTHON_BLOCKING : LH_PYTHON_TRY;
}
