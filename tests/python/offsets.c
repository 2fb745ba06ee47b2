/* Compares libcheck/stack/python_311.h with the headers of the CPython that it is compiled against.
 */
#define Py_BUILD_CORE 1
#define NEED_OPCODE_TABLES
#include <Python.h>
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_opcode.h>
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
	AT(PY_TYPE_FLAGS, PyTypeObject, tp_flags);
	AT(PY_TYPE_KEYS, PyHeapTypeObject, ht_cached_keys);
	AT(PY_DICTIONARY_KEYS, PyDictObject, ma_keys);
	AT(PY_DICTIONARY_VALUES, PyDictObject, ma_values);
	AT(PY_KEYS_LOG_INDEX, PyDictKeysObject, dk_log2_index_bytes);
	AT(PY_KEYS_LOG_INDEX + 1, PyDictKeysObject, dk_kind);
	IS(PY_KEYS_GENERAL, DICT_KEYS_GENERAL);
	AT(PY_KEYS_ENTRIES, PyDictKeysObject, dk_nentries);
	AT(PY_KEYS_INDEXES, PyDictKeysObject, dk_indices);
	AT(PY_CODE_CONSTANTS, PyCodeObject, co_consts);
	AT(PY_CODE_NAMES, PyCodeObject, co_names);
	AT(PY_CODE_ARGUMENTS, PyCodeObject, co_argcount);
	AT(PY_CODE_FIRST_LINE, PyCodeObject, co_firstlineno);
	AT(PY_CODE_LOCALS, PyCodeObject, co_localsplusnames);
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

	AT(PY_RUNTIME_GIL, _PyRuntimeState, ceval.gil);
	AT(PY_GIL_HOLDER, struct _gil_runtime_state, last_holder);
	AT(PY_GIL_LOCKED, struct _gil_runtime_state, locked);
	AT(PY_GIL_COND, struct _gil_runtime_state, cond);
	AT(PY_GIL_MUTEX, struct _gil_runtime_state, mutex);
	IS(PY_GIL_BYTES, sizeof(struct _gil_runtime_state));
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
	AT(PY_FRAME_VARIABLES, _PyInterpreterFrame, localsplus);
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

/* Specialized instructions, and the caches that follow, of every number. */
static void tables(void)
{
	static const uint8_t base[256] = PY_BASE_OPS, caches[256] = PY_CACHES;
	char what[40];

	for (int op = 0; op < 256; op++) {
		if (!_PyOpcode_Deopt[op])
			continue;
		snprintf(what, sizeof(what), "base of instruction %d", op);
		same(what, base[op] ? base[op] : op, _PyOpcode_Deopt[op]);
		snprintf(what, sizeof(what), "caches of instruction %d", op);
		if (_PyOpcode_Deopt[op] == op)
			same(what, caches[op], _PyOpcode_Caches[op]);
	}
}

static void instructions(void)
{
	IS(PY_OP_CACHE, CACHE);
	IS(PY_OP_POP_TOP, POP_TOP);
	IS(PY_OP_PUSH_NULL, PUSH_NULL);
	IS(PY_OP_NOP, NOP);
	IS(PY_OP_BINARY_SUBSCR, BINARY_SUBSCR);
	IS(PY_OP_BEFORE_WITH, BEFORE_WITH);
	IS(PY_OP_STORE_SUBSCR, STORE_SUBSCR);
	IS(PY_OP_GET_ITER, GET_ITER);
	IS(PY_OP_LOAD_BUILD_CLASS, LOAD_BUILD_CLASS);
	IS(PY_OP_RETURN_VALUE, RETURN_VALUE);
	IS(PY_OP_SETUP_ANNOTATIONS, SETUP_ANNOTATIONS);
	IS(PY_OP_YIELD_VALUE, YIELD_VALUE);
	IS(PY_OP_STORE_NAME, STORE_NAME);
	IS(PY_OP_UNPACK_SEQUENCE, UNPACK_SEQUENCE);
	IS(PY_OP_STORE_ATTR, STORE_ATTR);
	IS(PY_OP_STORE_GLOBAL, STORE_GLOBAL);
	IS(PY_OP_SWAP, SWAP);
	IS(PY_OP_LOAD_CONST, LOAD_CONST);
	IS(PY_OP_LOAD_NAME, LOAD_NAME);
	IS(PY_OP_BUILD_TUPLE, BUILD_TUPLE);
	IS(PY_OP_BUILD_LIST, BUILD_LIST);
	IS(PY_OP_BUILD_SET, BUILD_SET);
	IS(PY_OP_BUILD_MAP, BUILD_MAP);
	IS(PY_OP_LOAD_ATTR, LOAD_ATTR);
	IS(PY_OP_COMPARE_OP, COMPARE_OP);
	IS(PY_OP_JUMP_FORWARD, JUMP_FORWARD);
	IS(PY_OP_LOAD_GLOBAL, LOAD_GLOBAL);
	IS(PY_OP_IS_OP, IS_OP);
	IS(PY_OP_CONTAINS_OP, CONTAINS_OP);
	IS(PY_OP_COPY, COPY);
	IS(PY_OP_BINARY_OP, BINARY_OP);
	IS(PY_OP_LOAD_FAST, LOAD_FAST);
	IS(PY_OP_STORE_FAST, STORE_FAST);
	IS(PY_OP_MAKE_FUNCTION, MAKE_FUNCTION);
	IS(PY_OP_BUILD_SLICE, BUILD_SLICE);
	IS(PY_OP_MAKE_CELL, MAKE_CELL);
	IS(PY_OP_LOAD_CLOSURE, LOAD_CLOSURE);
	IS(PY_OP_LOAD_DEREF, LOAD_DEREF);
	IS(PY_OP_STORE_DEREF, STORE_DEREF);
	IS(PY_OP_CALL_FUNCTION_EX, CALL_FUNCTION_EX);
	IS(PY_OP_EXTENDED_ARG, EXTENDED_ARG);
	IS(PY_OP_LIST_APPEND, LIST_APPEND);
	IS(PY_OP_SET_ADD, SET_ADD);
	IS(PY_OP_MAP_ADD, MAP_ADD);
	IS(PY_OP_LOAD_CLASSDEREF, LOAD_CLASSDEREF);
	IS(PY_OP_COPY_FREE_VARS, COPY_FREE_VARS);
	IS(PY_OP_RESUME, RESUME);
	IS(PY_OP_FORMAT_VALUE, FORMAT_VALUE);
	IS(PY_OP_BUILD_CONST_KEY_MAP, BUILD_CONST_KEY_MAP);
	IS(PY_OP_BUILD_STRING, BUILD_STRING);
	IS(PY_OP_LOAD_METHOD, LOAD_METHOD);
	IS(PY_OP_LIST_EXTEND, LIST_EXTEND);
	IS(PY_OP_SET_UPDATE, SET_UPDATE);
	IS(PY_OP_DICT_MERGE, DICT_MERGE);
	IS(PY_OP_DICT_UPDATE, DICT_UPDATE);
	IS(PY_OP_PRECALL, PRECALL);
	IS(PY_OP_CALL, CALL);
	IS(PY_OP_KW_NAMES, KW_NAMES);
	IS(PY_CACHE_LOAD_METHOD, INLINE_CACHE_ENTRIES_LOAD_METHOD);
	IS(PY_CACHE_PRECALL, INLINE_CACHE_ENTRIES_PRECALL);
	IS(PY_CACHE_CALL, INLINE_CACHE_ENTRIES_CALL);
}

int main(void)
{
	objects();
	state();
	instructions();
	tables();
	return wrong;
}
