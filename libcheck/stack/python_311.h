/*
 * python_311.h — offsets of the fields of CPython 3.11 that python.c reads, x86-64 Linux.
 *
 * The offsets did not change from 3.11.0 to the last 3.11; tests/python/offsets.c compares them
 * with CPython's own headers wherever those are installed. Another version needs another table.
 */
#ifndef LH_STACK_PYTHON_311_H
#define LH_STACK_PYTHON_311_H

enum {
	PY_RUNTIME_GIL = 360, /* _PyRuntime.ceval.gil */
	PY_GIL_HOLDER = 8,    /* its last_holder: the thread state that took or dropped it last */
	PY_GIL_LOCKED = 16,
	PY_GIL_COND = 32, /* of the threads that wait for it */
	PY_GIL_MUTEX = 80,
	PY_GIL_BYTES = 208,
	PY_RUNTIME_CURRENT = 576,  /* _PyRuntime.gilstate.tstate_current */
	PY_RUNTIME_KEY_MADE = 592, /* .autoTSSkey._is_initialized, then its _key */
	PY_RUNTIME_KEY = 596,
	PY_TSTATE_CFRAME = 56,  /* PyThreadState.cframe */
	PY_TSTATE_THREAD = 152, /* .thread_id, a pthread_t */
	PY_CFRAME_FRAME = 8,    /* _PyCFrame.current_frame */
	PY_CFRAME_PREVIOUS = 16,
	PY_FRAME_CODE = 32, /* _PyInterpreterFrame.f_code */
	PY_FRAME_PREVIOUS = 48,
	PY_FRAME_INSTR = 56,     /* .prev_instr */
	PY_FRAME_VARIABLES = 72, /* .localsplus */
	PY_FRAME_ENTRY = 68,     /* .is_entry: the first frame of its C activation */
	PY_OBJECT_COUNT = 0,     /* PyObject.ob_refcnt */
	PY_OBJECT_TYPE = 8,
	PY_VAR_SIZE = 16,   /* PyVarObject.ob_size */
	PY_TYPE_BASIC = 32, /* PyTypeObject.tp_basicsize, tp_itemsize */
	PY_TYPE_ITEM = 40,
	PY_TYPE_FLAGS = 168,
	PY_TYPE_KEYS = 872, /* PyHeapTypeObject.ht_cached_keys */
	/* before an object: the values of its attributes, or its dictionary */
	PY_OBJECT_VALUES = 32,
	PY_OBJECT_DICTIONARY = 24,
	PY_DICTIONARY_KEYS = 32, /* PyDictObject.ma_keys */
	PY_DICTIONARY_VALUES = 40,
	PY_KEYS_LOG_INDEX = 9, /* PyDictKeysObject.dk_log2_index_bytes, then .dk_kind */
	PY_KEYS_GENERAL = 0,   /* a kind */
	PY_KEYS_ENTRIES = 24,  /* .dk_nentries */
	PY_KEYS_INDEXES = 32,
	PY_CODE_CONSTANTS = 24,
	PY_CODE_NAMES = 32,
	PY_CODE_ARGUMENTS = 56, /* .co_argcount */
	PY_CODE_FIRST_LINE = 72,
	PY_CODE_LOCALS = 96, /* .co_localsplusnames */
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

/* The instructions that the library knows. */
enum {
	PY_OP_CACHE = 0,
	PY_OP_POP_TOP = 1,
	PY_OP_PUSH_NULL = 2,
	PY_OP_NOP = 9,
	PY_OP_BINARY_SUBSCR = 25,
	PY_OP_BEFORE_WITH = 53,
	PY_OP_STORE_SUBSCR = 60,
	PY_OP_GET_ITER = 68,
	PY_OP_LOAD_BUILD_CLASS = 71,
	PY_OP_RETURN_VALUE = 83,
	PY_OP_SETUP_ANNOTATIONS = 85,
	PY_OP_YIELD_VALUE = 86,
	PY_OP_STORE_NAME = 90,
	PY_OP_UNPACK_SEQUENCE = 92,
	PY_OP_STORE_ATTR = 95,
	PY_OP_STORE_GLOBAL = 97,
	PY_OP_SWAP = 99,
	PY_OP_LOAD_CONST = 100,
	PY_OP_LOAD_NAME = 101,
	PY_OP_BUILD_TUPLE = 102,
	PY_OP_BUILD_LIST = 103,
	PY_OP_BUILD_SET = 104,
	PY_OP_BUILD_MAP = 105,
	PY_OP_LOAD_ATTR = 106,
	PY_OP_COMPARE_OP = 107,
	PY_OP_JUMP_FORWARD = 110,
	PY_OP_LOAD_GLOBAL = 116,
	PY_OP_IS_OP = 117,
	PY_OP_CONTAINS_OP = 118,
	PY_OP_COPY = 120,
	PY_OP_BINARY_OP = 122,
	PY_OP_LOAD_FAST = 124,
	PY_OP_STORE_FAST = 125,
	PY_OP_MAKE_FUNCTION = 132,
	PY_OP_BUILD_SLICE = 133,
	PY_OP_MAKE_CELL = 135,
	PY_OP_LOAD_CLOSURE = 136,
	PY_OP_LOAD_DEREF = 137,
	PY_OP_STORE_DEREF = 138,
	PY_OP_CALL_FUNCTION_EX = 142,
	PY_OP_EXTENDED_ARG = 144,
	PY_OP_LIST_APPEND = 145,
	PY_OP_SET_ADD = 146,
	PY_OP_MAP_ADD = 147,
	PY_OP_LOAD_CLASSDEREF = 148,
	PY_OP_COPY_FREE_VARS = 149,
	PY_OP_RESUME = 151,
	PY_OP_FORMAT_VALUE = 155,
	PY_OP_BUILD_CONST_KEY_MAP = 156,
	PY_OP_BUILD_STRING = 157,
	PY_OP_LOAD_METHOD = 160,
	PY_OP_LIST_EXTEND = 162,
	PY_OP_SET_UPDATE = 163,
	PY_OP_DICT_MERGE = 164,
	PY_OP_DICT_UPDATE = 165,
	PY_OP_PRECALL = 166,
	PY_OP_CALL = 171,
	PY_OP_KW_NAMES = 172,
};

/* How many units of cache follow the ones that python.c steps over. */
enum { PY_CACHE_LOAD_METHOD = 10, PY_CACHE_PRECALL = 1, PY_CACHE_CALL = 4 };

/* Of each instruction, by its number: the instruction that it specializes, 0 none; and the units of
 * cache that follow. */
/* clang-format off */
#define PY_BASE_OPS {                                                                              \
	[17 ... 21] = 25, [168 ... 170] = 60, [177 ... 180] = 92, [153 ... 154] = 95, \
	[158 ... 159] = 95, [44] = 100, [39 ... 43] = 106, [26 ... 29] = 107, \
	[47 ... 48] = 116, [55] = 116, [3 ... 8] = 122, [13 ... 14] = 122, [16] = 122, \
	[45 ... 46] = 124, [161] = 125, [167] = 125, [38] = 140, [34] = 144, [150] = 151, \
	[56 ... 59] = 160, [62 ... 63] = 160, [64 ... 67] = 166, [72 ... 73] = 166, \
	[76 ... 81] = 166, [113] = 166, [121] = 166, [127] = 166, [141] = 166, [143] = 166, \
	[22 ... 24] = 171, \
}
#define PY_CACHES { \
	[25] = 4, [60] = 1, [92] = 1, [95] = 4, [106] = 4, [107] = 2, [116] = 5, [122] = 1, \
	[160] = 10, [166] = 1, [171] = 4, \
}
/* clang-format on */

#endif
