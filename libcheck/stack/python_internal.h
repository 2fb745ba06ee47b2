/* python_internal.h — shared by the files python*.c, which alone include it. */
#ifndef LH_STACK_PYTHON_INTERNAL_H
#define LH_STACK_PYTHON_INTERNAL_H

#include "libcheck/stack/python.h"
#include "libcheck/stack/python_311.h"

/* Bound by the loader before any constructor runs; absent in any other program. */
extern const char _PyRuntime[] __attribute__((weak));
extern const unsigned long Py_Version __attribute__((weak)); /* since 3.11 */
extern const char PyCode_Type[] __attribute__((weak)), PyUnicode_Type[] __attribute__((weak)),
	PyBytes_Type[] __attribute__((weak)), PyTuple_Type[] __attribute__((weak));
/* only its address is used */
extern void PyEval_RestoreThread(void *) __attribute__((weak));

static inline uintptr_t lh_python_read_word(uintptr_t at, size_t offset)
{
	return *(const volatile uintptr_t *)(at + offset);
}

static inline uint32_t lh_python_read_half(uintptr_t at, size_t offset)
{
	return *(const volatile uint32_t *)(at + offset);
}

/* True for an address that an object of the program could have. */
static inline bool lh_python_plausible(uintptr_t p)
{
	return p >= 0x10000 && p < (1ull << 47) && !(p & 7);
}

static inline bool lh_python_is_a(uintptr_t object, const char *type)
{
	return lh_python_plausible(object) &&
	       lh_python_read_word(object, PY_OBJECT_TYPE) == (uintptr_t)type &&
	       (intptr_t)lh_python_read_word(object, PY_OBJECT_COUNT) > 0;
}

/* The _PyCFrame of the calling thread if it holds the GIL, otherwise 0. */
uintptr_t lh_python_cframe(void);

/* True if the object is a text with this spelling. */
bool lh_python_is_text(uintptr_t object, const char *spelling);

#endif
