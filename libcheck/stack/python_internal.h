/*
 * python_internal.h — how the python*.c files read the interpreter's memory; no other file
 * includes it. Reads are loads: the caller holds the GIL, and what is read belongs to its frames.
 */
#ifndef LH_STACK_PYTHON_INTERNAL_H
#define LH_STACK_PYTHON_INTERNAL_H

#include "libcheck/stack/python.h"
#include "libcheck/stack/python_311.h"

/* What CPython defines; each by its address. */
#define PY_SYMBOLS(ROW)                                                                            \
	ROW(PyEval_RestoreThread)                                                                  \
	ROW(_PyRuntime)                                                                            \
	ROW(Py_Version) /* since 3.11 */                                                           \
	ROW(PyCode_Type)                                                                           \
	ROW(PyUnicode_Type)                                                                        \
	ROW(PyBytes_Type)                                                                          \
	ROW(PyTuple_Type)                                                                          \
	ROW(PyType_Type)                                                                           \
	ROW(PyDict_Type)                                                                           \
	ROW(_Py_TrueStruct)

struct lh_python_symbols {
#define PY_ROW(name) const char *name;
	PY_SYMBOLS(PY_ROW)
#undef PY_ROW
};
extern struct lh_python_symbols lh_py LH_HIDDEN;

static inline uintptr_t read_word(uintptr_t at, size_t offset)
{
	return *(const volatile uintptr_t *)(at + offset);
}

static inline uint32_t read_half(uintptr_t at, size_t offset)
{
	return *(const volatile uint32_t *)(at + offset);
}

static inline uint8_t read_byte(uintptr_t at, size_t offset)
{
	return *(const volatile uint8_t *)(at + offset);
}

/* True for an address that an object of the program could have. */
static inline bool is_plausible(uintptr_t p)
{
	const uintptr_t low = 0x10000, high = 1ull << 47;
	uintptr_t above = p - low; /* one comparison: the low bits that must be 0 become the top */

	return (above >> 3 | above << 61) < (high - low) >> 3;
}

/* A type of lh_py. */
static inline bool is_a(uintptr_t object, const char *type)
{
	return is_plausible(object) && read_word(object, PY_OBJECT_TYPE) == (uintptr_t)type &&
	       (intptr_t)read_word(object, PY_OBJECT_COUNT) > 0;
}

/* The innermost frame of the calling thread, if it may be read; otherwise 0. In python.c. */
uintptr_t lh_python_frame(void);

/* Writes the text object as UTF-8. A text that is too long keeps its end, behind "...". */
bool lh_python_copy_text(uintptr_t object, char *to, size_t capacity);
/* Mixes the letters of the text object into a hash. */
uint64_t lh_python_hash_text(uint64_t h, uintptr_t object);
bool lh_python_text_is(uintptr_t object, const char *spelling);

#endif
