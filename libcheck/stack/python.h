/*
 * python.h — what the CPython of this process is doing just now, read without calling it.
 *
 * threading.Lock is a semaphore that is tried first, whether the program would wait or not;
 * only the instruction that is being executed tells which. The same frames give a stack its
 * Python lines. CPython 3.11 on x86-64 only (python_311.h); beside any other, and wherever
 * something does not look as it must, the answer is "not known".
 *
 * - Frames are read only by their own thread and only while it has the GIL: the thread's own
 *   state is the runtime's current one. Then nobody changes or frees them meanwhile. A thread
 *   in a sub-interpreter is not recognised, and one that is being torn down has no state.
 * - Takes no lock, allocates nothing, calls nothing but pthread_getspecific.
 * - The Python of a process is one that is there at the start: the program itself, or a
 *   library that it is linked with. One that is loaded later is not seen.
 *
 * Does not know stacks, rows or threads.
 */
#ifndef LH_STACK_PYTHON_H
#define LH_STACK_PYTHON_H

#include "libcheck/base/sys.h"

enum {
	LH_PYTHON_FRAMES = 16, /* innermost frames that are looked at */
	LH_PYTHON_FILE = 272,
	LH_PYTHON_FUNCTION = 120,
};

enum lh_python_kind {
	LH_PYTHON_NONE,
	LH_PYTHON_READ,
	LH_PYTHON_UNREAD /* there is one; not to be read */
};

struct lh_python {
	bool on; /* stays false in every process that is no CPython 3.11 */
	bool proven;
	uint8_t depth; /* frames to look at */
	uint8_t kind;  /* enum lh_python_kind, as it was found at birth */
};
extern struct lh_python lh_python LH_HIDDEN;

struct lh_python_frame {
	uintptr_t code, instruction;
	uintptr_t activation; /* an address in the C frame of the interpreter that runs it */
};

struct lh_python_chain {
	uintptr_t identity; /* tells chains apart; 0: no frames */
	unsigned n;
	bool cut;
	struct lh_python_frame at[LH_PYTHON_FRAMES]; /* innermost first */
};

struct lh_python_location {
	char file[LH_PYTHON_FILE], function[LH_PYTHON_FUNCTION];
	uint32_t line; /* 0: it has none */
};

void lh_python_init(bool full); /* at birth; full: all frames, else the innermost */

/* The frames of the calling thread, and their identity alone. */
void lh_python_read_frames(struct lh_python_chain *c);
uintptr_t lh_python_frames_id(void);

/* What was looked at, while the frames are still there: the same hook of the same thread. */
bool lh_python_locate(const struct lh_python_frame *f, struct lh_python_location *out);

/* An address inside the interpreter's own object. */
uintptr_t lh_python_object(void);

/* What the instruction that this thread is in the midst of wants of the lock that it tries. */
enum lh_python_intent {
	LH_PYTHON_TRY,              /* to have it now or never, or not known */
	LH_PYTHON_BLOCKING,         /* to wait for it without limit */
	LH_PYTHON_UNTIL_THREAD_END, /* to hold it as long as the thread lives: join() waits for that
				     */
};
enum lh_python_intent lh_python_read_intent(void);

static inline uintptr_t lh_python_identity(void)
{
	return LH_UNLIKELY(lh_python.on) ? lh_python_frames_id() : 0;
}

#endif
