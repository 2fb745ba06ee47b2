/* python.c — finds the frames of the calling thread in CPython, and computes their identity. */
#include "libcheck/stack/python_internal.h"

#include <pthread.h>

struct lh_python lh_python;

/* ---- is it the CPython that we can read? ---- */

#if defined(__x86_64__)
/* A code object is followed by its instructions; if its type has these sizes, most of the offsets
 * in python_311.h are right. */
static bool same_layout(void)
{
	return lh_python_read_word((uintptr_t)PyCode_Type, PY_TYPE_BASIC) == PY_CODE_BYTES &&
	       lh_python_read_word((uintptr_t)PyCode_Type, PY_TYPE_ITEM) == 2;
}
#endif

void lh_python_init(bool full)
{
	enum { FINAL = 15 };

	lh_python = (struct lh_python){.depth = full ? LH_PYTHON_FRAMES : 1};
	if (!_PyRuntime)
		return;
	lh_python.kind = LH_PYTHON_UNREAD;
#if defined(__x86_64__)
	if (!&Py_Version || Py_Version >> 16 != 0x030b || (Py_Version >> 4 & 15) != FINAL ||
	    !PyCode_Type || !PyUnicode_Type || !PyBytes_Type || !PyTuple_Type || !same_layout())
		return;
	lh_python.kind = LH_PYTHON_READ;
	lh_python.on = true;
#endif
}

static bool proves(uintptr_t frame)
{
	uintptr_t code = lh_python_read_word(frame, PY_FRAME_CODE);

	return lh_python_is_a(code, PyCode_Type) &&
	       lh_python_is_a(lh_python_read_word(code, PY_CODE_FILE), PyUnicode_Type) &&
	       lh_python_is_a(lh_python_read_word(code, PY_CODE_NAME), PyUnicode_Type) &&
	       lh_python_is_a(lh_python_read_word(code, PY_CODE_QUALIFIED), PyUnicode_Type) &&
	       lh_python_is_a(lh_python_read_word(code, PY_CODE_LINES), PyBytes_Type) &&
	       lh_python_is_a(lh_python_read_word(code, PY_CODE_NAMES), PyTuple_Type);
}

/* The first frame ever read must match the offsets, otherwise no frame is read again. */
static __attribute__((noinline)) uintptr_t prove(uintptr_t cframe, uintptr_t frame)
{
	lh_python.proven = proves(frame);
	if (lh_python.proven)
		return cframe;
	lh_python.on = false;
	lh_python.kind = LH_PYTHON_UNREAD;
	return 0;
}

/*
 * The interpreter's activation record (_PyCFrame) of the calling thread if it holds the GIL,
 * otherwise 0. CPython clears the thread's key before it frees the thread state, so a current state
 * that the key names exists; the thread in the state excludes another thread's state at the same
 * address.
 */
uintptr_t lh_python_cframe(void)
{
	uintptr_t runtime = (uintptr_t)_PyRuntime,
		  state = lh_python_read_word(runtime, PY_RUNTIME_CURRENT);

	if (!state || !lh_python_read_half(runtime, PY_RUNTIME_KEY_MADE) ||
	    (uintptr_t)pthread_getspecific(lh_python_read_half(runtime, PY_RUNTIME_KEY)) != state ||
	    lh_python_read_word(state, PY_TSTATE_THREAD) != lh_thread_handle())
		return 0;
	uintptr_t cframe = lh_python_read_word(state, PY_TSTATE_CFRAME);
	uintptr_t frame =
		lh_python_plausible(cframe) ? lh_python_read_word(cframe, PY_CFRAME_FRAME) : 0;
	if (!lh_python_plausible(frame))
		return 0;
	return LH_LIKELY(lh_python.proven) ? cframe : prove(cframe, frame);
}

/*
 * The instruction lies in its code object, so its address identifies both; the first line of the
 * code also guards against another code object at the same address.
 */
static inline uintptr_t add(uintptr_t identity, uintptr_t frame)
{
	uintptr_t code = lh_python_read_word(frame, PY_FRAME_CODE);
	uintptr_t first =
		lh_python_plausible(code) ? lh_python_read_half(code, PY_CODE_FIRST_LINE) : 0;

	identity = (identity ^ lh_python_read_word(frame, PY_FRAME_INSTR) ^ first << 47) *
		   0x9e3779b97f4a7c15u;
	return identity ^ identity >> 29;
}

uintptr_t lh_python_frames_id(void)
{
	uintptr_t cframe = lh_python_cframe(),
		  frame = cframe ? lh_python_read_word(cframe, PY_CFRAME_FRAME) : 0;
	uintptr_t identity = 0;

	for (unsigned n = 0; n < lh_python.depth && lh_python_plausible(frame); n++) {
		identity = add(identity, frame);
		frame = lh_python_read_word(frame, PY_FRAME_PREVIOUS);
	}
	return identity;
}

/* Each activation of the interpreter runs a frame and the frames it called without C between. */
void lh_python_read_frames(struct lh_python_chain *c)
{
	uintptr_t cframe = lh_python.on ? lh_python_cframe() : 0;
	uintptr_t frame = cframe ? lh_python_read_word(cframe, PY_CFRAME_FRAME) : 0;

	c->identity = 0;
	c->n = 0;
	for (; c->n < lh_python.depth && lh_python_plausible(frame); c->n++) {
		c->identity = add(c->identity, frame);
		c->at[c->n] = (struct lh_python_frame){lh_python_read_word(frame, PY_FRAME_CODE),
						       lh_python_read_word(frame, PY_FRAME_INSTR),
						       cframe};
		bool entry = *(const volatile uint8_t *)(frame + PY_FRAME_ENTRY);
		frame = lh_python_read_word(frame, PY_FRAME_PREVIOUS);
		if (!entry || !cframe)
			continue;
		cframe = lh_python_read_word(cframe, PY_CFRAME_PREVIOUS);
		/* inconsistent records do not show the C frame, but the Python frames are right */
		if (!lh_python_plausible(cframe) ||
		    lh_python_read_word(cframe, PY_CFRAME_FRAME) != frame)
			cframe = 0;
	}
	c->cut = lh_python_plausible(frame);
}
