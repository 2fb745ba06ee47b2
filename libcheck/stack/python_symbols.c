/*
 * python_symbols.c — finds the CPython of this process, at the start or when it is loaded, and
 * decides whether it can be read.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/text.h"
#include "libcheck/stack/python_internal.h"

struct lh_python lh_python = {.gil = LH_PYTHON_NO_GIL};
__thread struct lh_python_chain *lh_python_away;
_Static_assert((int)LH_PYTHON_GIL == (int)PY_GIL_BYTES, "record of the GIL");

/* Bound by the loader before any constructor runs; absent in any other program. */
#define PY_ROW(name) extern const char weak_##name[] __asm__(#name) __attribute__((weak));
PY_SYMBOLS(PY_ROW)
#undef PY_ROW

struct lh_python_symbols lh_py;

#if defined(__x86_64__)
static bool has_symbols(void)
{
#define PY_ROW(name) lh_py.name &&
	return PY_SYMBOLS(PY_ROW) true;
#undef PY_ROW
}

/* A code object is followed by its instructions; if its type has these sizes, most of the offsets
 * in python_311.h are right. */
static bool same_layout(void)
{
	enum { FINAL = 15 };
	unsigned long version = *(const unsigned long *)(const void *)lh_py.Py_Version;

	return version >> 16 == 0x030b && (version >> 4 & 15) == FINAL &&
	       read_word((uintptr_t)lh_py.PyCode_Type, PY_TYPE_BASIC) == PY_CODE_BYTES &&
	       read_word((uintptr_t)lh_py.PyCode_Type, PY_TYPE_ITEM) == 2;
}
#endif

/* Other threads see `on` last. */
static void recognize(void)
{
	if (!lh_py.PyEval_RestoreThread)
		return;
	lh_python.kind = LH_PYTHON_UNREAD;
#if defined(__x86_64__)
	if (!has_symbols() || !same_layout())
		return;
	lh_python.kind = LH_PYTHON_READ;
	lh_python.gil = (uintptr_t)lh_py._PyRuntime + PY_RUNTIME_GIL;
	__atomic_store_n(&lh_python.on, true, __ATOMIC_RELEASE);
#endif
}

void lh_python_init(bool full)
{
	lh_python =
		(struct lh_python){.depth = full ? LH_PYTHON_FRAMES : 1, .gil = LH_PYTHON_NO_GIL};
	lh_python_away = NULL; /* in a forked child, wiped memory */
#define PY_ROW(name) weak_##name,
	if (weak_PyEval_RestoreThread) /* otherwise, in a forked child, as in its parent */
		lh_py = (struct lh_python_symbols){PY_SYMBOLS(PY_ROW)};
#undef PY_ROW
	recognize();
}

void lh_python_look_for(const char *path, uintptr_t address)
{
	if (lh_python.kind != LH_PYTHON_NONE || !lh_text_match("libpython3*", lh_text_base(path)))
		return;
#define PY_ROW(name) lh_outside_find_beside((const void *)address, #name),
	lh_py = (struct lh_python_symbols){PY_SYMBOLS(PY_ROW)};
#undef PY_ROW
	recognize();
}

void lh_python_after_dlclose(void)
{
	if (lh_python.kind == LH_PYTHON_NONE || weak_PyEval_RestoreThread ||
	    lh_outside_find("PyEval_RestoreThread", true) == lh_py.PyEval_RestoreThread)
		return;
	lh_python.on = lh_python.proven = false;
	lh_python.kind = LH_PYTHON_NONE;
	lh_python.gil = LH_PYTHON_NO_GIL;
	lh_py = (struct lh_python_symbols){0};
}
