/*
 * python_311.h — offsets of the fields of CPython 3.11 that python.c reads, x86-64 Linux.
 *
 * The offsets did not change from 3.11.0 to the last 3.11; tests/python/offsets.c compares them
 * with CPython's own headers wherever those are installed. Another version needs another table.
 */
#ifndef LH_STACK_PYTHON_311_H
#define LH_STACK_PYTHON_311_H

enum {
	PY_RUNTIME_CURRENT = 576,  /* _PyRuntime.gilstate.tstate_current */
	PY_RUNTIME_KEY_MADE = 592, /* .autoTSSkey._is_initialized, then its _key */
	PY_RUNTIME_KEY = 596,
	PY_TSTATE_CFRAME = 56,  /* PyThreadState.cframe */
	PY_TSTATE_THREAD = 152, /* .thread_id, a pthread_t */
	PY_CFRAME_FRAME = 8,    /* _PyCFrame.current_frame */
	PY_CFRAME_PREVIOUS = 16,
	PY_FRAME_CODE = 32, /* _PyInterpreterFrame.f_code */
	PY_FRAME_PREVIOUS = 48,
	PY_FRAME_INSTR = 56, /* .prev_instr */
	PY_FRAME_ENTRY = 68, /* .is_entry: the first frame of its C activation */
	PY_OBJECT_COUNT = 0, /* PyObject.ob_refcnt */
	PY_OBJECT_TYPE = 8,
	PY_VAR_SIZE = 16,   /* PyVarObject.ob_size */
	PY_TYPE_BASIC = 32, /* PyTypeObject.tp_basicsize, tp_itemsize */
	PY_TYPE_ITEM = 40,
	PY_CODE_NAMES = 32,
	PY_CODE_FIRST_LINE = 72,
	PY_CODE_FILE = 112,
	PY_CODE_NAME = 120,
	PY_CODE_QUALIFIED = 128,
	PY_CODE_LINES = 136, /* .co_linetable, a bytes object */
	PY_CODE_BYTES = 184, /* .co_code_adaptive: ob_size units of two bytes */
	PY_TUPLE_ITEMS = 24,
	PY_BYTES_TEXT = 32,
	PY_TEXT_LENGTH = 16, /* PyASCIIObject */
	PY_TEXT_STATE = 32,
	PY_TEXT_ASCII = 48,   /* where the characters of an ASCII text begin */
	PY_TEXT_COMPACT = 72, /* where those of another text begin */
};

/* bits of a text's state: the width of its characters, and where they are */
enum {
	PY_STATE_KIND_SHIFT = 2,
	PY_STATE_KIND = 7,
	PY_STATE_COMPACT = 32,
	PY_STATE_ASCII = 64,
	PY_STATE_READY = 128
};

/* The instructions that python.c knows, and how many units of cache follow them. */
enum {
	PY_OP_BEFORE_WITH = 53,
	PY_OP_CALL = 171,
	PY_OP_CALL_ADAPTIVE = 22,
	PY_OP_CALL_PY_EXACT_ARGS = 23,
	PY_OP_CALL_PY_WITH_DEFAULTS = 24,
	PY_OP_PRECALL = 166,
	PY_OP_PRECALL_ADAPTIVE = 64,
	PY_OP_LOAD_METHOD = 160,
	PY_OP_LOAD_METHOD_ADAPTIVE = 56,
	PY_OP_LOAD_METHOD_CLASS = 57,
	PY_OP_LOAD_METHOD_MODULE = 58,
	PY_OP_LOAD_METHOD_NO_DICT = 59,
	PY_OP_LOAD_METHOD_WITH_DICT = 62,
	PY_OP_LOAD_METHOD_WITH_VALUES = 63,
	PY_OP_EXTENDED_ARG = 144,
	PY_OP_EXTENDED_ARG_QUICK = 34,
	PY_CACHE_LOAD_METHOD = 10,
	PY_CACHE_PRECALL = 1,
	PY_CACHE_CALL = 4,
};

#endif
