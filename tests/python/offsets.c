/* Compares libcheck/stack/python_311.h with the headers of the CPython that it is compiled against. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#include <opcode.h>
#include <stddef.h>
#include <stdio.h>

#include "libcheck/stack/python_311.h"

static int wrong;

static void same(const char *what, long is, long should)
{
	if (is == should)
		return;
	printf("%s is %ld, should be %ld\n", what, is, should);
	wrong = 1;
}

#define AT(name, type, member) same(#name, name, offsetof(type, member))
#define IS(name, value) same(#name, name, value)

static void objects(void)
{
	AT(PY_OBJECT_COUNT, PyObject, ob_refcnt);
	AT(PY_OBJECT_TYPE, PyObject, ob_type);
	AT(PY_VAR_SIZE, PyVarObject, ob_size);
	AT(PY_TYPE_BASIC, PyTypeObject, tp_basicsize);
	AT(PY_TYPE_ITEM, PyTypeObject, tp_itemsize);
	AT(PY_CODE_NAMES, PyCodeObject, co_names);
	AT(PY_CODE_FIRST_LINE, PyCodeObject, co_firstlineno);
	AT(PY_CODE_FILE, PyCodeObject, co_filename);
	AT(PY_CODE_NAME, PyCodeObject, co_name);
	AT(PY_CODE_QUALIFIED, PyCodeObject, co_qualname);
	AT(PY_CODE_LINES, PyCodeObject, co_linetable);
	AT(PY_CODE_BYTES, PyCodeObject, co_code_adaptive);
	AT(PY_TUPLE_ITEMS, PyTupleObject, ob_item);
	AT(PY_BYTES_TEXT, PyBytesObject, ob_sval);
	AT(PY_TEXT_LENGTH, PyASCIIObject, length);
	AT(PY_TEXT_STATE, PyASCIIObject, state);
	IS(PY_TEXT_ASCII, sizeof(PyASCIIObject));
	IS(PY_TEXT_COMPACT, sizeof(PyCompactUnicodeObject));
}

static void state(void)
{
	PyASCIIObject text = {0};
	unsigned bits;

	AT(PY_RUNTIME_CURRENT, _PyRuntimeState, gilstate.tstate_current);
	AT(PY_RUNTIME_KEY_MADE, _PyRuntimeState, gilstate.autoTSSkey._is_initialized);
	AT(PY_RUNTIME_KEY, _PyRuntimeState, gilstate.autoTSSkey._key);
	AT(PY_TSTATE_CFRAME, PyThreadState, cframe);
	AT(PY_TSTATE_THREAD, PyThreadState, thread_id);
	AT(PY_CFRAME_FRAME, _PyCFrame, current_frame);
	AT(PY_CFRAME_PREVIOUS, _PyCFrame, previous);
	AT(PY_FRAME_CODE, _PyInterpreterFrame, f_code);
	AT(PY_FRAME_PREVIOUS, _PyInterpreterFrame, previous);
	AT(PY_FRAME_INSTR, _PyInterpreterFrame, prev_instr);
	AT(PY_FRAME_ENTRY, _PyInterpreterFrame, is_entry);
	text.state.kind = 7;
	memcpy(&bits, &text.state, sizeof(bits));
	IS(PY_STATE_KIND << PY_STATE_KIND_SHIFT, bits);
	text.state.kind = 0;
	text.state.compact = 1;
	memcpy(&bits, &text.state, sizeof(bits));
	IS(PY_STATE_COMPACT, bits);
	text.state.compact = 0;
	text.state.ascii = 1;
	memcpy(&bits, &text.state, sizeof(bits));
	IS(PY_STATE_ASCII, bits);
	text.state.ascii = 0;
	text.state.ready = 1;
	memcpy(&bits, &text.state, sizeof(bits));
	IS(PY_STATE_READY, bits);
}

static void instructions(void)
{
	IS(PY_OP_BEFORE_WITH, BEFORE_WITH);
	IS(PY_OP_CALL, CALL);
	IS(PY_OP_CALL_ADAPTIVE, CALL_ADAPTIVE);
	IS(PY_OP_CALL_PY_EXACT_ARGS, CALL_PY_EXACT_ARGS);
	IS(PY_OP_CALL_PY_WITH_DEFAULTS, CALL_PY_WITH_DEFAULTS);
	IS(PY_OP_PRECALL, PRECALL);
	IS(PY_OP_PRECALL_ADAPTIVE, PRECALL_ADAPTIVE);
	IS(PY_OP_LOAD_METHOD, LOAD_METHOD);
	IS(PY_OP_LOAD_METHOD_ADAPTIVE, LOAD_METHOD_ADAPTIVE);
	IS(PY_OP_LOAD_METHOD_CLASS, LOAD_METHOD_CLASS);
	IS(PY_OP_LOAD_METHOD_MODULE, LOAD_METHOD_MODULE);
	IS(PY_OP_LOAD_METHOD_NO_DICT, LOAD_METHOD_NO_DICT);
	IS(PY_OP_LOAD_METHOD_WITH_DICT, LOAD_METHOD_WITH_DICT);
	IS(PY_OP_LOAD_METHOD_WITH_VALUES, LOAD_METHOD_WITH_VALUES);
	IS(PY_OP_EXTENDED_ARG, EXTENDED_ARG);
	IS(PY_OP_EXTENDED_ARG_QUICK, EXTENDED_ARG_QUICK);
	IS(PY_CACHE_LOAD_METHOD, INLINE_CACHE_ENTRIES_LOAD_METHOD);
	IS(PY_CACHE_PRECALL, INLINE_CACHE_ENTRIES_PRECALL);
	IS(PY_CACHE_CALL, INLINE_CACHE_ENTRIES_CALL);
}

int main(void)
{
	objects();
	state();
	instructions();
	return wrong;
}
